/** Records that a receiver will never take, kept with the reason. */
import { backoffMs } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Disk } from '../disk.ts';
import { sentenceOf } from '../disk-error.ts';
import { LetterFile } from './letter-file.ts';
import { lineOf } from './line.ts';

export interface DeadLetter {
  readonly sink: string;
  /** What the receiver said, as a sentence. */
  readonly reason: string;
  readonly source: string;
  /** Identity of the record. */
  readonly generation: string;
  readonly position: number;
  readonly bytes: Uint8Array;
}

export interface DeadLetters {
  /** Copies the bytes before it returns. Resolves when it is synced to disk; waits while the disk is full. Never rejects. */
  put(letters: readonly DeadLetter[]): Promise<void>;
}

export interface DeadLettersContext {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
  /** Of one file; there are at most four. */
  readonly maxFileBytes?: number;
}

const olderFiles = 3;
const usualFileBytes = 64 << 20;
const backoff = { firstMs: 200, maxMs: 5_000 };
/** Reasons of which one was said; beyond that it is quiet. */
const maxReasons = 100;

export interface OpenDeadLetters extends DeadLetters, AsyncDisposable {
  /** Why nothing can be written now. */
  problem(): string | undefined;
}

/** Touches the disk when there is a first letter. */
export async function openDeadLetters(dir: string, context: DeadLettersContext): Promise<OpenDeadLetters> {
  return new DeadLetterBox(dir, context);
}

class DeadLetterBox implements OpenDeadLetters {
  readonly #context: DeadLettersContext;
  readonly #file: LetterFile;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;
  #stopWaiting: (() => void) | undefined;
  #problem: string | undefined;
  readonly #said = new Set<string>();

  constructor(dir: string, context: DeadLettersContext) {
    const { disk, maxFileBytes = usualFileBytes } = context;
    this.#context = context;
    const forgotten = (path: string) => context.log.event('dead-letters.forgotten', { path, bytes: maxFileBytes * (olderFiles + 1) });
    this.#file = new LetterFile({ disk, dir, maxFileBytes, keep: olderFiles, forgotten });
  }

  problem(): string | undefined {
    return this.#problem;
  }

  put(letters: readonly DeadLetter[]): Promise<void> {
    const [first] = letters;
    if (first === undefined) return Promise.resolve();
    const lines = Buffer.from(letters.map((letter) => lineOf(letter, this.#context.clock.now())).join(''));
    this.#say(first);
    this.#turn = this.#turn.then(() => this.#write(lines, first.sink));
    return this.#turn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#stopWaiting?.();
    // A letter that cannot be written now was not answered either: its record comes again, and is refused again.
    await Promise.race([this.#turn, new Promise(setImmediate)]);
    await this.#file.close();
  }

  async #write(lines: Buffer, sink: string): Promise<void> {
    const { clock, log, random = Math.random } = this.#context;
    const path = this.#file.pathOf(0);
    for (let failures = 1; ; failures++) {
      try {
        await this.#file.append(lines);
        if (this.#problem !== undefined) log.event('dead-letters.well', { path });
        this.#problem = undefined;
        return;
      } catch (error) {
        const reason = sentenceOf(error);
        if (this.#problem !== reason) log.event('dead-letters.failing', { path, sink, reason });
        this.#problem = reason;
      }
      // Never resolves: nobody may take the record for delivered.
      if (this.#closed) await new Promise(() => {});
      await new Promise<void>((resolve) => {
        this.#stopWaiting = resolve;
        clock.after(100 + backoffMs(backoff, failures, random), resolve);
      });
    }
  }

  #say({ sink, reason }: DeadLetter): void {
    const key = `${sink} ${reason}`;
    if (this.#said.has(key) || this.#said.size >= maxReasons) return;
    this.#said.add(key);
    this.#context.log.event('dead-letters.first', { sink, reason, path: this.#file.pathOf(0) });
  }
}
