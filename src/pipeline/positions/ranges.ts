/** Bookkeeping of one cursor: which ranges are on their way, and how far everything was delivered without a gap. */
import { Receipt } from '../receipt.ts';

interface Range {
  readonly start: number;
  readonly end: number;
  readonly mark: string | undefined;
  delivered: boolean;
  /** Will be read again: whatever becomes of it moves nothing any more. */
  abandoned: boolean;
}

/** Most files wait for nothing: they share it. Never written to. */
const none: Range[] = [];

export class Ranges {
  #acknowledged: number;
  #read: number;
  #mark: string | undefined;
  /** In the order of reading; those before `#first` are settled and wait to be cut off. */
  #ranges = none;
  #first = 0;
  readonly #owner: { moved(): void };
  onRewind: ((to: number) => void) | undefined;

  constructor(at: number, mark: string | undefined, owner: { moved(): void }) {
    this.#acknowledged = at;
    this.#read = at;
    this.#mark = mark;
    this.#owner = owner;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get read(): number {
    return this.#read;
  }

  /** Of the last range that was acknowledged. */
  get mark(): string | undefined {
    return this.#mark;
  }

  get pending(): number {
    return this.#read - this.#acknowledged;
  }

  take(start: number, end: number, mark: string | undefined): Receipt {
    const range: Range = { start, end, mark, delivered: false, abandoned: false };
    if (this.#ranges === none) this.#ranges = [range];
    else this.#ranges.push(range);
    this.#read = end;
    return new Receipt((delivered) => {
      if (range.abandoned) return;
      if (delivered) this.#settle(range);
      else this.#rewind(range);
    });
  }

  #settle(range: Range): void {
    range.delivered = true;
    if (this.#ranges[this.#first] !== range) return;
    for (let next: Range | undefined = range; next?.delivered; next = this.#ranges[this.#first]) {
      this.#acknowledged = next.end;
      this.#mark = next.mark ?? this.#mark;
      this.#first += 1;
    }
    if (this.#first === this.#ranges.length || this.#first > 256) {
      this.#ranges = this.#first === this.#ranges.length ? none : this.#ranges.slice(this.#first);
      this.#first = 0;
    }
    this.#owner.moved();
  }

  /** Ranges before this one stay on their way; this one and all that follow are read again. */
  #rewind(range: Range): void {
    const index = this.#ranges.indexOf(range);
    for (const later of this.#ranges.slice(index)) later.abandoned = true;
    this.#ranges = this.#ranges.slice(this.#first, index);
    this.#first = 0;
    this.#read = range.start;
    this.onRewind?.(range.start);
  }
}
