// `npm start`: from a fresh clone to the product's main job, under any Node from 18 on.
// `npm start -- ARGUMENTS` runs `fairlead ARGUMENTS` instead.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildOrExit, bundle, isStale } from './build.mjs';
import { ensureInstalled, node24, root } from './install.mjs';

ensureInstalled();
if (isStale()) {
  const started = performance.now();
  await buildOrExit();
  process.stderr.write(`Built dist/cli.js in ${Math.round(performance.now() - started)} ms.\n`);
}

const next = `
Next:
  npm start -- check PATH            check your own Compose files, scripts and inspect output
  npm start -- reach FROM TO:PORT    one question, answered step by step
  npm start -- check --diff PATH     the proven fixes as a patch
  npm start -- --help                everything else
  npm test                           all tests, on private Docker engines where they can be had
`;

const given = process.argv.slice(2);
process.exitCode = given.length > 0 ? handOver(given) : show();

/** What the user asked for, in the folder that the user is in (npm changes it), with fairlead's own exit code. */
function handOver(args) {
  return fairlead(args, process.env.INIT_CWD ?? process.cwd());
}

/** The main job on the examples. Findings (exit code 1) are what the examples are for; anything above is a failure of ours. */
function show() {
  const examples = readdirSync(join(root, 'examples'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  let worst = 0;
  for (const { name } of examples) {
    const args = ['check', `examples/${name}`];
    process.stdout.write(`\n$ fairlead ${args.join(' ')}\n\n`);
    worst = Math.max(worst, fairlead(args, root));
  }
  if (worst > 1) return worst;
  process.stdout.write(next);
  return 0;
}

function fairlead(args, cwd) {
  const done = spawnSync(node24, [bundle, ...args], { cwd, stdio: 'inherit' });
  if (done.error) process.stderr.write(`${done.error.message}\n`);
  return done.status ?? 3;
}
