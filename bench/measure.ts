/** Runs programs and measures them from outside: from process start to exit, and the most memory they held. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Program {
  readonly name: string;
  /** Arguments of Node: the script and what follows. */
  readonly args: readonly string[];
  readonly cwd: string;
}

export interface Measured {
  readonly name: string;
  readonly medianMs: number;
  readonly fastestMs: number;
  readonly slowestMs: number;
  readonly peakMiB: number;
  /** All runs ended with it. */
  readonly exitCode: number;
}

/** The programs take turns, so that a machine that gets slower or busier in between is unjust to none. The first turn warms caches and is not counted. */
export function measureInTurns(programs: readonly Program[], runs: number): readonly Measured[] {
  const times = programs.map((): number[] => []);
  const codes = programs.map((program) => once(program).exitCode);
  for (let run = 0; run < runs; run += 1)
    for (const [index, program] of programs.entries()) {
      const { ms, exitCode } = once(program);
      if (exitCode !== codes[index]) throw new Error(`${program.name} ended with ${exitCode}, before with ${codes[index]}`);
      times[index]?.push(ms);
    }
  return programs.map((program, index) => ({
    ...spread(times[index] ?? []),
    name: program.name,
    peakMiB: peakMemory(program),
    exitCode: codes[index] ?? -1,
  }));
}

function once({ args, cwd }: Program): { readonly ms: number; readonly exitCode: number } {
  const started = performance.now();
  const done = spawnSync(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'ignore'], env: quietEnvironment() });
  const ms = performance.now() - started;
  if (done.error !== undefined || done.status === null) throw new Error(`${args.join(' ')}: ${done.error?.message ?? done.signal}`);
  return { ms, exitCode: done.status };
}

function quietEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, FORCE_COLOR: _color, ...rest } = process.env;
  return rest;
}

export function spread(times: readonly number[]): Pick<Measured, 'medianMs' | 'fastestMs' | 'slowestMs'> {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return {
    medianMs: sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2,
    fastestMs: at(0),
    slowestMs: at(sorted.length - 1),
  };
}

/** A run of its own, because the module that reports costs time: the program's own `maxRSS` when it exits (getrusage(2)). */
function peakMemory({ args, cwd }: Program): number {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-rss-'));
  const file = join(folder, 'rss');
  const reporter = `import{writeFileSync}from'node:fs';process.on('exit',()=>writeFileSync(${JSON.stringify(file)},String(process.resourceUsage().maxRSS)))`;
  try {
    spawnSync(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(reporter)}`, ...args], {
      cwd,
      stdio: 'ignore',
      env: quietEnvironment(),
    });
    return Number(readFileSync(file, 'utf8')) / 1024;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
