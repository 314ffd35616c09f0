/** How much may be kept in memory by all clients of a source together. */
export class ByteBudget {
  readonly size: number;
  #left: number;

  constructor(size: number) {
    this.size = size;
    this.#left = size;
  }

  get left(): number {
    return this.#left;
  }

  /** False: nothing was taken. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/** At most `size` at the same time; the others wait in order. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    // Whoever gives back hands its turn on, so nothing is to be counted here.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
