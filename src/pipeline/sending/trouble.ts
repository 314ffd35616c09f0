/** What is wrong with a receiver now, said when it begins, when its kind changes, at most once a minute when only the words change, and when it is over. */
import type { SinkContext } from '../sink.ts';
import type { Gate } from './gate.ts';
import type { Outcome } from './outcome.ts';

const sayAgainMs = 60_000;

type Kind = 'unreachable' | 'busy' | 'denied';
const eventOf = { unreachable: 'pipeline.sink.unreachable', busy: 'pipeline.sink.slowed', denied: 'pipeline.sink.refusing' } as const;
const saying = { unreachable: 'cannot be reached', busy: 'asks for less', denied: 'refuses what is sent' } as const;

export class Trouble {
  readonly #to: string;
  readonly #context: SinkContext;
  #present: { readonly kind: Kind; readonly reason: string; readonly sinceMs: number } | undefined;
  #saidMs = 0;
  #buried: { readonly reason: string; readonly saidMs: number } | undefined;
  #buriedUnsaid = 0;

  constructor(to: string, context: SinkContext) {
    this.#to = to;
    this.#context = context;
  }

  sentence(): string | undefined {
    return this.#present === undefined ? undefined : `${this.#to} ${saying[this.#present.kind]}: ${this.#present.reason}`;
  }

  after(outcome: Outcome, gate: Gate, nowMs: number): void {
    if (gate.trouble === undefined) return this.#over(nowMs);
    if (outcome.kind !== 'unreachable' && outcome.kind !== 'busy' && outcome.kind !== 'denied') return;
    const { kind, reason } = outcome;
    const before = this.#present;
    this.#present = { kind, reason, sinceMs: before?.sinceMs ?? nowMs };
    const isNew = before?.kind !== kind || (before.reason !== reason && nowMs - this.#saidMs >= sayAgainMs);
    if (!isNew) return;
    this.#saidMs = nowMs;
    this.#context.log.event(eventOf[kind], { to: this.#to, reason, waitMs: Math.max(0, Math.round(gate.closedUntilMs - nowMs)) });
  }

  buried(records: number, reason: string, nowMs: number): void {
    this.#buriedUnsaid += records;
    const before = this.#buried;
    if (before !== undefined && nowMs - before.saidMs < sayAgainMs) return;
    this.#context.log.event('pipeline.sink.dead-lettered', { to: this.#to, records: this.#buriedUnsaid, reason });
    this.#buriedUnsaid = 0;
    this.#buried = { reason, saidMs: nowMs };
  }

  #over(nowMs: number): void {
    if (this.#present === undefined) return;
    this.#context.log.event('pipeline.sink.reachable-again', { to: this.#to, forMs: Math.round(nowMs - this.#present.sinceMs) });
    this.#present = undefined;
  }
}
