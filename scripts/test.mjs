// `npm test`: everything, under any Node from 18 on. A failing stage does not keep the next from running; all are named at the end.
// `npm test -- unit lab` runs just the stages named so.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { bin, ensureInstalled, node24, root } from './install.mjs';

ensureInstalled();
const minutes = (count) => count * 60_000;
const scratch = mkdtempSync(join(tmpdir(), 'fairlead-test-'));
const env = { ...process.env, PATH: `${dirname(node24)}${delimiter}${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}` };

/**
 * `tests`: files for node:test, whose tests count one by one. `run`: a command, which counts as one test.
 * Unit tests share one process. Tests that start programs (test/cli) or engines (lab) get a process per file.
 */
const stages = [
  { name: 'biome', title: 'format and lint', run: [bin('biome'), 'check', '--error-on-warnings', '.'], limitMs: minutes(1) },
  { name: 'types', title: 'types', run: [bin('tsc'), '--noEmit'], limitMs: minutes(2) },
  { name: 'knip', title: 'unused files, exports and dependencies', run: [bin('knip')], limitMs: minutes(1) },
  { name: 'protocol', title: 'generated OpAMP messages', run: [node24, 'scripts/protocol.mjs', '--check'], limitMs: minutes(1) },
  { name: 'build', title: 'bundle', run: [node24, 'scripts/build.mjs'], limitMs: minutes(1) },
  {
    name: 'unit',
    title: 'unit tests, layers and docs',
    tests: [
      'src/**/*.test.ts',
      'test/everyday/**/*.test.ts',
      'test/architecture/**/*.test.ts',
      'test/docs/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    options: ['--test-isolation=none'],
    limitMs: minutes(3),
  },
  { name: 'lab-setup', title: 'Debian packages that tests use', run: [node24, 'scripts/lab-setup.ts'], limitMs: minutes(5) },
  {
    name: 'integration',
    title: 'server, agent and pipeline on loopback',
    tests: ['src/**/*.integration.ts'],
    options: ['--test-concurrency=6'],
    limitMs: minutes(6),
  },
  {
    name: 'cli',
    title: 'the program as a whole',
    tests: ['test/cli/**/*.test.ts', 'test/scripts/**/*.test.ts', 'test/fleet/**/*.test.ts'],
    options: ['--test-concurrency=3'],
    limitMs: minutes(6),
  },
  // Several files at a time: engines have nothing in common, and the tests mostly wait for timeouts to pass.
  {
    name: 'lab',
    title: 'private Docker engines, network namespaces, chaos',
    tests: ['lab/**/*.test.ts'],
    options: ['--test-concurrency=6'],
    limitMs: minutes(11),
  },
];

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !stages.some((stage) => stage.name === name));
if (unknown.length > 0) {
  process.stderr.write(`no stage ${unknown.join(', ')}; there are ${stages.map((stage) => stage.name).join(', ')}\n`);
  process.exit(2);
}

const results = [];
for (const stage of stages.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) results.push(await runStage(stage));
rmSync(scratch, { recursive: true, force: true });
process.exitCode = summarise(results);

async function runStage(stage) {
  process.stdout.write(`\n=== ${stage.name}: ${stage.title}\n`);
  const started = performance.now();
  const result = stage.tests === undefined ? await runCommand(stage) : await runTests(stage);
  const ms = performance.now() - started;
  process.stdout.write(`--- ${stage.name}: ${result.failed > 0 ? 'FAILED' : 'ok'} in ${(ms / 1000).toFixed(1)} s\n`);
  return { ...result, stage: stage.name, ms };
}

async function runCommand({ name, run, limitMs }) {
  const { code, how } = await spawned(run, limitMs);
  return code === 0 ? tally({ passed: 1 }) : tally({ failed: 1, failures: [{ text: `${name}: ${how}` }] });
}

async function runTests({ name, tests, options, limitMs }) {
  const file = join(scratch, `${name}.json`);
  const reporters = [
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./scripts/totals-reporter.mjs',
    `--test-reporter-destination=${file}`,
  ];
  const { code, how } = await spawned([node24, '--test', ...options, ...reporters, ...tests], limitMs);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').flatMap(parse) : [];
  const summary = lines.find((line) => line.summary !== undefined)?.summary;
  const failures = lines
    .filter((line) => line.failed !== undefined)
    .map((line) => ({ text: `${name}: ${line.failed}`, reason: line.reason }));
  const skips = lines.filter((line) => line.skipped !== undefined).map((line) => ({ name: line.skipped, reason: line.reason }));
  const passed = lines.filter((line) => line.passed !== undefined).length;
  // A run without its last line was cut off; one that fails without a failed test failed outside of any; one without tests ran nothing.
  if (summary === undefined) failures.push({ text: `${name}: cut off, ${how}` });
  else if (code !== 0 && failures.length === 0) failures.push({ text: `${name}: ${how}` });
  else if (summary.tests === 0) failures.push({ text: `${name}: no tests found in ${tests.join(' ')}` });
  return tally({ passed, failed: failures.length, skipped: skips.length, failures, skips });
}

function tally({ passed = 0, failed = 0, skipped = 0, failures = [], skips = [] }) {
  return { passed, failed, skipped, failures, skips };
}

function parse(text) {
  try {
    return text === '' ? [] : [JSON.parse(text)];
  } catch {
    return []; // cut off while writing
  }
}

/** Runs in a process group of its own, so that a stage that takes too long is ended with everything it started. */
function spawned([command, ...args], limitMs) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], detached: process.platform !== 'win32' });
    const end = (signal) => {
      try {
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
      } catch {
        // It ended in the meantime.
      }
    };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      end('SIGTERM'); // tests clean up what they started …
      setTimeout(() => end('SIGKILL'), 15_000).unref(); // … if they still can
    }, limitMs);
    const forward = (signal) => end(signal);
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, forward);
    const done = (code, how) => {
      clearTimeout(timer);
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, forward);
      resolve({ code, how });
    };
    child.on('error', (error) => done(1, error.message));
    child.on('close', (code, signal) =>
      done(code ?? 1, late ? `took longer than ${limitMs / 60_000} minutes` : (signal ?? `exit code ${code}`)),
    );
  });
}

function indented(text) {
  return text ? text.split('\n').map((line) => `    ${line}`) : [];
}

function summarise(all) {
  const sum = (key) => all.reduce((total, result) => total + result[key], 0);
  const skips = all.flatMap((result) => result.skips);
  const lines = ['', '=== all stages'];
  for (const result of all)
    lines.push(
      `${result.failed > 0 ? '✖' : '✔'} ${result.stage.padEnd(10)} ${String(result.passed).padStart(5)} passed ${String(result.failed).padStart(3)} failed ${String(result.skipped).padStart(3)} skipped  ${(result.ms / 1000).toFixed(1)} s`,
    );
  for (const { name, reason } of skips) lines.push(`skipped: ${name}${typeof reason === 'string' && reason !== '' ? ` (${reason})` : ''}`);
  for (const { text, reason } of all.flatMap(({ failures }) => failures)) lines.push(`failed: ${text}`, ...indented(reason));
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')];
  lines.push(
    `ℹ tests ${passed + failed + skipped}`,
    `ℹ pass ${passed}`,
    `ℹ fail ${failed}`,
    `ℹ skipped ${skipped}`,
    `ℹ duration_ms ${Math.round(sum('ms'))}`,
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
  return failed > 0 ? 1 : 0;
}
