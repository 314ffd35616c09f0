/**
 * `npm run bench [-- check --runs N] [--seed S] [--keep] [--dry]`: fairlead's bundle side by side with dclint on the same generated files.
 * Ends with exit code 1 when a goal is missed. `--dry` leaves bench/README.md alone, `--keep` keeps the generated files.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fleet } from './generate/fleet.ts';
import { stack } from './generate/stack.ts';
import { type Measured, measureInTurns, type Program } from './measure.ts';
import { busyness, machine, misses, type Row, table, withResults } from './report.ts';

const root = join(import.meta.dirname, '..');
const bundle = join(root, 'dist', 'cli.js');
const dclint = join(root, 'node_modules', 'dclint', 'bin', 'dclint.cjs');

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '11' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
    dry: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);

build();
const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
try {
  const busy = busyness();
  const rows = measureAll(writeInputs(folder));
  const results = [
    '',
    `Measured on ${new Date().toISOString().slice(0, 10)} with \`npm run bench -- check --runs ${runs} --seed ${seed}\`: ${machine()}.`,
    `Median of ${runs} runs (5 at most where dclint takes many seconds) from process start to exit, fastest–slowest in brackets, both programs in turns, output to /dev/null.`,
    ...(busy === '' ? [] : ['', busy]),
    '',
    table(rows),
    '',
  ].join('\n');
  process.stdout.write(`${results}\n`);
  if (!values.dry) {
    const page = join(root, 'bench', 'README.md');
    writeFileSync(page, withResults(readFileSync(page, 'utf8'), results, 'check'));
  }
  process.exitCode = rows.some((row) => misses(row).length > 0) ? 1 : 0;
} finally {
  if (values.keep) process.stderr.write(`inputs kept in ${folder}\n`);
  else rmSync(folder, { recursive: true, force: true });
}

function build(): void {
  const done = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' });
  if (done.status !== 0 || !existsSync(bundle)) throw new Error('the bundle could not be built');
}

interface Inputs {
  readonly one: string;
  readonly many: string;
  readonly large: string;
}

/** Each file is a project in a folder of its own, as `compose.yaml`: the name that both programs look for. */
function writeInputs(base: string): Inputs {
  const write = (path: string, text: string): void => {
    mkdirSync(join(base, path), { recursive: true });
    writeFileSync(join(base, path, 'compose.yaml'), text);
  };
  const middle = middleSized(seed);
  write('one', stack(seed, middle));
  for (let index = 0; index < 150; index += 1) write(`many/stack-${String(index).padStart(3, '0')}`, stack(seed, index));
  write('large', fleet(1000));
  return { one: join(base, 'one'), many: join(base, 'many'), large: join(base, 'large') };
}

/** The one file is the median of the 150, not a small one. */
function middleSized(of: number): number {
  const sizes = Array.from({ length: 150 }, (_, index) => ({ index, size: stack(of, index).length }));
  return sizes.sort((a, b) => a.size - b.size)[75]?.index ?? 0;
}

function measureAll(inputs: Inputs): readonly Row[] {
  return [
    pair('one file', { fairlead: ['check', 'compose.yaml'], dclint: ['compose.yaml'], cwd: inputs.one, runs }, { maxMs: 150, minRatio: 4 }),
    pair(
      '150 files',
      { fairlead: ['check', '.'], dclint: ['-r', '.'], cwd: inputs.many, runs: Math.min(runs, 5) },
      { maxMs: 1000, minRatio: 10 },
    ),
    pair(
      '1,000 services, check',
      { fairlead: ['check', 'compose.yaml'], dclint: ['compose.yaml'], cwd: inputs.large, runs: Math.min(runs, 5) },
      {},
    ),
    alone('1,000 services, all pairs', ['reach', '--all', '--format', 'json', 'compose.yaml'], inputs.large, { maxMs: 2000, maxMiB: 300 }),
    alone('start (`--version`)', ['--version'], inputs.one, {}),
  ];
}

interface Task {
  readonly fairlead: readonly string[];
  readonly dclint: readonly string[];
  readonly cwd: string;
  readonly runs: number;
}

function pair(task: string, { fairlead, dclint: peer, cwd, runs: count }: Task, goal: Row['goal']): Row {
  const [ours, theirs] = measured([program('fairlead', [bundle, ...fairlead], cwd), program('dclint', [dclint, ...peer], cwd)], count);
  if (ours === undefined || theirs === undefined) throw new Error('two programs, two results');
  return { task, fairlead: ours, dclint: theirs, goal };
}

function alone(task: string, args: readonly string[], cwd: string, goal: Row['goal']): Row {
  const [ours] = measured([program('fairlead', [bundle, ...args], cwd)], Math.min(runs, 9));
  if (ours === undefined) throw new Error('one program, one result');
  return { task, fairlead: ours, goal };
}

function program(name: string, args: readonly string[], cwd: string): Program {
  return { name, args, cwd };
}

/** Findings (exit code 1) are an answer; a program that could not do its job (2 and above) must not win by it. */
function measured(programs: readonly Program[], count: number): readonly Measured[] {
  const results = measureInTurns(programs, count);
  for (const { name, exitCode } of results) if (exitCode > 1) throw new Error(`${name} could not do its job: exit code ${exitCode}`);
  return results;
}
