/** A long-running program of ours on a host of the lab, with the events that it logs. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Network } from './network.ts';

/** A line of the log: `event`, `time`, `message` and the event's own fields. */
export interface LogEvent {
  readonly event: string;
  readonly time: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  readonly network: Network;
  readonly host: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a slow machine may take for what takes a second on an idle one. */
export const patienceMs = 60_000;

/** Runs it once; whoever wants it again makes another one. */
export class Program implements AsyncDisposable {
  readonly ended: Promise<Ended>;
  readonly events: LogEvent[] = [];
  /** Everything that it said on standard error, and on standard output. */
  stderr = '';
  stdout = '';
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  #over: Ended | undefined;
  #rest = '';

  constructor({ network, host, program, args, env = {} }: ProgramOptions) {
    const [command, all] = network.within(host, program, args);
    this.#child = spawn(command, all, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...network.environment, ...env } });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => {
        this.#over = { code, signal };
        resolve({ code, signal });
        this.#tell();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** As a crash does: nothing is finished, nothing is said. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** Ends in order; the result is how. */
  async stop(): Promise<Ended> {
    this.signal('SIGTERM');
    return this.ended;
  }

  /** All events of this name so far, from the position `from` on. */
  all(event: string, fits: (one: LogEvent) => boolean = () => true, from = 0): readonly LogEvent[] {
    return this.events.slice(from).filter((one) => one.event === event && fits(one));
  }

  /** The sentences of these events: what a failed test should show. */
  said(event: string, from = 0): readonly string[] {
    return this.all(event, undefined, from).map(({ time, message }) => `${time} ${message}`);
  }

  /** A position for `from`: what was logged until now is before it. */
  get mark(): number {
    return this.events.length;
  }

  /** The first event of this name that fits; one that was logged already counts. */
  event(event: string, fits: (one: LogEvent) => boolean = () => true, from = 0, limitMs = patienceMs): Promise<LogEvent> {
    return this.until(`${event} is logged`, () => this.all(event, fits, from)[0], limitMs);
  }

  /** Looks at every line and at the end; rejects when the program ends without it, or too late. */
  until<T>(what: string, look: () => T | undefined, limitMs = patienceMs): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const fail = (why: string) => reject(new Error(`${what}: ${why}; the last that it said:\n${this.stderr.slice(-3_000)}`));
    const timer = setTimeout(() => fail(`not within ${limitMs} ms`), limitMs);
    const listener = () => {
      const found = look();
      if (found !== undefined) resolve(found);
      else if (this.#over !== undefined) fail(`it ended with ${this.#over.signal ?? this.#over.code}`);
    };
    this.#listeners.add(listener);
    listener();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#listeners.delete(listener);
    });
  }

  /** By force: what a test leaves behind is thrown away, and one that looks at the end calls `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#over === undefined) await this.kill();
  }

  #take(text: string): void {
    this.stderr += text;
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = parse(line);
      if (event !== undefined) this.events.push(event);
    }
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function parse(line: string): LogEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    // The form that observe/log-writer.ts writes.
    return JSON.parse(line) as LogEvent;
  } catch {
    return undefined;
  }
}
