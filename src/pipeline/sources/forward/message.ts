/** The messages of the forward protocol (fluent/fluentd wiki, Forward Protocol Specification v1, "Event Modes"), as offsets into the received bytes. */
import { endOf, type Head, headOf, isMap, isText, kinds, newHead, numberOf } from './msgpack.ts';

/** Where a value lies. */
export interface Place {
  readonly at: number;
  readonly to: number;
}

export type Entries =
  /** Message mode: one time and one record. */
  | { readonly mode: 'message'; readonly time: Place; readonly record: Place }
  /** Forward mode: an array of entries, one behind the other at `entries`. */
  | { readonly mode: 'forward'; readonly entries: Place }
  /** PackedForward, CompressedPackedForward: the same, inside of a string. */
  | { readonly mode: 'packed'; readonly entries: Place; readonly compressed: string | undefined };

export interface ForwardMessage {
  readonly tag: string;
  readonly entries: Entries;
  /** The chunk's id as MessagePack, to be sent back as it came. */
  readonly chunk: Buffer | undefined;
  /** Fluent Bit: 0 logs, 1 metrics, 2 traces. */
  readonly signal: number;
}

export type ParsedMessage =
  | { readonly ok: true; readonly message: ForwardMessage | undefined }
  | { readonly ok: false; readonly reason: string };

const refuse = (reason: string): ParsedMessage => ({ ok: false, reason });

/** bytes[at, to) is one whole value. `message: undefined`: a ping of an old client (nil), which says nothing. */
export function parseMessage(bytes: Buffer, at: number, to: number): ParsedMessage {
  const head = newHead();
  headOf(bytes, at, to, head);
  if (head.kind === kinds.nil) return { ok: true, message: undefined };
  if (head.kind !== kinds.array || head.size < 2 || head.size > 4) return refuse('a message is an array of two to four elements');
  const { size } = head;
  const places = elements(bytes, head.at, to, size);
  const [tagPlace, second, third, fourth] = places;
  if (tagPlace === undefined || second === undefined) return refuse('a message has a tag and entries');
  headOf(bytes, tagPlace.at, to, head);
  if (!isText(head)) return refuse('the tag is no string');
  const tag = bytes.toString('utf8', head.at, head.at + head.size);
  return withEntries(bytes, tag, [second, third, fourth]);
}

function withEntries(
  bytes: Buffer,
  tag: string,
  [second, third, fourth]: readonly [Place, Place | undefined, Place | undefined],
): ParsedMessage {
  const head = newHead();
  headOf(bytes, second.at, second.to, head);
  const entries = { at: head.at, to: second.to };
  if (head.kind === kinds.array) return withOptions(bytes, tag, { mode: 'forward', entries }, third);
  if (isText(head)) return withOptions(bytes, tag, { mode: 'packed', entries, compressed: undefined }, third);
  if (third === undefined) return refuse('a message with a time has no record');
  return withOptions(bytes, tag, { mode: 'message', time: second, record: third }, fourth);
}

function elements(bytes: Buffer, from: number, to: number, count: number): readonly Place[] {
  const places: Place[] = [];
  let at = from;
  for (let index = 0; index < count; index++) {
    const end = endOf(bytes, at, to);
    if (end < 0) break;
    places.push({ at, to: end });
    at = end;
  }
  return places;
}

function withOptions(bytes: Buffer, tag: string, entries: Entries, option: Place | undefined): ParsedMessage {
  let chunk: Buffer | undefined;
  let compressed: string | undefined;
  let signal = 0;
  if (option !== undefined) {
    const head = newHead();
    headOf(bytes, option.at, option.to, head);
    if (head.kind !== kinds.map && head.kind !== kinds.nil) return refuse('the option is no map');
    const places = head.kind === kinds.map ? elements(bytes, head.at, option.to, head.size * 2) : [];
    for (let index = 0; index + 1 < places.length; index += 2) {
      const [name, value] = [textAt(bytes, places[index]), places[index + 1]];
      // A copy: the message's bytes are gone when it is acknowledged.
      if (name === 'chunk' && value !== undefined) chunk = Buffer.from(bytes.subarray(value.at, value.to));
      if (name === 'compressed') compressed = textAt(bytes, value);
      if (name === 'fluent_signal' && value !== undefined && headOf(bytes, value.at, value.to, head) === 0) signal = numberOf(bytes, head);
    }
  }
  const whole = entries.mode === 'packed' ? { ...entries, compressed: compressed === 'text' ? undefined : compressed } : entries;
  return { ok: true, message: { tag, entries: whole, chunk, signal } };
}

function textAt(bytes: Buffer, place: Place | undefined): string | undefined {
  if (place === undefined) return undefined;
  const head = newHead();
  headOf(bytes, place.at, place.to, head);
  return isText(head) ? bytes.toString('utf8', head.at, head.at + head.size) : undefined;
}

/** One entry: `[time, record]`, or `[[time, metadata], record]` as Fluent Bit 2 writes it. Reused. */
export interface Entry {
  timeMs: number;
  record: number;
  /** Where the entry ends. */
  to: number;
  /** Where metadata begins that is not empty; −1 when there is none. */
  metadata: number;
}

const scratch: Head = newHead();

/** Reads the entry at `at`; false when it is none. */
export function readEntry(bytes: Buffer, at: number, to: number, entry: Entry): boolean {
  if (headOf(bytes, at, to, scratch) !== 0 || scratch.kind !== kinds.array || scratch.size !== 2) return false;
  const first = scratch.at;
  const firstEnd = endOf(bytes, first, to);
  if (firstEnd < 0) return false;
  const end = endOf(bytes, firstEnd, to);
  if (end < 0) return false;
  entry.record = firstEnd;
  entry.to = end;
  entry.metadata = -1;
  headOf(bytes, first, to, scratch);
  if (scratch.kind !== kinds.array) {
    entry.timeMs = timeAt(bytes, first, to);
    return true;
  }
  if (scratch.size !== 2) return false;
  const time = scratch.at;
  const timeEnd = endOf(bytes, time, to);
  entry.timeMs = timeAt(bytes, time, to);
  headOf(bytes, timeEnd, to, scratch);
  if (isMap(scratch) && scratch.size > 0) entry.metadata = timeEnd;
  return true;
}

/** Seconds as a number, or EventTime: extension 0 with seconds and nanoseconds. Milliseconds; NaN when it is neither. */
export function timeAt(bytes: Buffer, at: number, to: number): number {
  if (headOf(bytes, at, to, scratch) !== 0) return Number.NaN;
  if (scratch.kind === kinds.extension)
    return scratch.type === 0 && scratch.size === 8
      ? bytes.readUInt32BE(scratch.at) * 1_000 + bytes.readUInt32BE(scratch.at + 4) / 1e6
      : Number.NaN;
  return numberOf(bytes, scratch) * 1_000;
}
