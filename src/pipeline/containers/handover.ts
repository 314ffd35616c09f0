/** What is not finished passes from a source that ends to one of the same name that begins, as open files do (tail/handover.ts). */

/** For a source that does not come back. */
const keepMs = 10_000;

export class Handover<Owner extends object, Value> {
  readonly #giveBack: (value: Value) => void;
  readonly #kept = new WeakMap<Owner, Map<string, { readonly value: Value; readonly timer: NodeJS.Timeout }>>();

  /** `giveBack`: nobody came for it. */
  constructor(giveBack: (value: Value) => void) {
    this.#giveBack = giveBack;
  }

  leave(owner: Owner, key: string, value: Value): void {
    const timer = setTimeout(() => {
      const left = this.takeOver(owner, key);
      if (left !== undefined) this.#giveBack(left);
    }, keepMs);
    timer.unref();
    const values = this.#kept.get(owner) ?? new Map();
    this.#kept.set(owner, values.set(key, { value, timer }));
  }

  takeOver(owner: Owner, key: string): Value | undefined {
    const kept = this.#kept.get(owner)?.get(key);
    if (kept === undefined) return undefined;
    clearTimeout(kept.timer);
    this.#kept.get(owner)?.delete(key);
    return kept.value;
  }
}
