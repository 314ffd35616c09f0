import type { Item } from './syntax.ts';

/** Commands by their index, which loops go back to; those that no loop can ask for again are let go. */
export class Tape {
  readonly #source: Iterator<Item>;
  #kept: Item[] = [];
  #first = 0;

  constructor(items: Iterable<Item>) {
    this.#source = items[Symbol.iterator]();
  }

  at(index: number): Item | undefined {
    while (this.#first + this.#kept.length <= index) {
      const next = this.#source.next();
      if (next.done === true) return undefined;
      this.#kept.push(next.value);
    }
    return this.#kept[index - this.#first];
  }

  /** Nothing before `index` is asked for again. */
  forgetBefore(index: number): void {
    if (index - this.#first < this.#kept.length) this.#kept = this.#kept.slice(index - this.#first);
    else this.#kept = [];
    this.#first = Math.max(this.#first, index);
  }
}
