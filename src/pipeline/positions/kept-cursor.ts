import type { Receipt } from '../receipt.ts';
import type { Cursor } from './positions.ts';
import { Ranges } from './ranges.ts';
import type { Entry } from './record.ts';

export interface Keeper {
  changed(cursor: KeptCursor): void;
  forget(cursor: KeptCursor): void;
}

/** A cursor that tells when there is something to write. `note.goneMs` says since when what it stands for is gone. */
export class KeptCursor implements Cursor {
  readonly source: string;
  readonly key: string;
  readonly #keeper: Keeper;
  readonly #ranges: Ranges;
  #note: Readonly<Record<string, unknown>>;
  #seenMs: number;
  /** Somebody asked for it since the start. */
  used = false;

  constructor(entry: Entry, keeper: Keeper) {
    this.source = entry.source;
    this.key = entry.key;
    this.#note = entry.note;
    this.#seenMs = entry.seenMs;
    this.#keeper = keeper;
    const { mark } = entry.note;
    this.#ranges = new Ranges(entry.acknowledged, typeof mark === 'string' ? mark : undefined, this);
  }

  get note(): Readonly<Record<string, unknown>> {
    const { mark } = this.#ranges;
    return mark === undefined || this.#note.mark === mark ? this.#note : { ...this.#note, mark };
  }

  /** A `mark` in it is not taken over: that one belongs to what was acknowledged. */
  set note(note: Readonly<Record<string, unknown>>) {
    this.#note = note;
    this.#keeper.changed(this);
  }

  get read(): number {
    return this.#ranges.read;
  }

  get acknowledged(): number {
    return this.#ranges.acknowledged;
  }

  get pending(): number {
    return this.#ranges.pending;
  }

  get vanished(): boolean {
    return typeof this.#note.goneMs === 'number' || !this.used;
  }

  get seenMs(): number {
    return typeof this.#note.goneMs === 'number' ? this.#note.goneMs : this.#seenMs;
  }

  take(start: number, end: number, mark?: string): Receipt {
    return this.#ranges.take(start, end, mark);
  }

  /** What was acknowledged moved. */
  moved(): void {
    this.#keeper.changed(this);
  }

  onRewind(listener: ((to: number) => void) | undefined): void {
    this.#ranges.onRewind = listener;
  }

  forget(): void {
    this.#keeper.forget(this);
  }

  /** What is written of it now. */
  entry(nowMs: number): Entry {
    if (!this.vanished) this.#seenMs = nowMs;
    return { source: this.source, key: this.key, acknowledged: this.acknowledged, note: this.note, seenMs: this.#seenMs };
  }
}
