/** Brings parcels to one receiver: as many at once as it likes, again and again until they are delivered or nobody waits for them any more. */
import type { SinkContext } from '../sink.ts';
import { type Concurrency, observe, startConcurrency } from './concurrency.ts';
import { afterOutcome, type Gate, mayStart, openGate } from './gate.ts';
import type { Outcome } from './outcome.ts';
import type { Parcel } from './parcel.ts';
import { Trouble } from './trouble.ts';

export interface DispatchParts<P extends Parcel> {
  readonly context: SinkContext;
  /** HOST:PORT, for the log. */
  readonly to: string;
  /** Never rejects for what a network or a receiver does. */
  exchange(parcel: P): Promise<Outcome>;
  readonly maxConcurrency: number;
  /** One parcel of a lane at a time. */
  readonly ordered: boolean;
  /** A parcel is settled. */
  onSettled(parcel: P): void;
}

interface Lane<P> {
  readonly waiting: P[];
  underWay: number;
}

export class Dispatch<P extends Parcel> {
  readonly #parts: DispatchParts<P>;
  readonly #lanes = new Map<number, Lane<P>>();
  readonly #trouble: Trouble;
  #gate: Gate = openGate;
  #concurrency: Concurrency = startConcurrency;
  #underWay = 0;
  /** Records on their way to the dead letters. */
  readonly #burying = new Set<P>();
  /** Parcels that were handed over and are not settled. */
  #unsettled = 0;
  #abandoned = false;
  #delivered = false;
  #cancelTimer: (() => void) | undefined;
  #idle: (() => void) | undefined;

  constructor(parts: DispatchParts<P>) {
    this.#parts = parts;
    this.#trouble = new Trouble(parts.to, parts.context);
  }

  submit(parcel: P): void {
    this.#unsettled += 1;
    this.#lane(parcel).waiting.push(parcel);
    this.#pump();
  }

  problem(): string | undefined {
    return this.#trouble.sentence();
  }

  get delivered(): boolean {
    return this.#delivered;
  }

  idle(): Promise<void> {
    return this.#unsettled === 0 ? Promise.resolve() : new Promise((resolve) => (this.#idle = resolve));
  }

  /** Starts nothing more and fails what is not delivered; what is under way is failed when its exchange ends. A full disk of dead letters is not waited for. */
  abandon(): void {
    this.#abandoned = true;
    this.#cancelTimer?.();
    for (const parcel of this.#burying) this.#settle(parcel, false);
    this.#burying.clear();
    for (const lane of this.#lanes.values()) for (const parcel of lane.waiting.splice(0)) this.#settle(parcel, false);
  }

  #lane(parcel: P): Lane<P> {
    const found = this.#lanes.get(parcel.store.lane);
    if (found !== undefined) return found;
    const made: Lane<P> = { waiting: [], underWay: 0 };
    this.#lanes.set(parcel.store.lane, made);
    return made;
  }

  #pump(): void {
    if (this.#abandoned) return;
    for (const lane of this.#lanes.values()) {
      while (lane.waiting.length > 0 && !(this.#parts.ordered && lane.underWay > 0)) {
        if (!mayStart(this.#gate, this.#now(), this.#underWay, Math.floor(this.#concurrency.limit))) return this.#sleep();
        const parcel = lane.waiting.shift();
        if (parcel === undefined) break;
        this.#lanes.delete(parcel.store.lane); // to the end of the row: the others come first next time
        this.#lanes.set(parcel.store.lane, lane);
        void this.#attempt(lane, parcel);
      }
    }
  }

  #sleep(): void {
    // With a request under way its end starts the next one.
    if (this.#underWay > 0 || this.#cancelTimer !== undefined) return;
    this.#cancelTimer = this.#parts.context.clock.after(Math.max(0, this.#gate.closedUntilMs - this.#now()), () => {
      this.#cancelTimer = undefined;
      this.#pump();
    });
  }

  async #attempt(lane: Lane<P>, parcel: P): Promise<void> {
    const startedMs = this.#now();
    lane.underWay += 1;
    this.#underWay += 1;
    const limitReached = this.#underWay >= Math.floor(this.#concurrency.limit);
    const outcome = await this.#parts.exchange(parcel);
    lane.underWay -= 1;
    this.#underWay -= 1;
    const endedMs = this.#now();
    if (!this.#abandoned) this.#learn(outcome, startedMs, endedMs, limitReached);
    this.#fold(lane, parcel, outcome);
    if (lane.underWay === 0 && lane.waiting.length === 0) this.#lanes.delete(parcel.store.lane);
    this.#pump();
  }

  #learn(outcome: Outcome, startedMs: number, endedMs: number, limitReached: boolean): void {
    this.#gate = afterOutcome(this.#gate, outcome, { startedMs, endedMs }, this.#parts.context.random);
    // How long a refused connection took says nothing about how many requests the receiver likes.
    if (outcome.kind === 'delivered' || outcome.kind === 'busy')
      this.#concurrency = observe(
        this.#concurrency,
        { tookMs: endedMs - startedMs, pushedBack: outcome.kind === 'busy', limitReached },
        this.#parts.maxConcurrency,
      );
    this.#trouble.after(outcome, this.#gate, endedMs);
  }

  #fold(lane: Lane<P>, parcel: P, outcome: Outcome): void {
    const { counters } = this.#parts.context;
    if (outcome.kind !== 'delivered') counters.errors += 1;
    switch (outcome.kind) {
      case 'delivered':
        this.#acknowledged(parcel);
        return;
      case 'refused':
        if (parcel.count === 1) void this.#bury(parcel, outcome.reason);
        else this.#again(lane, this.#replace(parcel, parcel.halves()));
        return;
      case 'partly':
        this.#part(lane, parcel, outcome);
        return;
      case 'unreachable':
      case 'busy':
      case 'denied':
        this.#again(lane, [parcel]);
        return;
      default:
        return outcome satisfies never;
    }
  }

  #part(lane: Lane<P>, parcel: P, { refused, again }: Outcome & { readonly kind: 'partly' }): void {
    const byReason = Map.groupBy(refused, ({ reason }) => reason);
    const buried = [...byReason.values()].map((records) => parcel.rowsAt(new Set(records.map(({ record }) => record))).in);
    const retried = parcel.rowsAt(new Set(again)).in;
    const taken = parcel.rowsAt(new Set([...again, ...refused.map(({ record }) => record)])).out;
    const sets = [taken, retried, ...buried];
    const parts = this.#replace(parcel, parcel.divide(sets));
    let next = 0;
    if (taken.length > 0) this.#acknowledged(parts[next++]);
    if (retried.length > 0) this.#again(lane, parts.slice(next, ++next));
    for (const reason of byReason.keys()) void this.#bury(parts[next++], reason);
  }

  /** Parts of a parcel are parcels of the same kind. */
  #replace(_parcel: P, parts: readonly Parcel[]): readonly P[] {
    this.#unsettled += parts.length - 1;
    // `divide` makes them over the same store, so they are what the parcel was.
    return parts as readonly P[];
  }

  #again(lane: Lane<P>, parcels: readonly P[]): void {
    if (this.#abandoned) {
      for (const parcel of parcels) this.#settle(parcel, false);
      return;
    }
    this.#parts.context.counters.retries += parcels.length;
    lane.waiting.unshift(...parcels);
    if (parcels[0] !== undefined) this.#lanes.set(parcels[0].store.lane, lane);
  }

  #acknowledged(parcel: P | undefined): void {
    if (parcel === undefined) return;
    this.#delivered = true;
    const { counters } = this.#parts.context;
    counters.records += parcel.count;
    counters.bytes += parcel.bytes;
    this.#settle(parcel, true);
  }

  async #bury(parcel: P | undefined, reason: string): Promise<void> {
    if (parcel === undefined) return;
    if (this.#abandoned) return this.#settle(parcel, false);
    const { context } = this.#parts;
    this.#burying.add(parcel);
    await context.deadLetters.put(parcel.letters(context.name, reason));
    if (!this.#burying.delete(parcel)) return; // it was failed meanwhile, and comes again
    context.counters.deadLettered += parcel.count;
    this.#trouble.buried(parcel.count, reason, this.#now());
    this.#settle(parcel, true);
  }

  #settle(parcel: P, delivered: boolean): void {
    this.#parts.onSettled(parcel);
    parcel.settle(delivered);
    this.#unsettled -= 1;
    if (this.#unsettled === 0) this.#idle?.();
  }

  #now(): number {
    return this.#parts.context.clock.monotonicMs();
  }
}
