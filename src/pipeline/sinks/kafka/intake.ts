/** Records → wire batches: encodes what comes straight into slabs, and closes a batch when it is full or has waited long enough. */
import type { LogBatch } from '../../batch.ts';
import type { KafkaHeaders, RecordsOptions } from '../../kernel/kafka-records.ts';
import { encodeKafkaRecords, sizeOfKafkaRecord } from '../../kernel/kafka-records.ts';
import type { SinkContext } from '../../sink.ts';
import type { Stream } from '../../stream.ts';
import type { Arena } from './arena.ts';
import { arenaSlabBytes } from './arena.ts';
import type { Portion, Routed, Router } from './route.ts';
import type { KafkaSettings } from './settings.ts';
import type { Lane } from './topic.ts';
import { WireBatch } from './wire-batch.ts';

/** A broker ends the connection over a request larger than socket.request.max.bytes (100 MiB), and says nothing. */
const largestRecord = 64 << 20;

export interface IntakeOptions {
  readonly settings: KafkaSettings;
  readonly context: SinkContext;
  readonly router: Router;
  readonly arena: Arena;
  headersOf(stream: Stream): KafkaHeaders | undefined;
  /** As many bytes as are allowed wait for an acknowledgement. */
  isFull(): boolean;
  /** More bytes wait. */
  onBytes(bytes: number): void;
  /** A batch is closed; it stands at the end of its lane. */
  onClosed(batch: WireBatch): void;
  /** There is an open batch: somebody has to call `closeDue` in time. */
  onOpened(): void;
  /** A record that no broker will ever take; its hold of the receipt goes with it. */
  onHopeless(batch: LogBatch, record: number, reason: string): void;
}

interface Underway {
  /** As it was taken over. */
  readonly batch: LogBatch;
  /** Fields for every record of it, which is an object. */
  readonly insert: Buffer | undefined;
  routed: Routed | undefined;
  portion: number;
  /** Next record of the portion. */
  from: number;
  readonly done: () => void;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #open = new Set<Lane>();
  #underway: Underway | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Takes a batch over; a promise when not all of it has room. */
  take(batch: LogBatch, insert?: Buffer): Promise<void> | undefined {
    let done = () => {};
    const underway: Underway = { batch, insert, routed: undefined, portion: 0, from: 0, done: () => done() };
    this.#underway = underway;
    this.resume();
    if (this.#underway !== underway) return undefined;
    return new Promise((resolve) => {
      done = resolve;
    });
  }

  /** Goes on with what had no room. */
  resume(): void {
    const underway = this.#underway;
    if (underway === undefined || !this.#absorb(underway)) return;
    this.#underway = undefined;
    underway.batch.free();
    underway.batch.receipt.release();
    underway.done();
  }

  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  /** A batch was taken over and has no room yet. */
  get isWaiting(): boolean {
    return this.#underway !== undefined;
  }

  /** Closes what was opened before (monotonic), unless something else of its lane waits anyway: then it may as well grow. */
  closeDue(openedBeforeMs: number, even = false): void {
    for (const lane of this.#open) if ((lane.open?.openedMs ?? 0) <= openedBeforeMs && (even || lane.queue.length === 0)) this.#close(lane);
  }

  /** Gives up what has no room. */
  abandon(): void {
    const underway = this.#underway;
    this.#underway = undefined;
    if (underway === undefined) return;
    underway.batch.free();
    underway.batch.receipt.fail();
    underway.done();
  }

  #absorb(underway: Underway): boolean {
    if (underway.routed === undefined) {
      const routed = this.#options.router.route(underway.batch);
      // The partitions of a topic are not known yet: `resume` is called when they are.
      if (!('portions' in routed)) return false;
      underway.routed = routed;
    }
    const { routed } = underway;
    for (let portion = routed.portions[underway.portion]; portion !== undefined; portion = routed.portions[underway.portion]) {
      if (!this.#append(underway, routed, portion)) return false;
      underway.portion += 1;
      underway.from = 0;
    }
    return true;
  }

  #append(underway: Underway, routed: Routed, portion: Portion): boolean {
    const { arena, settings, isFull } = this.#options;
    const { batch } = routed;
    const to = portion.select?.length ?? batch.count;
    const lane = portion.partition === undefined ? portion.topic.shared : portion.topic.partitions[portion.partition];
    if (lane === undefined) return false;
    while (underway.from < to) {
      if (isFull()) return false;
      if (lane.open === undefined) this.#makeRoom();
      const slab = arena.room();
      if (slab === undefined) return false;
      const open = lane.open ?? this.#begin(lane, routed, portion, underway.from);
      const options = this.#recordsOptions(open, underway, routed, portion);
      const start = slab.at;
      const limit = Math.min(arenaSlabBytes, start + settings.batchSize - open.encodedBytes);
      const encoded = encodeKafkaRecords(batch, underway.from, slab.bytes, start, limit, options);
      if (encoded.records > 0) {
        slab.at = start + encoded.bytes;
        open.extend(slab, slab.bytes, start, slab.at);
        this.#count(open, routed, portion, underway.from, encoded.records, encoded.bytes, encoded.maxTimestampMs);
        underway.from += encoded.records;
      }
      if (underway.from === to) break;
      // The next record has no room: in the slab, in this batch, or in any.
      if (limit === arenaSlabBytes) {
        if (!arena.next()) return false;
      } else if (open.records > 0) this.#close(lane);
      else this.#appendLarge(underway, routed, portion, lane, open);
    }
    return true;
  }

  /** A batch that begins at the end of a slab lies in two, and is copied together before it is compressed. */
  #makeRoom(): void {
    const { arena, settings } = this.#options;
    const slab = arena.room();
    if (slab !== undefined && slab.at > 0 && arenaSlabBytes - slab.at < settings.batchSize / 2) arena.next();
  }

  #begin(lane: Lane, { batch }: Routed, portion: Portion, from: number): WireBatch {
    const first = portion.select?.[from] ?? from;
    const open = new WireBatch(
      portion.topic,
      portion.partition !== undefined,
      Math.floor(batch.timeOf(first)),
      this.#options.context.clock.monotonicMs(),
    );
    lane.open = open;
    this.#open.add(lane);
    this.#options.onOpened();
    return open;
  }

  #recordsOptions(open: WireBatch, { insert }: Underway, { batch, keyStarts, keyEnds }: Routed, { select }: Portion): RecordsOptions {
    return {
      baseTimestampMs: open.baseTimestampMs,
      firstOffsetDelta: open.records,
      identity: true,
      headers: this.#options.headersOf(batch.stream),
      keyStarts,
      keyEnds,
      select,
      insert,
    };
  }

  #count(open: WireBatch, { batch }: Routed, { select }: Portion, from: number, records: number, encoded: number, latestMs: number): void {
    const { starts, ends, stream, receipt } = batch;
    let bytes = 0;
    for (let at = from; at < from + records; at++) {
      const record = select?.[at] ?? at;
      bytes += (ends[record] ?? 0) - (starts[record] ?? 0);
    }
    receipt.hold();
    open.shares.push({ receipt, stream, records, bytes });
    open.records += records;
    open.countedBytes += encoded;
    if (latestMs > open.maxTimestampMs) open.maxTimestampMs = latestMs;
    const { counters } = this.#options.context;
    counters.pendingRecords += records;
    counters.pendingBytes += bytes;
    this.#options.onBytes(encoded);
  }

  /** One that has no room in any slab is a batch of its own, on the heap. */
  #appendLarge(underway: Underway, routed: Routed, portion: Portion, lane: Lane, open: WireBatch): void {
    const { batch } = routed;
    const record = portion.select?.[underway.from] ?? underway.from;
    const options = { ...this.#recordsOptions(open, underway, routed, portion), to: underway.from + 1 };
    const size = sizeOfKafkaRecord(batch, record, 0, options);
    if (size > largestRecord) {
      batch.receipt.hold();
      this.#options.onHopeless(batch, record, `a record of ${size} bytes is larger than any broker takes`);
    } else {
      const bytes = Buffer.allocUnsafeSlow(size);
      const encoded = encodeKafkaRecords(batch, underway.from, bytes, 0, size, options);
      open.extend(undefined, bytes, 0, encoded.bytes);
      this.#count(open, routed, portion, underway.from, 1, encoded.bytes, encoded.maxTimestampMs);
      this.#close(lane);
    }
    underway.from += 1;
  }

  #close(lane: Lane): void {
    const { open } = lane;
    if (open === undefined || open.records === 0) return;
    lane.open = undefined;
    this.#open.delete(lane);
    lane.queue.push(open);
    this.#options.onClosed(open);
  }
}
