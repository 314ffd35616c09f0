/** What is wrong now, one sentence for each thing: said when it begins, when the reason is another one (at most once a minute), and when it is over. */
import type { Clock } from '../../../core/clock.ts';
import type { EventName } from '../../../observe/events/index.ts';
import type { Fields, Log } from '../../../observe/log.ts';

const sayAgainMs = 60_000;

interface Notice {
  readonly sinceMs: number;
  reason: string;
  saidMs: number;
}

export class Notices {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #present = new Map<string, Notice>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  begin(what: string, reason: string, event: EventName, fields: Fields): void {
    const now = this.#clock.monotonicMs();
    const before = this.#present.get(what);
    if (before?.reason === reason) return;
    const said = before === undefined || now - before.saidMs >= sayAgainMs;
    this.#present.set(what, { sinceMs: before?.sinceMs ?? now, reason, saidMs: said ? now : (before?.saidMs ?? now) });
    if (said) this.#log.event(event, { ...fields, reason });
  }

  /** Says that it is over, when it was there. */
  end(what: string, event?: EventName, fields: Fields = {}): void {
    const before = this.#present.get(what);
    if (before === undefined) return;
    this.#present.delete(what);
    if (event !== undefined) this.#log.event(event, { ...fields, forMs: Math.round(this.#clock.monotonicMs() - before.sinceMs) });
  }

  reasonOf(what: string): string | undefined {
    return this.#present.get(what)?.reason;
  }

  /** The oldest one whose name begins so. */
  firstOf(prefix: string): string | undefined {
    for (const [what, { reason }] of this.#present) if (what.startsWith(prefix)) return reason;
    return undefined;
  }
}
