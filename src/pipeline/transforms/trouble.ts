/** Says when a transform begins to meet records that it cannot work on, and when that is over: not for every record. */
import { formatDuration } from '../../core/duration.ts';
import type { ChainContext, StepCounters } from './chain.ts';

/** Without an error for so long it is over. */
const quietMs = 60_000;

export class Trouble {
  readonly #counters: StepCounters;
  #since: { readonly errors: number; lastMs: number } | undefined;
  #seen: number;

  constructor(counters: StepCounters) {
    this.#counters = counters;
    this.#seen = counters.errors;
  }

  /** After a batch. */
  look({ log, clock }: ChainContext): void {
    const { name: transform, errors, in: records } = this.#counters;
    const grown = errors !== this.#seen;
    if (!grown && this.#since === undefined) return;
    const nowMs = clock.monotonicMs();
    if (grown && this.#since === undefined) {
      log.event('pipeline.transforms.unreadable', { transform, errors, records });
      this.#since = { errors: this.#seen, lastMs: nowMs };
    } else if (grown && this.#since !== undefined) this.#since.lastMs = nowMs;
    else if (this.#since !== undefined && nowMs - this.#since.lastMs >= quietMs) {
      log.event('pipeline.transforms.readable', { transform, quiet: formatDuration(quietMs), errors: errors - this.#since.errors });
      this.#since = undefined;
    }
    this.#seen = errors;
  }
}
