/** Brings what is in the spool, in order, and says what is missing. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Batch } from '../batch.ts';
import { MetricBatch } from '../batch.ts';
import { sentenceOf } from '../disk-error.ts';
import type { Receipt } from '../receipt.ts';
import type { Slab, SlabPool } from '../slab.ts';
import type { Stream } from '../stream.ts';
import type { Found } from './find-frame.ts';
import type { Folder } from './folder.ts';
import { segmentPath } from './folder.ts';
import type { Ledger, SegmentStart } from './ledger.ts';
import { startOf } from './ledger.ts';
import { readLogPayload, wantsSlab } from './log-payload.ts';
import { readMetricPayload } from './metric-payload.ts';
import type { Entry } from './outstanding.ts';
import type { Place } from './place.ts';
import type { SegmentFile } from './segment-file.ts';
import { openSegment } from './segment-file.ts';

/** How often and how long a disk that fails is asked again before what it does not give counts as lost. */
const maxReads = 6;
const rereadMs = 500;

export interface ReaderOptions {
  readonly folder: Folder;
  readonly ledger: Ledger;
  readonly slabs: SlabPool;
  readonly clock: Clock;
  readonly log: Log;
  /** Where what is synced in a segment ends; undefined: where the file ends. */
  limit(segment: number): number | undefined;
  receipt(entry: Entry): Receipt;
}

type Frame = Extract<Found, { kind: 'frame' }>;

export class Reader {
  readonly #options: ReaderOptions;
  #segment: SegmentFile | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** Why records between the cursor and what is found next are lost, should there be any. */
  #reason = '';
  #failedReads = 0;
  /** Segments whose start the disk did not give. */
  readonly #unreadable = new Set<number>();
  problem: string | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  next(): Promise<Batch | undefined> {
    const next = this.#turn.then(() => this.#next());
    this.#turn = next;
    return next;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#turn;
    await this.#segment?.close();
  }

  /** Where a segment begins, by its header; undefined when it is not there or damaged. */
  async startOf(number: number): Promise<SegmentStart | undefined> {
    const { folder, ledger } = this.#options;
    const known = ledger.started(number);
    if (known !== undefined) return known;
    const segment = await openSegment(folder, number, ledger.spool);
    await segment?.close();
    if (segment?.header !== undefined) ledger.learned(number, segment.header);
    return segment?.header;
  }

  async #next(): Promise<Batch | undefined> {
    const { ledger } = this.#options;
    while (!this.#closed) {
      if (!ledger.unread) {
        // Nothing was appended while the file was closed, or else it is looked at again: the answer is right when it is given.
        if (this.#segment === undefined) return undefined;
        await this.#leave();
        continue;
      }
      const { epoch, cursor } = ledger;
      const step = await this.#read(cursor);
      // Reading began anew elsewhere meanwhile, or was given up: what was found is found again.
      if (epoch !== ledger.epoch || this.#closed) {
        step?.slab?.release();
        continue;
      }
      const batch = step?.take();
      if (batch !== undefined) return batch;
    }
    return undefined;
  }

  /** What to do at the cursor, decided by reading only. */
  async #read(cursor: Place): Promise<Step | undefined> {
    try {
      const step = await this.#look(cursor);
      this.#failedReads = 0;
      this.problem = undefined;
      return step;
    } catch (error) {
      this.#failedReads += 1;
      this.problem = `the spool cannot be read: ${sentenceOf(error)}`;
      await this.#leave();
      if (this.#failedReads >= maxReads) {
        this.#failedReads = 0;
        return { take: () => this.#nextSegment(cursor, `it cannot be read: ${sentenceOf(error)}`) };
      }
      await new Promise<void>((resolve) => this.#options.clock.after(rereadMs * this.#failedReads, resolve));
      return undefined;
    }
  }

  async #look(cursor: Place): Promise<Step> {
    const upTo = await this.#upTo(cursor.segment);
    const segment = await this.#enter(cursor.segment);
    if (segment === undefined) return { take: () => this.#nextSegment(cursor, 'the file is missing') };
    const limit = this.#options.limit(cursor.segment) ?? (await segment.size());
    const found = await segment.find(cursor.offset, limit);
    // What a later segment begins with was written there because this one failed: here it is left over.
    if (found === undefined || found.head.type === 'end' || found.head.id >= upTo)
      return { take: () => this.#nextSegment(cursor, this.#reason || 'its end is missing') };
    if (found.offset > cursor.offset) this.#reason = 'a part of it is damaged';
    if (found.kind === 'damaged') return { take: () => this.#passDamaged(cursor, found) };
    if (found.head.type === 'stream') return { take: () => this.#passStream(cursor, segment, found) };
    return await this.#lookInto(cursor, segment, found, limit);
  }

  async #lookInto(cursor: Place, segment: SegmentFile, frame: Frame, limit: number): Promise<Step> {
    const { type, count, stream: streamAt } = frame.head;
    const known = segment.known(streamAt);
    if (known === undefined) {
      // Reading it moves the window away from the payload: then all is looked at once more.
      const learned = await segment.learn(streamAt, limit);
      return learned ? await this.#look(cursor) : { take: () => this.#passDamaged(cursor, frame) };
    }
    const slab = type === 'logs' && wantsSlab(frame.payload, count) ? await this.#slab() : undefined;
    return { slab, take: () => this.#take(cursor, frame, known, slab) };
  }

  /** The id at which a later segment goes on; that of the tail when there is none. */
  async #upTo(segment: number): Promise<number> {
    const { ledger } = this.#options;
    const { tail } = ledger;
    for (let number = segment + 1; number < tail.segment; number++) {
      const start = this.#unreadable.has(number) ? undefined : await this.#tryStartOf(number);
      if (start !== undefined) return start.id;
    }
    return (segment < tail.segment ? ledger.started(tail.segment)?.id : undefined) ?? tail.id;
  }

  /** Undefined also when the disk does not give it, after it was asked often enough. */
  async #tryStartOf(number: number): Promise<SegmentStart | undefined> {
    try {
      return await this.startOf(number);
    } catch (error) {
      if (this.#failedReads + 1 < maxReads) throw error;
      this.#unreadable.add(number);
      return undefined;
    }
  }

  async #enter(number: number): Promise<SegmentFile | undefined> {
    const { folder, ledger } = this.#options;
    if (this.#segment?.number === number) return this.#segment;
    await this.#leave();
    this.#reason = '';
    this.#segment = await openSegment(folder, number, ledger.spool);
    if (this.#segment?.header !== undefined) ledger.learned(number, this.#segment.header);
    return this.#segment;
  }

  async #leave(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    await segment?.close();
  }

  async #slab(): Promise<Slab> {
    const { slabs } = this.#options;
    for (;;) {
      const slab = slabs.take();
      if (slab !== undefined) return slab;
      await slabs.available();
    }
  }

  #take(cursor: Place, frame: Frame, stream: Stream, slab: Slab | undefined): Batch | undefined {
    const { ledger, receipt } = this.#options;
    const { id, count, type } = frame.head;
    if (id + count <= cursor.id) {
      slab?.release();
      this.#pass(cursor, frame);
      return undefined;
    }
    const start = this.#lose(cursor, frame);
    const entry = ledger.read(start, {
      ...start,
      offset: frame.next,
      id: id + count,
      position: start.position + frame.next - frame.offset,
    });
    return type === 'metrics'
      ? new MetricBatch(stream, readMetricPayload(frame.payload), receipt(entry))
      : readLogPayload(frame.payload, count, stream, receipt(entry), slab);
  }

  /** Counts what is missing between the cursor and this frame, and gives the place of the frame. */
  #lose(cursor: Place, { offset, head }: Found): Place {
    const start = { ...cursor, offset, id: Math.max(cursor.id, head.id), position: cursor.position + offset - cursor.offset };
    this.#count(cursor.segment, head.id - cursor.id, start.position - cursor.position);
    this.#reason = '';
    return start;
  }

  #count(segment: number, records: number, bytes: number): void {
    const { ledger, log, folder } = this.#options;
    if (records <= 0) return;
    ledger.lost(records, bytes);
    log.event('spool.damaged', { path: segmentPath(folder, segment), records, reason: this.#reason || 'what is before it is missing' });
  }

  #pass(cursor: Place, { next, head }: Found): undefined {
    const id = Math.max(cursor.id, head.id + head.count);
    this.#options.ledger.passed({ ...cursor, offset: next, id, position: cursor.position + next - cursor.offset });
  }

  #passDamaged(cursor: Place, found: Found): undefined {
    const missing = Math.max(0, found.head.id + found.head.count - cursor.id);
    this.#reason = 'a checksum is wrong';
    this.#count(cursor.segment, missing, found.next - found.offset);
    this.#pass(cursor, found);
  }

  #passStream(cursor: Place, segment: SegmentFile, frame: Frame): undefined {
    segment.remember(frame.offset, frame.payload);
    const { next } = frame;
    this.#options.ledger.passed({ ...cursor, offset: next, position: cursor.position + next - cursor.offset });
  }

  #nextSegment(cursor: Place, reason: string): undefined {
    const { ledger } = this.#options;
    this.#reason = reason;
    const number = cursor.segment + 1;
    if (number > ledger.tail.segment || (number === ledger.tail.segment && ledger.started(number) === undefined)) {
      this.#count(cursor.segment, ledger.tail.id - cursor.id, ledger.tail.position - cursor.position);
      ledger.passed(ledger.tail);
      return;
    }
    const start = ledger.started(number);
    if (start === undefined) {
      // Not there either, or damaged: the segment behind it tells what is missing.
      ledger.passed({ ...startOf(number, cursor), position: cursor.position });
      return;
    }
    this.#count(cursor.segment, start.id - cursor.id, start.position - cursor.position);
    ledger.passed(startOf(number, { ...start, id: Math.max(cursor.id, start.id) }));
  }
}

interface Step {
  readonly slab?: Slab | undefined;
  /** Carries it out; gives a batch when there is one. */
  take(): Batch | undefined;
}
