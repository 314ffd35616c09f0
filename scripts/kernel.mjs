// Makes src/pipeline/kernel/kernel-bytes.ts from kernel.c: `npm run kernel`. Needs clang and lld (Debian: `apt-get install clang lld`).
// A unit test compares the hash in it with kernel.c, so that a kernel that was forgotten is noticed on machines without a compiler.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './install.mjs';

const folder = join(root, 'src', 'pipeline', 'kernel');
const source = join(folder, 'kernel.c');
const scratch = mkdtempSync(join(tmpdir(), 'fairlead-kernel-'));
try {
  const out = join(scratch, 'kernel.wasm');
  const link = ['--no-entry', '--import-memory', '--strip-all', '--export=__heap_base', '-z,stack-size=8192'];
  const flags = ['--target=wasm32', '-msimd128', '-mbulk-memory', '-O3', '-nostdlib', '-ffreestanding', '-Wall', '-Wextra', '-Werror'];
  const { status, error } = spawnSync('clang', [...flags, ...link.map((flag) => `-Wl,${flag}`), '-o', out, source], { stdio: 'inherit' });
  if (error?.code === 'ENOENT') process.stderr.write('no clang here: apt-get install clang lld\n');
  if (status === 0) write(readFileSync(out));
  process.exitCode = status ?? 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function write(wasm) {
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex');
  const rows = wasm.toString('base64').match(/.{1,128}/g) ?? [];
  const text = `// Written by scripts/kernel.mjs from kernel.c; do not edit.

/** SHA-256 of the kernel.c that it was compiled from. */
export const kernelSource = '${hash}';

/** WebAssembly in base64: ${wasm.length} bytes. */
export const kernelBytes =
  // biome-ignore format: rows of one length
  ${rows.map((row) => `'${row}'`).join(' +\n  ')};
`;
  writeFileSync(join(folder, 'kernel-bytes.ts'), text);
  process.stdout.write(`src/pipeline/kernel/kernel-bytes.ts: ${wasm.length} bytes\n`);
}
