// Runs under any Node from 18 on, after scripts/install.mjs.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { wrapped } from './code-cache.mjs';
import { ensureInstalled, node24, root } from './install.mjs';

const dist = join(root, 'dist');
export const bundle = join(dist, 'cli.js');

/** Sources, settings and this script: when one of them is newer than the bundle, the bundle is stale. */
const inputs = ['src', 'package.json', 'package-lock.json', 'scripts/build.mjs', 'scripts/code-cache.mjs'];

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
 * Builds dist/ as CommonJS files: `main.js`, the doctor's commands; `main-HASH.cache`, V8's code for what `check` runs; `cli.js`, a few
 * lines that bring the two together; `control.js`, the commands of the control plane; and `agent.js`, the agent alone. docs/internals/decisions.md has the numbers.
 */
export async function build() {
  const { build: esbuild } = await import('esbuild');
  const fresh = join(root, '.cache', `dist-new-${process.pid}`);
  mkdirSync(fresh, { recursive: true });
  try {
    const { metafile } = await esbuild({
      absWorkingDir: root,
      entryPoints: { main: 'src/cli.ts', control: 'src/cli/control.ts', agent: 'src/fairlead-agent.ts' },
      outdir: fresh,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node22',
      minify: true,
      sourcemap: 'external',
      legalComments: 'none',
      metafile: true,
      logLevel: 'warning',
      // Read only where FAIRLEAD_VERSION is not defined, so never here.
      logOverride: { 'empty-import-meta': 'silent' },
      define: { FAIRLEAD_VERSION: JSON.stringify(version()) },
      loader: { '.md': 'text' },
      // A script that is loaded from its code cache has no import() of its own; everything is in the bundle anyway.
      supported: { 'dynamic-import': false },
      // The same code as ES modules instead of CommonJS: what nobody calls is left out.
      alias: { yaml: join(root, 'node_modules/yaml/browser/dist/index.js') },
      plugins: [withoutTopLevelAwait, controlApart],
    });
    warnOfWholeZod(metafile);
    const cache = cacheName(join(fresh, 'main.js'));
    writeFileSync(join(fresh, 'package.json'), '{"type":"commonjs"}\n');
    writeFileSync(join(fresh, 'cli.js'), launcher(cache));
    for (const name of ['cli.js', 'agent.js']) chmodSync(join(fresh, name), 0o755);
    writeCache(fresh, cache);
    swap(fresh);
    return metafile;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** With `import { z }` the bundler keeps all of zod, its fifty languages included: 340 kB of source, and 4 MiB in every agent. */
function warnOfWholeZod({ outputs }) {
  for (const [path, { inputs }] of Object.entries(outputs)) {
    // Any but English, which every build has.
    const held = Object.entries(inputs).some(([input, { bytesInOutput }]) => input.endsWith('/zod/v4/locales/fr.js') && bytesInOutput > 0);
    if (held) process.stderr.write(`${basename(path)} holds all of zod: write import * as z from 'zod', not import { z }\n`);
  }
}

/** CommonJS knows no `await` outside of functions: what follows the imports of the entry becomes one. */
const withoutTopLevelAwait = {
  name: 'without-top-level-await',
  setup(esbuild) {
    esbuild.onLoad({ filter: /[\\/]src[\\/](?:cli|fairlead-agent)\.ts$/ }, ({ path }) => {
      const lines = readFileSync(path, 'utf8').replace(/^#!.*/, '').split('\n');
      const last = lines.findLastIndex((line) => line.startsWith('import '));
      return { loader: 'ts', contents: [...lines.slice(0, last + 1), '(async () => {', ...lines.slice(last + 1), '})();'].join('\n') };
    });
  },
};

/** What only the control plane needs is read by its commands alone. */
const controlApart = {
  name: 'control-apart',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^\.\/control\.ts$/ }, ({ importer }) =>
      /[\\/]src[\\/]cli[\\/]commands\.ts$/.test(importer) ? { path: './control.js', external: true } : undefined,
    );
  },
};

/** V8 looks at no more than the length of the source to tell whether a cache belongs to it; the name says it for sure. */
function cacheName(file) {
  return `main-${createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12)}.cache`;
}

/**
 * Runs `check` once and keeps the code of all functions that it compiled. Node's own compile cache holds what is compiled when a
 * module is loaded, and not what is compiled when it is called first, which is nearly everything here.
 */
function writeCache(folder, cache) {
  const done = spawnSync(node24, [join(root, 'scripts', 'code-cache.mjs'), join(folder, 'main.js'), join(folder, cache)], {
    cwd: root,
    encoding: 'utf8',
  });
  if (done.status !== 0) process.stderr.write(`dist/ has no code cache and starts slower: ${done.stderr}\n`);
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

/** Another version of Node than the one that built rejects the cache; then it is as if there were none. */
function launcher(cache) {
  return `#!/usr/bin/env node
'use strict';
const { version, versions, argv } = process;
if (Number.parseInt(versions.node, 10) < 22) {
  process.stderr.write('fairlead needs Node 22 or newer; this is ' + version + '\\n');
  process.exitCode = 3;
} else if (argv.length === 3 && argv[2] === '--version') {
  process.stdout.write('fairlead ${version()}\\n');
} else {
  const { readFileSync } = require('node:fs');
  const { Script } = require('node:vm');
  const filename = __dirname + '/main.js';
  let cachedData;
  try {
    cachedData = readFileSync(__dirname + '/${cache}');
  } catch {}
  const source = cachedData && ${wrapped};
  const script = source && new Script(source, { filename, cachedData });
  if (script && !script.cachedDataRejected) script.runInThisContext()(exports, require, module, filename, __dirname);
  else {
    require('node:module').enableCompileCache?.();
    require('./main.js');
  }
}
`;
}

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
  const sizes = Object.entries(outputs).filter(([path]) => path.endsWith('.js'));
  const bytes = sizes.reduce((sum, [, output]) => sum + output.bytes, 0);
  process.stdout.write(`dist/cli.js built in ${Math.round(performance.now() - started)} ms: ${Math.round(bytes / 1024)} kB\n`);
}
