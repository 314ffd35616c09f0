/** What a spool knows about itself, without a disk: what was appended, read, delivered, dropped and lost. */
import type { Entry } from './outstanding.ts';
import { Outstanding } from './outstanding.ts';
import type { Place } from './place.ts';
import { firstOffset } from './place.ts';
import type { Amount } from './spool.ts';
import type { State } from './state.ts';

/** Where a segment begins: `id` of its first record, `position` of its first byte. */
export interface SegmentStart {
  readonly id: number;
  readonly position: number;
}

/** The first place behind the header of a segment. */
export function startOf(segment: number, { id, position }: SegmentStart): Place {
  return { segment, offset: firstOffset, id, position: position + firstOffset };
}

export type Beginning = Omit<State, 'sequence'>;

export class Ledger {
  readonly spool: string;
  /** The next that is to be read. */
  cursor: Place;
  /** Where the next record is going to be: all before it is synced. */
  tail: Place;
  deleteFrom: number;
  first: number;
  last: number;
  dropped: Amount;
  damaged: Amount;
  /** Changes when reading begins at another place: what was found meanwhile is void. */
  epoch = 0;
  /** Of segments that were made or opened by this process. */
  readonly #starts = new Map<number, SegmentStart>();
  readonly #outstanding = new Outstanding();
  #frontier: Place;

  constructor(beginning: Beginning) {
    this.spool = beginning.spool;
    this.cursor = beginning.frontier;
    this.#frontier = beginning.frontier;
    this.tail = beginning.synced;
    this.deleteFrom = beginning.deleteFrom;
    this.first = beginning.first;
    this.last = beginning.last;
    this.dropped = beginning.dropped;
    this.damaged = beginning.damaged;
    this.#settle();
  }

  /** Everything before it is delivered, dropped or lost. */
  get frontier(): Place {
    return this.#frontier;
  }

  get depth(): Amount {
    const records = this.tail.id - this.#frontier.id;
    return { records, bytes: records === 0 ? 0 : this.tail.position - this.#frontier.position };
  }

  /** Bytes of the files that are there. */
  get used(): number {
    return this.tail.position - (this.#frontier.position - this.#frontier.offset);
  }

  get unread(): boolean {
    return this.cursor.id < this.tail.id;
  }

  snapshot(sequence: number): State {
    const { spool, deleteFrom, first, last, dropped, damaged } = this;
    return { spool, sequence, deleteFrom, first, last, frontier: this.#frontier, synced: this.tail, dropped, damaged };
  }

  /** Where a segment begins that is made now: behind the last byte that was appended. */
  get nextStart(): SegmentStart {
    const { id, position, offset } = this.tail;
    return { id, position: offset === firstOffset ? position - firstOffset : position };
  }

  /** A segment is there, and what comes goes into it. */
  began(segment: number): void {
    const start = this.nextStart;
    this.#starts.set(segment, start);
    this.last = Math.max(this.last, segment);
    this.#moveTail(startOf(segment, start));
  }

  /** Nothing is appended to the segment at the tail any more. */
  sealed(): void {
    if (this.tail.offset === firstOffset) return;
    this.#moveTail(startOf(this.tail.segment + 1, this.tail));
  }

  appended(end: Place): void {
    this.tail = end;
  }

  /** The start of a segment that was read from its header. */
  learned(segment: number, start: SegmentStart): void {
    this.#starts.set(segment, start);
    this.#settle();
  }

  started(segment: number): SegmentStart | undefined {
    return this.#starts.get(segment);
  }

  /** Reading goes on behind what was found at `start`. */
  read(start: Place, end: Place): Entry {
    const entry = this.#outstanding.add(start, end);
    this.cursor = end;
    return entry;
  }

  /** Reading goes on there, and nothing that is to be delivered was in between. */
  passed(place: Place): void {
    this.cursor = place;
    this.#settle();
  }

  /** Records that were acknowledged to those who appended them, and cannot be read. */
  lost(records: number, bytes: number): void {
    this.damaged = sum(this.damaged, records, bytes);
  }

  refused(records: number, bytes: number): void {
    this.dropped = sum(this.dropped, records, bytes);
  }

  delivered(entry: Entry): void {
    if (entry.state !== 'out') return;
    this.#outstanding.settle(entry);
    this.#settle();
  }

  /** Gives whether something can be read again. */
  failed(entry: Entry): boolean {
    if (entry.state === 'dropped') this.refused(entry.end.id - entry.start.id, entry.end.position - entry.start.position);
    if (entry.state !== 'out') return false;
    this.#outstanding.clear();
    this.epoch += 1;
    this.cursor = this.#frontier;
    return true;
  }

  /** Gives up everything before this place. What is being delivered now may still arrive: it counts as dropped only when that fails. */
  dropUntil(place: Place): void {
    this.#outstanding.dropBefore(place.id);
    if (this.cursor.id < place.id) {
      this.refused(place.id - this.cursor.id, place.position - this.cursor.position);
      this.cursor = place;
      this.epoch += 1;
    }
    this.#settle();
  }

  #moveTail(place: Place): void {
    if (this.cursor.id === this.tail.id) this.cursor = place;
    this.tail = place;
    this.#settle();
  }

  /** The frontier, and with it the first segment that is needed. */
  #settle(): void {
    let place = this.#outstanding.oldest?.start ?? this.cursor;
    for (let segment = place.segment + 1; segment <= this.last; segment++) {
      const start = this.#starts.get(segment);
      if (start === undefined) continue;
      if (start.id > place.id) break;
      place = startOf(segment, start);
    }
    if (place.id >= this.tail.id && place.segment < this.tail.segment && this.tail.offset === firstOffset) place = this.tail;
    this.#frontier = place;
    for (let gone = this.first; gone < place.segment; gone++) this.#starts.delete(gone);
    this.first = Math.max(this.first, place.segment);
  }
}

const sum = (amount: Amount, records: number, bytes: number): Amount => ({
  records: amount.records + records,
  bytes: amount.bytes + Math.max(0, bytes),
});
