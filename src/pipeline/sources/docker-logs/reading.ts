/** The log of one container, from where it was left: what comes in becomes records, and places are remembered for each range that is on its way. */

import { LogBatch } from '../../batch.ts';
import { ChannelRecords, type RecordEvents, type RecordRules } from '../../containers/channel-records.ts';
import type { Content } from '../../containers/content.ts';
import { Handover } from '../../containers/handover.ts';
import { OutStreams } from '../../containers/out-streams.ts';
import { StampReader } from '../../containers/stamp.ts';
import type { SourceCounters } from '../../counters.ts';
import type { Cursor } from '../../positions/positions.ts';
import type { Stream } from '../../stream.ts';
import { headBytes, type Index, indexFrames, indexTerminal, readFrame, readTerminal, stampAt, stampBytes } from './frames.ts';
import { type Place, placeOf, Resumption, readPlace, writePlace } from './place.ts';

interface Kept {
  readonly records: ChannelRecords;
  readonly places: Map<number, Place>;
}

const handover = new Handover<Cursor, Kept>(({ records }) => records.giveBack());

export interface ReadingParts {
  readonly cursor: Cursor;
  readonly stream: Stream;
  readonly content: Content;
  readonly terminal: boolean;
  readonly rules: Omit<RecordRules, 'read'>;
  readonly events: RecordEvents;
  readonly counters: SourceCounters;
}

export class Reading {
  readonly #parts: ReadingParts;
  readonly #stamps = new StampReader();
  readonly records: ChannelRecords;
  /** By where the range that ends there does, for those that are on their way. */
  readonly #places: Map<number, Place>;
  #rest = Buffer.alloc(0);
  #resumption: Resumption | undefined;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
    const { cursor, stream, content, terminal, events } = parts;
    const rules = { ...parts.rules, read: terminal ? readTerminal : readFrame };
    const kept = handover.takeOver(cursor, '');
    this.#places = kept?.places ?? new Map();
    this.records = kept?.records ?? new ChannelRecords(stream.generation, '', new OutStreams(stream, content), rules, events);
    this.records.adopt(rules, events);
    this.records.out = new OutStreams(stream, content);
  }

  /** Behind what was read last; undefined: nothing was. */
  get place(): Place | undefined {
    const { cursor } = this.#parts;
    return this.#places.get(cursor.read) ?? (cursor.read === cursor.acknowledged ? readPlace(cursor.note.mark) : undefined);
  }

  /** What comes now is the answer to a new question. */
  begin(mode: 'seek' | 'after'): void {
    const { place } = this;
    this.#resumption = place === undefined ? undefined : new Resumption(place, mode);
    this.#rest = Buffer.alloc(0);
  }

  /** The place has not come up, though all that was there must have come. True: ask again, `after` it. */
  giveUpSeeking(): boolean {
    if (this.#resumption?.seeking !== true) return false;
    if (this.#resumption.passedLater) return true;
    const { place } = this;
    if (place !== undefined) this.#resumption = new Resumption(place, 'after');
    return false;
  }

  /** `lost`: the place is not in the log any more. The complaint is of the engine, about this log. */
  take(chunk: Buffer, readAtMs: number, ended = false): 'ok' | 'lost' | { readonly complaint: string } {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const index = this.#parts.terminal ? indexTerminal(bytes, ended) : indexFrames(bytes);
    // What follows may be long in coming: what is left must not hold the bytes of a whole read.
    this.#rest = Buffer.from(bytes.subarray(index.consumed));
    const first = this.#passOver(bytes, index);
    if (first === 'lost') return 'lost';
    if (first < index.count) this.#emit(bytes, index, first, readAtMs);
    return index.complaint === undefined ? 'ok' : { complaint: index.complaint };
  }

  /** A receipt failed. */
  rewind(to: number): void {
    this.records.rewind(this.records.generation, to);
    for (const channel of [0, 1] as const) this.records.skips[channel] = false;
    for (const end of this.#places.keys()) if (end > to) this.#places.delete(end);
  }

  close(): void {
    handover.leave(this.#parts.cursor, '', { records: this.records, places: this.#places });
  }

  /** Which is the first message that was not read before. */
  #passOver(bytes: Buffer, index: Index): number | 'lost' {
    const resumption = this.#resumption;
    if (resumption === undefined || resumption.done) return 0;
    let first = 0;
    for (; first < index.count && !resumption.done; first += 1) {
      const { stamp, message } = this.#messageAt(bytes, index, first);
      const judged = stamp === '' ? 'skip' : resumption.judge(stamp, message);
      if (judged === 'lost') return 'lost';
      if (judged === 'take') {
        this.#resumption = undefined;
        break;
      }
    }
    return first;
  }

  #messageAt(bytes: Buffer, { starts, ends }: Index, record: number): { readonly stamp: string; readonly message: Buffer } {
    const from = (starts[record] ?? 0) + (this.#parts.terminal ? 0 : headBytes);
    const to = ends[record] ?? 0;
    const timed = !Number.isNaN(stampAt(bytes, from, to, this.#stamps));
    return { stamp: timed ? bytes.toString('latin1', from, from + stampBytes) : '', message: bytes.subarray(from, to) };
  }

  #emit(bytes: Buffer, { starts, ends, count, consumed }: Index, first: number, readAtMs: number): void {
    const { cursor, stream, counters } = this.#parts;
    const at = starts[first] ?? 0;
    const start = cursor.read;
    if (start < this.records.expected) this.records.rewind(this.records.generation, start);
    const end = start + consumed - at;
    const place = this.#lastPlace(bytes, { starts, ends, count, consumed }, first);
    for (const known of this.#places.keys()) if (known < cursor.acknowledged) this.#places.delete(known);
    if (place !== undefined) this.#places.set(end, place);
    const receipt = cursor.take(start, end, place && writePlace(place));
    counters.records += count - first;
    counters.bytes += consumed - at;
    const index = { starts: starts.subarray(first, count), ends: ends.subarray(first, count), count: count - first };
    this.records.take(new LogBatch({ ...index, stream, bytes, base: start - at, readAtMs, receipt }));
  }

  #lastPlace(bytes: Buffer, index: Index, first: number): Place | undefined {
    for (let record = index.count - 1; record >= first; record -= 1) {
      const { stamp, message } = this.#messageAt(bytes, index, record);
      if (stamp !== '') return placeOf(stamp, message);
    }
    return this.place;
  }
}
