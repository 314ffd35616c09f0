/** Makes records of the lines of one file, or of one container: takes off what the engine put around them, and joins what it has cut into parts. */
import type { Clock } from '../../core/clock.ts';
import { LogBatch } from '../batch.ts';
import type { FileView } from '../tail/tail.ts';
import { type Adjoining, Columns, noAdjoining } from './columns.ts';
import { type Channel, type Line, newLine, stderr, stdout, unknown } from './line.ts';
import type { OutStreams } from './out-streams.ts';
import { StampReader } from './stamp.ts';
import { type Origin, Unfinished } from './unfinished.ts';

/** Takes bytes[from, to) apart; may change them. False: no engine has written this, and it is as it was. */
export type ReadLine = (bytes: Buffer, from: number, to: number, stamps: StampReader, line: Line) => boolean;
/** Channels with records of several lines. */
export type Joined = typeof stdout | typeof stderr;
export const joined: readonly Joined[] = [stdout, stderr];

export interface RecordRules {
  readonly read: ReadLine;
  readonly maxLineBytes: number;
  readonly joinTimeoutMs: number;
}

export interface RecordEvents {
  emit(batch: LogBatch): void;
  cut(path: string): void;
  /** Lines that no engine has written. */
  foreign(path: string, lines: number): void;
  readonly clock: Clock;
}

/**
 * Docker cuts lines that are longer than this (moby: daemon/logger/copier.go). A shorter part without a line feed is the last of what a container
 * wrote before it ended; only what follows at once is taken for its continuation.
 */
const dockerPartBytes = 16 << 10;
const shortPartMs = 1_000;
const carriageReturn = 13;

export class ChannelRecords {
  readonly generation: string;
  #events: RecordEvents;
  readonly #stamps = new StampReader();
  readonly #line = newLine();
  readonly #adjoining: readonly [Adjoining, Adjoining] = [noAdjoining(), noAdjoining()];
  #rules: RecordRules;
  #columns: (Columns | undefined)[] = [];
  #batch: LogBatch | undefined;
  out: OutStreams;
  /** Undefined: nobody reads it now. */
  view: FileView | undefined;
  path: string;
  /** Records that go on behind what was read. */
  readonly open: [Unfinished | undefined, Unfinished | undefined] = [undefined, undefined];
  /** The rest of a record that was cut is passed over. */
  readonly skips: [boolean, boolean] = [false, false];
  /** Whether the channel has had a line. */
  readonly seen: [boolean, boolean] = [false, false];
  /** While this is so, the first record of each channel is held back: it may be the end of one that begins in the file before. */
  waiting = false;
  readonly heads: [Unfinished | undefined, Unfinished | undefined] = [undefined, undefined];
  /** Time of the first record that was read of it; NaN: none. */
  firstMs = Number.NaN;
  /** Position behind the first byte of the last line. */
  expected = 0;
  takenMs: number;

  constructor(generation: string, path: string, out: OutStreams, rules: RecordRules, events: RecordEvents) {
    this.generation = generation;
    this.path = path;
    this.out = out;
    this.#rules = rules;
    this.#events = events;
    this.takenMs = events.clock.monotonicMs();
  }

  /** It is read by another source of the same name from now on. */
  adopt(rules: RecordRules, events: RecordEvents): void {
    this.#rules = rules;
    this.#events = events;
  }

  get busy(): boolean {
    return this.waiting || this.open.some((one) => one !== undefined);
  }

  /** What was read from there on will be read again. */
  rewind(generation: string, position: number): void {
    for (const records of [this.open, this.heads])
      for (const channel of joined) {
        records[channel]?.rewind(generation, position);
        if (records[channel]?.empty === true) records[channel] = undefined;
      }
  }

  /** Whatever it holds will be read again. */
  giveBack(): void {
    for (const channel of joined) {
      this.open[channel]?.giveBack();
      this.heads[channel]?.giveBack();
    }
  }

  take(batch: LogBatch): void {
    const nowMs = this.#events.clock.monotonicMs();
    this.takenMs = nowMs;
    this.#batch = batch;
    this.out.follow(batch.stream);
    this.expected = batch.positionOf(batch.count - 1) + 1;
    let foreign = 0;
    for (let record = 0; record < batch.count; record += 1) {
      const line = this.#read(batch, record);
      if (line.channel === unknown) {
        foreign += 1;
        this.#columnsOf(unknown).push(line.start, line.end, Number.NaN);
      } else this.#record(record, line, line.channel);
    }
    for (const channel of joined) {
      if (this.#adjoining[channel].start !== -1) this.#spill(channel);
      const open = this.open[channel];
      if (open !== undefined && this.#line.timeMs - open.lastMs > this.#rules.joinTimeoutMs) this.finish(channel);
    }
    for (const channel of [stdout, stderr, unknown] as const) this.#flush(channel);
    this.#columns = [];
    this.#batch = undefined;
    batch.free();
    batch.receipt.release();
    if (foreign > 0) this.#events.foreign(this.path, foreign);
  }

  /** The record that goes on is complete as it is. */
  finish(channel: Joined): void {
    const open = this.open[channel];
    this.open[channel] = undefined;
    this.#flush(channel);
    if (open !== undefined) this.#emitJoined(channel, open);
  }

  /** The first record of a channel has nothing in front of it any more that it could wait for. */
  release(channel: Joined, before: Unfinished | undefined, passOver: boolean): void {
    const head = this.heads[channel];
    this.heads[channel] = undefined;
    if (passOver && head !== undefined) {
      this.skips[channel] = !head.complete;
      return head.drop();
    }
    if (passOver) {
      this.skips[channel] = true;
      return;
    }
    const apart = before !== undefined && head !== undefined && head.timeMs - before.lastMs > this.#rules.joinTimeoutMs;
    if (before !== undefined && apart) this.#emitJoined(channel, before);
    const record = before === undefined || apart ? head : before;
    if (record === undefined) return;
    if (record === before && head !== undefined) before.append(head, this.#rules.maxLineBytes);
    if (record.complete) this.#emitJoined(channel, record);
    else this.open[channel] = record;
  }

  #read({ bytes, starts, ends }: LogBatch, record: number): Line {
    const line = this.#line;
    const from = starts[record] ?? 0;
    const to = ends[record] ?? 0;
    if (this.#rules.read(bytes, from, to, this.#stamps, line)) {
      if (Number.isNaN(this.firstMs)) this.firstMs = line.timeMs;
      return line;
    }
    line.channel = unknown;
    line.start = from;
    line.end = to > from && bytes[to - 1] === carriageReturn ? to - 1 : to;
    return line;
  }

  #record(record: number, line: Line, channel: Joined): void {
    this.seen[channel] = true;
    if (this.waiting && this.heads[channel]?.complete !== true && this.#takesHead(line, channel)) return;
    if (this.skips[channel]) {
      this.skips[channel] = line.partial;
      return;
    }
    const adjoining = this.#adjoining[channel];
    if (adjoining.start !== -1) {
      if (this.#isApart(line, adjoining.lastMs, adjoining.lastBytes)) this.#closeAdjoining(channel);
      else if (adjoining.line === record - 1) return this.#adjoin(record, line, channel);
      else this.#spill(channel);
    }
    const open = this.open[channel];
    if (open !== undefined) {
      if (this.#isApart(line, open.lastMs, open.lastBytes)) this.finish(channel);
      else return this.#goOn(open, line, channel);
    }
    if (!line.partial) this.#put(channel, line.start, line.end, line.timeMs);
    else {
      adjoining.start = line.start;
      adjoining.end = line.start;
      adjoining.timeMs = line.timeMs;
      this.#adjoin(record, line, channel);
    }
  }

  /** A part that does not go on with the one before it. */
  #isApart(line: Line, lastMs: number, lastBytes: number): boolean {
    const { joinTimeoutMs } = this.#rules;
    const limitMs = line.docker && lastBytes < dockerPartBytes ? Math.min(shortPartMs, joinTimeoutMs) : joinTimeoutMs;
    return line.timeMs - lastMs > limitMs;
  }

  /** False: it belongs to what follows the first record. */
  #takesHead(line: Line, channel: Joined): boolean {
    const head = this.heads[channel] ?? new Unfinished(line.timeMs);
    this.heads[channel] = head;
    head.complete = !head.empty && this.#isApart(line, head.lastMs, head.lastBytes);
    if (head.complete) return false;
    this.#addTo(head, line);
    head.complete = !line.partial;
    return true;
  }

  #goOn(open: Unfinished, line: Line, channel: Joined): void {
    this.#addTo(open, line);
    if (line.partial && !open.cut) return;
    this.skips[channel] = line.partial;
    this.finish(channel);
  }

  #addTo(record: Unfinished, { start, end, timeMs }: Line): void {
    const { bytes } = this.#current;
    record.add(this.#origin(start), bytes, start, end, timeMs, this.#rules.maxLineBytes);
    record.touchedMs = this.takenMs;
  }

  #adjoin(record: number, line: Line, channel: Joined): void {
    const { bytes } = this.#current;
    const adjoining = this.#adjoining[channel];
    if (adjoining.end !== line.start) bytes.copyWithin(adjoining.end, line.start, line.end);
    adjoining.end += line.end - line.start;
    adjoining.line = record;
    adjoining.lastMs = line.timeMs;
    adjoining.lastBytes = line.end - line.start;
    const long = adjoining.end - adjoining.start > this.#rules.maxLineBytes;
    if (line.partial && !long) return;
    this.skips[channel] = line.partial;
    this.#closeAdjoining(channel);
  }

  #closeAdjoining(channel: Joined): void {
    const adjoining = this.#adjoining[channel];
    this.#put(channel, adjoining.start, adjoining.end, adjoining.timeMs);
    adjoining.start = -1;
  }

  /** Other lines follow, or none that were read: its bytes are not where they can stay. */
  #spill(channel: Joined): void {
    const adjoining = this.#adjoining[channel];
    const { bytes } = this.#current;
    const record = new Unfinished(adjoining.timeMs);
    record.add(this.#origin(adjoining.start), bytes, adjoining.start, adjoining.end, adjoining.lastMs, this.#rules.maxLineBytes);
    record.lastBytes = adjoining.lastBytes;
    record.touchedMs = this.takenMs;
    adjoining.start = -1;
    this.open[channel] = record;
  }

  #put(channel: Joined, start: number, end: number, timeMs: number): void {
    const { bytes } = this.#current;
    const { maxLineBytes } = this.#rules;
    let to = end;
    if (end - start > maxLineBytes) {
      to = start + maxLineBytes;
      this.#events.cut(this.path);
    } else if (end > start && bytes[end - 1] === carriageReturn) to = end - 1;
    this.#columnsOf(channel).push(start, to, timeMs);
  }

  #columnsOf(channel: Channel): Columns {
    const made = this.#columns[channel];
    if (made !== undefined) return made;
    const columns = new Columns(this.#current.count);
    this.#columns[channel] = columns;
    return columns;
  }

  get #current(): LogBatch {
    if (this.#batch === undefined) throw new Error('no lines are being read');
    return this.#batch;
  }

  #origin(start: number): Origin {
    const { base, receipt } = this.#current;
    return { generation: this.generation, position: base + start, receipt };
  }

  #flush(channel: Channel): void {
    const columns = this.#columns[channel];
    const batch = this.#batch;
    if (columns === undefined || batch === undefined || columns.count === columns.from) return;
    const { from, count: to } = columns;
    const starts = columns.starts.subarray(from, to);
    const ends = columns.ends.subarray(from, to);
    const { bytes, base, readAtMs, receipt, slab } = batch;
    columns.from = to;
    batch.hold();
    receipt.hold();
    const stream = this.out.of(channel, bytes, starts, ends, 0, to - from);
    const times = columns.times.subarray(from, to);
    this.#events.emit(new LogBatch({ stream, bytes, starts, ends, count: to - from, base, times, readAtMs, receipt, slab }));
  }

  #emitJoined(channel: Joined, record: Unfinished): void {
    const { first, bytes, timeMs, cut } = record;
    if (first === undefined) return;
    if (cut) this.#events.cut(this.path);
    const starts = Uint32Array.of(0);
    const ends = Uint32Array.of(!cut && bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length);
    const own = this.out.of(channel, bytes, starts, ends, 0, 1);
    const stream = first.generation === own.generation ? own : { ...own, generation: first.generation };
    const positions = Float64Array.of(first.position);
    const times = Float64Array.of(timeMs);
    const receipt = record.takeReceipt();
    this.#events.emit(
      new LogBatch({ stream, bytes, starts, ends, count: 1, base: 0, positions, times, readAtMs: this.#events.clock.now(), receipt }),
    );
  }
}
