/** Batches on their way to whoever takes them, in the order of reading, no faster than they are taken. */
import type { LogBatch } from '../batch.ts';

export class Outbox<From> {
  readonly #deliver: (batch: LogBatch, from: From) => Promise<void> | undefined;
  readonly #hasRoom: () => void;
  #waiting: { readonly batch: LogBatch; readonly from: From }[] = [];
  #full: Promise<void> | undefined;
  #closed = false;

  constructor(deliver: (batch: LogBatch, from: From) => Promise<void> | undefined, hasRoom: () => void) {
    this.#deliver = deliver;
    this.#hasRoom = hasRoom;
  }

  /** Nothing more should be read. */
  get full(): boolean {
    return this.#full !== undefined || this.#closed;
  }

  /** Puts it behind the others; `flush` delivers. */
  put(batch: LogBatch, from: From): void {
    this.#waiting.push({ batch, from });
    if (this.#closed) this.close();
  }

  /** False: closed, and what was put is given back. */
  async room(): Promise<boolean> {
    while (this.#full !== undefined && !this.#closed) await this.#full;
    return !this.#closed;
  }

  flush(): void {
    while (!this.full) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const full = this.#deliver(next.batch, next.from);
      if (full === undefined) continue;
      this.#full = full.then(() => {
        this.#full = undefined;
        this.flush();
        if (!this.full) this.#hasRoom();
      });
    }
  }

  /** What was not handed over is given back: its cursors go back, and whoever comes next reads it again. */
  close(): void {
    this.#closed = true;
    for (const { batch } of this.#waiting) {
      batch.free();
      batch.receipt.fail();
    }
    this.#waiting = [];
  }
}
