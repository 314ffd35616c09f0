/** The lines of a soak: each follows from its number, so that what arrives can be checked byte by byte, and counted. */

export type Way = 'file' | 'push';

export function lineOf(way: Way, number: number): string {
  return `${way} ${number} ${String.fromCharCode(97 + (number % 26)).repeat((number * 7_919) % 300)}`;
}

/** How often each line of one way arrived. */
export class Arrivals {
  #counts = new Uint16Array(1 << 16);
  distinct = 0;
  duplicates = 0;
  duplicateBytes = 0;
  /** Lines that nobody wrote, or not so. */
  readonly foreign: string[] = [];

  take(line: string): void {
    const [way, digits] = line.split(' ', 2);
    const number = Number(digits);
    if ((way !== 'file' && way !== 'push') || !Number.isInteger(number) || lineOf(way, number) !== line) {
      this.foreign.push(line.slice(0, 200));
      return;
    }
    const at = number * 2 + (way === 'file' ? 0 : 1);
    while (at >= this.#counts.length) this.#grow();
    const before = this.#counts[at] ?? 0;
    this.#counts[at] = before + 1;
    if (before === 0) this.distinct += 1;
    else {
      this.duplicates += 1;
      this.duplicateBytes += line.length + 1;
    }
  }

  has(way: Way, number: number): boolean {
    return (this.#counts[number * 2 + (way === 'file' ? 0 : 1)] ?? 0) > 0;
  }

  #grow(): void {
    const larger = new Uint16Array(this.#counts.length * 2);
    larger.set(this.#counts);
    this.#counts = larger;
  }
}
