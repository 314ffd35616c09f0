/** What clients do wrong could be said thousands of times a second: it is said once a minute, with how often it happened. */
import type { Clock } from '../../core/clock.ts';
import type { EventName } from '../../observe/events/index.ts';
import type { Fields, Log } from '../../observe/log.ts';

const everyMs = 60_000;

export class Complaints {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #said = new Map<string, { at: number; unsaid: number }>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** `kind` tells apart what may be said beside each other under one name; a small set. The field `times` counts those since it was last said. */
  say(event: EventName, fields: Fields, kind = ''): void {
    const key = `${event} ${kind}`;
    const now = this.#clock.monotonicMs();
    const known = this.#said.get(key);
    if (known !== undefined && now - known.at < everyMs) {
      known.unsaid += 1;
      return;
    }
    this.#said.set(key, { at: now, unsaid: 0 });
    this.#log.event(event, { ...fields, times: (known?.unsaid ?? 0) + 1 });
  }
}

/** After so long without a refusal it is over: a queue that is full and then not, several times a second, is one trouble. */
const calmMs = 30_000;

/** Says when a source begins to turn clients away, and when that is over. */
export class Refusals {
  readonly #log: Log;
  readonly #clock: Clock;
  #reason: string | undefined;
  #count = 0;
  #last = 0;
  #cancel = () => {};

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Why clients are turned away now, or were a moment ago. */
  get reason(): string | undefined {
    return this.#reason;
  }

  refused(reason: string): void {
    this.#count += 1;
    this.#last = this.#clock.monotonicMs();
    if (this.#reason === reason) return;
    const begins = this.#reason === undefined;
    this.#reason = reason;
    this.#log.event('pipeline.source.refusing', { reason });
    if (begins) this.#watch(calmMs);
  }

  close(): void {
    this.#cancel();
  }

  #watch(afterMs: number): void {
    this.#cancel = this.#clock.after(afterMs, () => {
      const left = this.#last + calmMs - this.#clock.monotonicMs();
      if (left > 0) return this.#watch(left);
      this.#log.event('pipeline.source.accepting', { count: this.#count });
      this.#reason = undefined;
      this.#count = 0;
    });
  }
}
