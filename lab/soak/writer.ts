/** Writes a log as an application does, renamed now and then, whether or not anybody reads it. */
import { appendFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lineOf } from './lines.ts';

const burst = 60;
const pauseMs = 25;
const linesPerFile = 20_000;

export class Writer {
  /** Lines written so far. */
  count = 0;
  readonly #dir: string;
  #writing: Promise<void> | undefined;
  #stopped = false;
  #inFile = 0;
  #renamed = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  start(): void {
    this.#writing = this.#write();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#writing;
  }

  async #write(): Promise<void> {
    const path = join(this.#dir, 'app.log');
    await mkdir(this.#dir, { recursive: true });
    while (!this.#stopped) {
      const lines = Array.from({ length: burst }, (_, index) => `${lineOf('file', this.count + index)}\n`);
      await appendFile(path, lines.join(''));
      this.count += burst;
      this.#inFile += burst;
      if (this.#inFile >= linesPerFile) {
        this.#renamed += 1;
        await rename(path, `${path}.${this.#renamed}`);
        this.#inFile = 0;
      }
      await sleep(pauseMs);
    }
  }
}
