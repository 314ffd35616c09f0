// Makes src/protocol/generated/ from src/protocol/opamp.proto: `node scripts/protocol.mjs`. With `--check` nothing is written, and
// a difference is an error. Works without a network: buf and its plugin are npm packages, and the proto file imports nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { bin, ensureInstalled, node24, root } from './install.mjs';

const folder = join(root, 'src', 'protocol');
const generated = join(folder, 'generated');

ensureInstalled();
const scratch = mkdtempSync(join(tmpdir(), 'fairlead-protocol-'));
try {
  const fresh = generate(join(scratch, 'generated'));
  if (process.argv.includes('--check')) {
    const problems = Object.keys(fresh).filter((name) => read(join(generated, name)) !== fresh[name]);
    for (const name of problems)
      process.stderr.write(`src/protocol/generated/${name} is not what opamp.proto says; run node scripts/protocol.mjs\n`);
    process.exitCode = problems.length > 0 ? 1 : 0;
  } else {
    mkdirSync(generated, { recursive: true });
    for (const [name, text] of Object.entries(fresh)) writeFileSync(join(generated, name), text);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/**
 * The generated files by name, formatted like all others. `ts` as target would emit enums, which do not survive type
 * stripping; plain JavaScript with declarations runs as it is.
 */
function generate(out) {
  const template = {
    version: 'v2',
    plugins: [{ local: [node24, bin('protoc-gen-es')], out, opt: ['target=js+dts', 'import_extension=js'] }],
  };
  run([bin('buf'), 'generate', folder, '--template', JSON.stringify(template)]);
  return Object.fromEntries(
    ['js', 'd.ts'].map((ending) => {
      const path = `src/protocol/generated/opamp.${ending}`;
      const text = readFileSync(join(out, `opamp_pb.${ending}`), 'utf8');
      return [`opamp.${ending}`, run([bin('biome'), 'check', '--write', `--stdin-file-path=${path}`], text)];
    }),
  );
}

function run([command, ...args], input = '') {
  // Without a folder of its own buf writes its cache to the user's.
  const env = { ...process.env, BUF_CACHE_DIR: join(scratch, 'cache'), PATH: `${dirname(node24)}${delimiter}${process.env.PATH}` };
  const { status, error, stdout } = spawnSync(command, args, {
    cwd: root,
    env,
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${status}\n${stdout}`);
  return stdout;
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
