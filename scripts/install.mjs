// Runs under any Node from 18 on and without dependencies: it is what makes the dependencies be there.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The pinned Node 24 that everything else runs on, whatever Node started this script. */
export const node24 = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** A program from node_modules/.bin. */
export const bin = (name) => join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);

/** Installs what package-lock.json names, if it is not there already; ends the process with npm's output when npm fails. */
export function ensureInstalled() {
  const why = staleReason();
  if (why === undefined) return;
  process.stderr.write(`Installing dependencies with npm ci (${why}) …\n`);
  const done = npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  if (done.status !== 0 || !existsSync(node24)) {
    process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error ? `${done.error.message}\n` : ''}`);
    process.stderr.write(
      done.status === 0
        ? 'npm ci succeeded but left no node_modules/node/bin/node: install scripts seem to be switched off (npm config get ignore-scripts)\n'
        : `npm ci failed with ${done.signal ?? `exit code ${done.status}`}\n`,
    );
    process.exit(3);
  }
}

/** npm is asked the way it was started, so that the same npm does it; `npm` from PATH when this script was started by hand. */
function npm(args) {
  const script = process.env.npm_execpath;
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26, env: { ...process.env, NODE_ENV: 'development' } };
  if (script !== undefined && /npm-cli\.js$/.test(script)) return spawnSync(process.execPath, [script, ...args], options);
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
}

/**
 * Why node_modules is not what the lock file says; undefined when it is. npm keeps a copy of the lock of what it installed
 * (node_modules/.package-lock.json); times of files are not asked, because a checkout changes them.
 */
export function staleReason() {
  const installed = readLock(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined || !existsSync(node24)) return 'node_modules is missing';
  const wanted = readLock(join(root, 'package-lock.json')) ?? {};
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.optional || entry.devOptional) continue; // optional: packages for other platforms are rightly absent
    if (installed[path]?.version !== entry.version) return `${path.replace(/^.*node_modules\//, '')} ${entry.version} is missing`;
  }
  return undefined;
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined; // missing or torn: both mean that it has to be made anew
  }
}
