/** The whole program as a process, for attacks on it: settings that are rewritten, signals, its metrics, the numbered lines that went through it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));

export interface Attacked extends AsyncDisposable {
  readonly pid: number;
  /** What it said, one object a line. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  readonly output: () => string;
  readonly stdin: ChildProcess['stdin'];
  readonly ended: Promise<number | NodeJS.Signals>;
  kill(signal: NodeJS.Signals): void;
  /** Writes the settings and has them read; resolves when it was said how that went. */
  reload(settings: object): Promise<void>;
  metrics(): Promise<string>;
  residentMiB(): number;
}

export interface AttackOptions {
  readonly dir: string;
  readonly pipeline: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly more?: object;
  /** Before the program: `unshare …`. */
  readonly under?: readonly string[];
  readonly stdin?: 'pipe' | 'ignore';
}

const written = ({ dir, more }: Pick<AttackOptions, 'dir' | 'more'>, pipeline: object) =>
  JSON.stringify({ identity: { dataDir: `${dir}/data` }, health: { listen: '127.0.0.1:0' }, log: { format: 'json' }, ...more, pipeline });

/** Resolves when the agent says that it is ready. */
export async function startAttacked(options: AttackOptions): Promise<Attacked> {
  const { dir, pipeline, env = {}, under = [], stdin = 'ignore' } = options;
  const file = `${dir}/agent.json`;
  writeFileSync(file, written(options, pipeline));
  const [command = '', ...args] = [...under, process.execPath, program, 'agent', '--config', file];
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: [stdin, 'ignore', 'pipe'] });
  const log: Record<string, unknown>[] = [];
  let rest = '';
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-20_000);
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log.push(parsed(line));
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => child.once('close', (code, signal) => resolve(signal ?? code ?? 0)));
  const said = (event: RegExp, from: number) => log.slice(from).find((one) => event.test(String(one.event)));
  let over = false;
  void ended.then(() => {
    over = true;
  });
  await eventually('the agent is ready', () => over || said(/agent\.health\.ready/, 0) !== undefined, 60_000);
  if (over) throw new Error(`the agent did not start:\n${text}`);
  const portOf = () => /127\.0\.0\.1:(\d+)/.exec(JSON.stringify(said(/agent\.health\.listening/, 0) ?? {}))?.[1];
  return {
    pid: child.pid ?? 0,
    ...{ log, ended, stdin: child.stdin, output: () => text },
    kill: (signal) => void child.kill(signal),
    async reload(next) {
      const from = log.length;
      writeFileSync(file, written(options, next));
      child.kill('SIGHUP');
      await eventually('reloaded', () => over || said(/agent\.reload\.(done|failed)/, from) !== undefined, 60_000);
    },
    metrics: async () => (await fetch(`http://127.0.0.1:${portOf()}/metrics`)).text(),
    residentMiB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024,
    async [Symbol.asyncDispose]() {
      if (!over) child.kill('SIGKILL');
      await ended;
    },
  };
}

function parsed(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line);
  } catch {
    return { text: line };
  }
}

export async function eventually(what: string, check: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
  const until = performance.now() + limitMs;
  while (!(await check())) {
    if (performance.now() > until) throw new Error(`not within ${limitMs / 1_000} s: ${what}`);
    await sleep(20);
  }
}

/** Which of the numbers 0 to `count` never came, and how many came more than once. */
export function judged(numbers: readonly number[], count: number): { readonly missing: readonly number[]; readonly repeated: number } {
  const seen = new Uint32Array(count);
  for (const number of numbers) seen[number] = (seen[number] ?? 0) + 1;
  const missing: number[] = [];
  let repeated = 0;
  seen.forEach((times, number) => {
    if (times === 0) missing.push(number);
    else repeated += times - 1;
  });
  return { missing, repeated };
}

export const numbersIn = (text: string): readonly number[] => Array.from(text.matchAll(/"n":(\d+)/g), ([, number]) => Number(number));
