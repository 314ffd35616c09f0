/** What was read, or handed over from memory, and is not acknowledged yet, in the order of the spool. */
import type { Place } from './place.ts';

export interface Entry {
  readonly start: Place;
  readonly end: Place;
  done: boolean;
  /** `again`: it is read anew. `dropped`: there is nothing to read any more. */
  state: 'out' | 'again' | 'dropped';
}

export class Outstanding {
  #entries: Entry[] = [];
  /** Those before it are done; the array is cut now and then. */
  #first = 0;

  /** After all that are there. */
  add(start: Place, end: Place): Entry {
    const entry: Entry = { start, end, done: false, state: 'out' };
    this.#entries.push(entry);
    return entry;
  }

  /** The oldest that is not acknowledged: the frontier stands before it, whatever was acknowledged behind it. */
  get oldest(): Entry | undefined {
    return this.#entries[this.#first];
  }

  settle(entry: Entry): void {
    entry.done = true;
    while (this.oldest?.done) this.#first += 1;
    if (this.#first > 1_024 || this.#first === this.#entries.length) this.#cut(this.#first);
  }

  /** Gives all up: they are read again. */
  clear(): void {
    for (const entry of this.#entries) if (entry.state === 'out') entry.state = 'again';
    this.#cut(this.#entries.length);
  }

  /** Gives up what lies before this record, for good. */
  dropBefore(id: number): void {
    const left = this.#entries.findIndex(({ end }) => end.id > id);
    const until = left === -1 ? this.#entries.length : left;
    for (const entry of this.#entries.slice(this.#first, until)) entry.state = 'dropped';
    this.#cut(Math.max(this.#first, until));
  }

  #cut(from: number): void {
    this.#entries = this.#entries.slice(from);
    this.#first = 0;
  }
}
