/**
 * What stands in front of one sink: a short queue in memory, and the spool when memory is not enough or not safe enough.
 *
 * - A batch that its origin can bring again waits in memory and holds its origin back: a file is its own buffer.
 * - A batch that cannot be brought again (`stream.pushed`) is on disk before its receipt is released.
 * - While the sink is away, batches go to the spool if holding the origin back would harm others: another sink that is well, or files that may
 *   soon be gone (`endangered`).
 *
 * - What a sink holds in its own memory, and its origin could bring again, is given back (by exchanging the sink for a fresh one) when it has been away
 *   and that does harm: it would hold the checkpoint of its file where it was for as long as the sink is away, so that a restart would bring the whole
 *   outage again to the sinks that are well, and lose what was rotated away or deleted meanwhile. Brought again, it goes to the spool.
 *
 * Order: memory is older than the spool. As long as the spool holds something unread, what comes goes behind it or waits.
 */
import type { Clock } from '../../core/clock.ts';
import type { Batch } from '../batch.ts';
import { LogBatch, MetricBatch } from '../batch.ts';
import { Receipt } from '../receipt.ts';
import type { Sink } from '../sink.ts';
import type { Spool } from '../spool/spool.ts';

export interface OutletOptions {
  readonly sink: Sink;
  readonly clock: Clock;
  /** Opened when it is first needed; undefined: this sink has none, by its settings. */
  readonly openSpool: (() => Promise<Spool>) | undefined;
  /** There is something in it from before: it is opened at once. */
  readonly leftOver: boolean;
  /** Every batch goes to disk before it is delivered. */
  readonly always: boolean;
  /** Whether holding the origins of this outlet back would harm others now. */
  harmful(): boolean;
  /** A fresh sink of the same settings; undefined: what a sink has taken over stays with it. */
  renew?(): Promise<Sink>;
}

/** Batches in memory beside those that the sink has taken over: enough to bridge a turn of the event loop. */
const maxQueued = 2;
/** Batches that are being written at once; they share syncs. */
const maxAppending = 8;
/** How long a sink may be full before it counts as away. */
const patienceMs = 1_000;
/**
 * How long nothing may get through before what the sink holds is given back because it holds back the checkpoints of files. A receiver that asks for
 * a second of patience must not cost a repetition.
 */
const recallAfterMs = 2_000;

interface Waiting {
  readonly batch: Batch;
  /** It is in the spool already, and its receipt commits it there. */
  readonly stored: boolean;
}

export class Outlet {
  #sink: Sink;
  readonly #options: OutletOptions;
  /** Older than everything unread in the spool. */
  #queue: Waiting[] = [];
  /** Newer than it. */
  #behind: Batch[] = [];
  #sinkFull: Promise<void> | undefined;
  #fullSince = 0;
  #opening: Promise<Spool> | undefined;
  #spool: Spool | undefined;
  /** The spool holds, or is about to hold, something that only the reader brings. */
  #backlog = false;
  #appending = 0;
  #draining = false;
  #room: PromiseWithResolvers<void> | undefined;
  #stopWatching: (() => void) | undefined;
  #closed = false;
  /** Batches that the sink has taken over and that are nowhere else than at their origin. */
  #loose = 0;
  #recalling = false;
  /** It was away and has delivered nothing since: it gets nothing that is not stored, if that would do harm. */
  #suspect = false;
  #troubledSince: number | undefined;

  constructor(options: OutletOptions) {
    this.#options = options;
    this.#sink = options.sink;
    if (!options.leftOver || options.openSpool === undefined) return;
    this.#backlog = true;
    void this.#drain();
  }

  get sink(): Sink {
    return this.#sink;
  }

  /** Undefined as long as it was not needed. */
  get spool(): Spool | undefined {
    return this.#spool;
  }

  /** Batches in memory. */
  get waiting(): number {
    return this.#queue.length + this.#behind.length + this.#appending;
  }

  /** What the sink holds, and cannot send now, goes back at once: its origin is about to vanish for good. */
  rescue(): void {
    if (this.#sink.problem() !== undefined && this.#options.openSpool !== undefined) this.#recall();
  }

  /** Nothing waits here, in the spool or, where it is known, in the sink. */
  get idle(): boolean {
    return this.waiting === 0 && this.#loose === 0 && !this.#backlog && (this.#spool?.depth.records ?? 0) === 0;
  }

  /** Takes the batch over. A promise: full, push nothing more before it resolves. */
  push(batch: Batch): Promise<void> | undefined {
    if (this.#closed) {
      batch.free();
      batch.receipt.fail();
      return undefined;
    }
    if (this.#mustBeStored(batch)) this.#store(batch);
    else if (this.#backlog) this.#behind.push(batch);
    else this.#queue.push({ batch, stored: false });
    this.#pump();
    return this.#full() ? this.#whenRoom() : undefined;
  }

  /**
   * Another sink in the place of this one, which the caller closes. What waits here goes to the new one as soon as the old one has `ended`: what that one
   * gives back is older.
   */
  replaceSink(sink: Sink, ended?: Promise<void>): Sink {
    const before = this.#sink;
    this.#sink = sink;
    this.#sinkFull = undefined;
    if (ended !== undefined) this.#waitFor(ended);
    this.#pump();
    return before;
  }

  /** Called now and then: whether what the sink holds has to be given back. */
  look(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#sink.problem() === undefined) this.#troubledSince = undefined;
    else this.#troubledSince ??= nowMs;
    if (this.#loose === 0 || this.#troubledSince === undefined || this.#options.openSpool === undefined) return;
    if (nowMs - this.#troubledSince >= recallAfterMs && this.#options.harmful()) this.#recall();
  }

  /** Delivers for so long as `graceMs`; what is left stays in the spool, or is failed so that its origin brings it again. */
  async close(graceMs: number): Promise<void> {
    const { clock } = this.#options;
    const until = clock.monotonicMs() + graceMs;
    const left = () => Math.max(0, until - clock.monotonicMs());
    while (this.waiting > 0 && left() > 0) {
      this.#pump();
      await before(this.#sinkFull ?? this.#whenRoom(), clock, Math.min(left(), patienceMs / 4));
    }
    this.#closed = true;
    this.#stopWatching?.();
    const rest = [...this.#queue.map(({ batch }) => batch), ...this.#behind];
    this.#queue = [];
    this.#behind = [];
    for (const batch of rest) {
      batch.free();
      batch.receipt.fail();
    }
    this.#room?.resolve();
    await this.#sink.close(left());
    await (await this.#opening)?.close();
  }

  #mustBeStored({ stream }: Batch): boolean {
    const { openSpool, always, harmful } = this.#options;
    if (openSpool === undefined) return false;
    if (always || stream.pushed === true) return true;
    if (!(this.#backlog || this.#suspect || this.away) || !(stream.fleeting === true || harmful())) return false;
    // What the sink gives back comes first; this one is read again behind it.
    return !(this.#recalling || (this.away && this.#recall()));
  }

  /** True: what the sink holds is on its way back to its origin, or will be in a moment. */
  #recall(): boolean {
    const { renew } = this.#options;
    if (this.#recalling) return true;
    if (renew === undefined || this.#loose === 0 || this.#closed) return false;
    this.#recalling = true;
    const before = this.#sink;
    void renew()
      .then(
        async (fresh) => {
          if (this.#closed || this.#sink !== before) return fresh.close(0);
          this.#suspect = true;
          const ended = before.close(0);
          this.replaceSink(fresh, ended);
          await ended;
        },
        () => undefined, // it is tried again at the next look
      )
      .finally(() => {
        this.#recalling = false;
        this.#pump();
      });
    return true;
  }

  /** The batch for the sink, with a receipt that says here what became of it. */
  #watched(batch: Batch, stored: boolean): Batch {
    const { renew, openSpool } = this.#options;
    if (renew === undefined || openSpool === undefined) return batch;
    if (!stored) this.#loose += 1;
    const origin = batch.receipt;
    const { source, generation } = batch.stream;
    const receipt = new Receipt((delivered) => {
      if (!stored) this.#loose -= 1;
      if (delivered) {
        this.#suspect = false;
        return origin.release();
      }
      origin.fail();
      if (!stored) this.#giveBack(source, generation);
    });
    return withReceipt(batch, receipt);
  }

  /** What is behind something that its origin brings again comes again as well. */
  #giveBack(source: string, generation: string): void {
    const again = ({ stream }: Batch) => stream.source === source && stream.generation === generation;
    const waiting = [...this.#queue.flatMap(({ batch, stored }) => (stored ? [] : [batch])), ...this.#behind].filter(again);
    if (waiting.length === 0) return;
    const given = new Set(waiting);
    this.#queue = this.#queue.filter(({ batch }) => !given.has(batch));
    this.#behind = this.#behind.filter((batch) => !given.has(batch));
    for (const batch of waiting) {
      batch.free();
      batch.receipt.fail();
    }
    this.#madeRoom();
  }

  /** Full for a while, or full and the sink says why. */
  get away(): boolean {
    if (this.#sinkFull === undefined) return false;
    return this.#sink.problem() !== undefined || this.#options.clock.monotonicMs() - this.#fullSince >= patienceMs;
  }

  #full(): boolean {
    return this.#queue.length + this.#behind.length >= maxQueued || this.#appending >= maxAppending;
  }

  #whenRoom(): Promise<void> {
    this.#room ??= Promise.withResolvers();
    this.#watch();
    return this.#room.promise;
  }

  #madeRoom(): void {
    if (this.#room === undefined || this.#full()) return;
    this.#room.resolve();
    this.#room = undefined;
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  /** Looks at whether those who wait had better be let go on by way of the spool. */
  #watch(): void {
    if (this.#stopWatching !== undefined || this.#options.openSpool === undefined) return;
    this.#stopWatching = this.#options.clock.after(patienceMs / 4, () => {
      this.#stopWatching = undefined;
      if (this.#closed || this.#room === undefined) return;
      const away = this.#suspect || this.away;
      if (away && !this.#recalling && this.#options.harmful() && !(this.away && this.#recall())) this.#spill();
      if (this.#room !== undefined) this.#watch();
    });
  }

  /** The newest in memory go to the spool, in their order. */
  #spill(): void {
    const newest = this.#backlog ? this.#behind : this.#queue.filter(({ stored }) => !stored).map(({ batch }) => batch);
    this.#behind = [];
    if (!this.#backlog) this.#queue = this.#queue.filter(({ stored }) => stored);
    this.#backlog = true;
    for (const batch of newest) this.#store(batch);
    this.#madeRoom();
  }

  /** To disk; from there on by memory when nothing is before it, else by the reader. */
  #store(batch: Batch): void {
    const through = !this.#backlog && this.#queue.length < maxQueued && !this.#suspect && !this.away;
    if (!through) this.#backlog = true;
    this.#appending += 1;
    void this.#open()
      .then((spool) => spool.append(batch, { through }))
      .then(({ receipt, closed }) => {
        this.#appending -= 1;
        const origin = batch.receipt;
        if (receipt === undefined || this.#closed) {
          batch.free();
          receipt?.fail();
        } else this.#queue.push({ batch: withReceipt(batch, receipt), stored: true });
        if (closed === true) origin.fail();
        else origin.release();
        this.#pump();
      });
  }

  #open(): Promise<Spool> {
    const { openSpool } = this.#options;
    if (openSpool === undefined) throw new Error('this sink has no spool');
    this.#opening ??= openSpool().then((spool) => {
      this.#spool = spool;
      spool.onReadable(() => {
        this.#backlog = true;
        void this.#drain();
      });
      return spool;
    });
    return this.#opening;
  }

  #pump(): void {
    while (this.#sinkFull === undefined) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.#give(next.batch, next.stored);
    }
    if (this.#backlog) void this.#drain();
    this.#madeRoom();
  }

  #give(batch: Batch, stored: boolean): void {
    const full = this.#sink.push(this.#watched(batch, stored));
    this.#sinkFull = full;
    if (full !== undefined) this.#waitFor(full);
  }

  #waitFor(full: Promise<void>): void {
    this.#sinkFull = full;
    this.#fullSince = this.#options.clock.monotonicMs();
    void full.then(() => {
      // A sink that was replaced meanwhile has nothing to say any more.
      if (this.#sinkFull !== full) return;
      this.#sinkFull = undefined;
      this.#pump();
    });
  }

  /** Reads the spool, whenever memory holds nothing older and the sink has room, until it is empty. */
  async #drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    const spool = await this.#open();
    while (!this.#closed && this.#sinkFull === undefined && this.#queue.length === 0) {
      const batch = await spool.next();
      if (batch === undefined) {
        this.#backlog = this.#appending > 0;
        break;
      }
      if (this.#closed) {
        batch.free();
        batch.receipt.fail();
      } else if (this.#sinkFull === undefined && this.#queue.length === 0) this.#give(batch, true);
      // Something came through, or the sink was exchanged, while the disk was read.
      else this.#queue.push({ batch, stored: true });
    }
    this.#draining = false;
    if (this.#backlog || this.#closed) return;
    this.#queue.push(...this.#behind.map((batch) => ({ batch, stored: false })));
    this.#behind = [];
    this.#pump();
  }
}

function withReceipt(batch: Batch, receipt: Receipt): Batch {
  return batch.kind === 'metrics' ? new MetricBatch(batch.stream, batch.points, receipt) : new LogBatch({ ...batch, receipt });
}

/** The promise, or the time. */
function before(promise: Promise<void>, clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(Math.max(0, ms), resolve);
    void promise.then(() => {
      cancel();
      resolve();
    });
  });
}
