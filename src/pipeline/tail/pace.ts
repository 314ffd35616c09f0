/** When to look at which file: often while it grows, once a second while it does not, and never for longer than a moment at once. */
import type { TailedFile } from './tailed-file.ts';

/** How soon what was written is seen. */
const hotEveryMs = 3;
/** Looking at a file that is open costs about a microsecond; all together not more than a twentieth of a core. */
const hotEveryMsPerFile = 0.024;
const coldEveryMs = 1_000;
const idleTickMs = 50;
/** How long a file that does not grow any more is looked at often: shorter where the system tells when it does. */
const hotForMs = 2_000;
const hotForHintedMs = 250;

export class Pace {
  readonly #hot = new Set<TailedFile>();
  #all: TailedFile[] = [];
  #next = 0;
  #coldAtMs = 0;

  get count(): number {
    return this.#all.length;
  }

  add(file: TailedFile): void {
    this.#all.push(file);
  }

  /** True when it was not looked at often before. */
  heat(file: TailedFile): boolean {
    if (file.hot || file.dropped) return false;
    file.hot = true;
    this.#hot.add(file);
    return true;
  }

  /** Until the next tick. */
  get waitMs(): number {
    return this.#hot.size === 0 ? idleTickMs : Math.max(hotEveryMs, this.#hot.size * hotEveryMsPerFile);
  }

  tick(nowMs: number, look: (file: TailedFile) => void, hinted: (file: TailedFile) => boolean): void {
    for (const file of this.#hot) {
      if (!file.dropped) look(file);
      if (!file.dropped && nowMs - file.grewAtMs < (hinted(file) ? hotForHintedMs : hotForMs)) continue;
      file.hot = false;
      this.#hot.delete(file);
    }
    const sinceMs = Math.min(coldEveryMs, nowMs - this.#coldAtMs);
    const share = Math.floor((this.#all.length * sinceMs) / coldEveryMs);
    if (share === 0) return;
    this.#coldAtMs = nowMs;
    for (let looked = 0; looked < share; looked++) this.#lookAtNext(look);
  }

  #lookAtNext(look: (file: TailedFile) => void): void {
    const file = this.#all[this.#next];
    if (file === undefined) {
      this.#next = 0;
      return;
    }
    if (file.dropped) {
      // The last one takes its place.
      const last = this.#all.pop();
      if (last !== undefined && last !== file) this.#all[this.#next] = last;
      return;
    }
    this.#next += 1;
    if (!file.hot) look(file);
  }
}
