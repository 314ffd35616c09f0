// Runs under any Node from 18 on, after scripts/install.mjs.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, root } from './install.mjs';

const dist = join(root, 'dist');
export const bundle = join(dist, 'cli.js');

/** Sources, settings and this script: when one of them is newer than the bundle, the bundle is stale. */
const inputs = ['src', 'package.json', 'package-lock.json', 'scripts/build.mjs'];

export function isStale() {
  if (!existsSync(bundle)) return true;
  const built = statSync(bundle).mtimeMs;
  return inputs.some((input) => newest(join(root, input)) > built);
}

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  // The folder's own time counts as well: it changes when a file is taken away.
  return readdirSync(path).reduce(
    (latest, name) => (name === 'testdata' ? latest : Math.max(latest, newest(join(path, name)))),
    stat.mtimeMs,
  );
}

/**
 * Builds dist/: `cli.js`, a few lines that switch on V8's compile cache, and the program behind it. Switching it on has to
 * happen before the program's modules are loaded, and static imports are hoisted: hence two files.
 * `splitting` keeps every `await import()` a file of its own, so that a command loads only what it runs.
 */
export async function build() {
  const { build: esbuild } = await import('esbuild');
  const fresh = join(root, '.cache', `dist-new-${process.pid}`);
  mkdirSync(fresh, { recursive: true });
  try {
    const result = await esbuild({
      absWorkingDir: root,
      entryPoints: { main: 'src/cli.ts' },
      outdir: fresh,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node22',
      minify: true,
      keepNames: false,
      sourcemap: 'external',
      legalComments: 'none',
      // Node asks the nearest package.json what a .js file is; .mjs says it by itself, some milliseconds sooner.
      outExtension: { '.js': '.mjs' },
      chunkNames: 'chunk-[hash]',
      metafile: true,
      logLevel: 'warning',
      define: { FAIRLEAD_VERSION: JSON.stringify(version()) },
      loader: { '.md': 'text' },
      // The same code as ES modules instead of CommonJS: what nobody calls is left out, and a lazy import sees its names.
      alias: { yaml: join(root, 'node_modules/yaml/browser/dist/index.js') },
    });
    writeFileSync(join(fresh, 'cli.js'), launcher);
    chmodSync(join(fresh, 'cli.js'), 0o755);
    swap(fresh);
    return result.metafile;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** esbuild has printed what is wrong, with its places; a stack of ours would say nothing more. */
export async function buildOrExit() {
  try {
    return await build();
  } catch (error) {
    if (error?.errors === undefined) throw error;
    process.stderr.write('The bundle could not be built.\n');
    process.exit(3);
  }
}

const launcher = `#!/usr/bin/env node
import module from 'node:module';
if (Number.parseInt(process.versions.node, 10) < 22) {
  process.stderr.write('fairlead needs Node 22 or newer; this is ' + process.versions.node + '\\n');
  process.exitCode = 3;
} else {
  module.enableCompileCache?.();
  await import('./main.mjs');
}
`;

function version() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}

/** The old bundle is taken away only when the new one is whole. */
function swap(fresh) {
  const old = join(root, '.cache', `dist-old-${process.pid}`);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  ensureInstalled();
  const started = performance.now();
  const { outputs } = await buildOrExit();
  const sizes = Object.entries(outputs).filter(([path]) => path.endsWith('.mjs'));
  const bytes = sizes.reduce((sum, [, output]) => sum + output.bytes, 0);
  process.stdout.write(
    `dist/cli.js built in ${Math.round(performance.now() - started)} ms: ${sizes.length} files, ${Math.round(bytes / 1024)} kB\n`,
  );
}
