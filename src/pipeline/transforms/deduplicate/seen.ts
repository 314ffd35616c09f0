/** What was seen of late. */

interface Entry {
  readonly until: number;
  /** The record that went through: should it come again (its sink was closed before it was acknowledged), it must go through again. */
  readonly generation: string;
  readonly position: number;
}

export class Seen {
  readonly #windowMs: number;
  readonly #maxKeys: number;
  /** In the order in which they went through, so the oldest is first. */
  readonly #entries = new Map<string, Entry>();

  constructor(windowMs: number, maxKeys: number) {
    this.#windowMs = windowMs;
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#entries.size;
  }

  isDuplicate(key: string, generation: string, position: number, nowMs: number): boolean {
    const entry = this.#entries.get(key);
    if (entry !== undefined && nowMs < entry.until) return entry.position !== position || entry.generation !== generation;
    if (entry !== undefined) this.#entries.delete(key);
    this.#entries.set(key, { until: nowMs + this.#windowMs, generation, position });
    if (this.#entries.size > this.#maxKeys) this.#forget();
    return false;
  }

  /** The memory of a burst is given back once it is over. */
  expire(nowMs: number): void {
    for (const [key, { until }] of this.#entries) {
      if (until > nowMs) return;
      this.#entries.delete(key);
    }
  }

  #forget(): void {
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}
