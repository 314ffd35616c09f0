// `npm start`: from a fresh clone to the product's main job, under any Node from 18 on: `fairlead up`.
// `npm start -- ARGUMENTS` runs `fairlead ARGUMENTS` instead.
import { spawn } from 'node:child_process';
import { buildOrExit, bundle, isStale } from './build.mjs';
import { ensureInstalled, node24 } from './install.mjs';

ensureInstalled();
if (isStale()) {
  const started = performance.now();
  await buildOrExit();
  process.stderr.write(`Built dist/cli.js in ${Math.round(performance.now() - started)} ms.\n`);
}

const given = process.argv.slice(2);
process.exitCode = await fairlead(given.length > 0 ? given : ['up']);

/** In the folder that the user is in (npm changes it), with fairlead's own exit code; what it suggests can be typed here as it stands. */
function fairlead(args) {
  const child = spawn(node24, [bundle, ...args], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    stdio: 'inherit',
    env: { ...process.env, FAIRLEAD_CALLED_AS: 'npm start --silent --' },
  });
  // Ctrl-C reaches the child from the terminal; this process waits for its orderly end. SIGTERM comes here alone, and is handed on.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(3);
    });
    child.on('close', (code) => resolve(code ?? 3));
  });
}
