/**
 * MessagePack (spec of 2017, github.com/msgpack/msgpack) read where it lies: how long a value is, and the same value as JSON. No objects are made, and integers of 64
 * bits stay exact. Offsets are given and returned; the bytes are those of a client, so every length is checked.
 */
import type { JsonWriter } from '../../listening/json-writer.ts';

/** The value is not finished: more bytes are needed. */
export const more = -1;
/** It is no MessagePack, or nested too deep. */
export const broken = -2;

/** Records are flat or nearly so. */
const maxDepth = 64;

/** Kinds, as `headOf` tells them. */
export const kinds = { nil: 0, false: 1, true: 2, uint: 3, int: 4, float: 5, text: 6, binary: 7, array: 8, map: 9, extension: 10 } as const;
export type Kind = (typeof kinds)[keyof typeof kinds];

/** The head of a value: what it is, where its payload begins and how long that is (elements of an array, pairs of a map). Reused, so that nothing is allocated. */
export interface Head {
  kind: Kind;
  /** Where the payload begins. */
  at: number;
  size: number;
  /** Type of an extension. */
  type: number;
}

export const newHead = (): Head => ({ kind: kinds.nil, at: 0, size: 0, type: 0 });

type Row = readonly [kind: Kind, lengthBytes: number, payload: number];
/** For first bytes from 0xc0 to 0xdf. Payload −1: as long as the length says. */
const rows: readonly (Row | undefined)[] = [
  [kinds.nil, 0, 0],
  undefined, // 0xc1 is never used
  [kinds.false, 0, 0],
  [kinds.true, 0, 0],
  [kinds.binary, 1, -1],
  [kinds.binary, 2, -1],
  [kinds.binary, 4, -1],
  [kinds.extension, 1, -1],
  [kinds.extension, 2, -1],
  [kinds.extension, 4, -1],
  [kinds.float, 0, 4],
  [kinds.float, 0, 8],
  [kinds.uint, 0, 1],
  [kinds.uint, 0, 2],
  [kinds.uint, 0, 4],
  [kinds.uint, 0, 8],
  [kinds.int, 0, 1],
  [kinds.int, 0, 2],
  [kinds.int, 0, 4],
  [kinds.int, 0, 8],
  [kinds.extension, 0, 1],
  [kinds.extension, 0, 2],
  [kinds.extension, 0, 4],
  [kinds.extension, 0, 8],
  [kinds.extension, 0, 16],
  [kinds.text, 1, -1],
  [kinds.text, 2, -1],
  [kinds.text, 4, -1],
  [kinds.array, 2, -1],
  [kinds.array, 4, -1],
  [kinds.map, 2, -1],
  [kinds.map, 4, -1],
];

/** Reads the head at `at`; `more` or `broken`, else 0. For a fixnum, the payload is the first byte itself. */
export function headOf(bytes: Buffer, at: number, to: number, head: Head): number {
  if (at >= to) return more;
  const first = bytes[at] ?? 0;
  if (first < 0x80 || first >= 0xe0) return set(head, first < 0x80 ? kinds.uint : kinds.int, at, 1);
  if (first < 0x90) return set(head, kinds.map, at + 1, first & 15);
  if (first < 0xa0) return set(head, kinds.array, at + 1, first & 15);
  if (first < 0xc0) return set(head, kinds.text, at + 1, first & 31);
  const row = rows[first - 0xc0];
  if (row === undefined) return broken;
  const [kind, lengthBytes, payload] = row;
  const typeBytes = kind === kinds.extension ? 1 : 0;
  const start = at + 1 + lengthBytes + typeBytes;
  if (start > to) return more;
  head.type = typeBytes === 1 ? bytes.readInt8(start - 1) : 0;
  return set(head, kind, start, payload === -1 ? bytes.readUIntBE(at + 1, lengthBytes) : payload);
}

export const isText = ({ kind }: Head): boolean => kind === kinds.text || kind === kinds.binary;
export const isMap = ({ kind }: Head): boolean => kind === kinds.map;

function set(head: Head, kind: Kind, at: number, size: number): 0 {
  head.kind = kind;
  head.at = at;
  head.size = size;
  return 0;
}

const scratch = newHead();

/** Finds the end of a value of which more and more bytes come: goes on where it stopped, so that a long message is looked through once. */
export class ValueScanner {
  readonly #outer: number[] = [];
  #left = 1;
  #next: number;

  constructor(at: number) {
    this.#next = at;
  }

  /** Where the value ends; `more` or `broken`. The bytes before are those of the call before. */
  end(bytes: Buffer, to: number): number {
    for (;;) {
      while (this.#left === 0) {
        const outer = this.#outer.pop();
        if (outer === undefined) return this.#next;
        this.#left = outer;
      }
      const problem = headOf(bytes, this.#next, to, scratch);
      if (problem !== 0) return problem;
      const { kind, at, size } = scratch;
      if (kind === kinds.array || kind === kinds.map) {
        if (this.#outer.length >= maxDepth) return broken;
        this.#outer.push(this.#left - 1);
        this.#left = kind === kinds.map ? size * 2 : size;
        this.#next = at;
      } else {
        if (at + size > to) return more;
        this.#left -= 1;
        this.#next = at + size;
      }
    }
  }
}

/** Where the value at `at` ends; `more` or `broken`. */
export function endOf(bytes: Buffer, at: number, to: number): number {
  // What lies within one value is no deeper than it, and most are one head and a payload.
  if (headOf(bytes, at, to, scratch) === 0 && scratch.kind !== kinds.array && scratch.kind !== kinds.map)
    return scratch.at + scratch.size > to ? more : scratch.at + scratch.size;
  return new ValueScanner(at).end(bytes, to);
}

/** What JSON of a value needs at most: one byte may become `false,`, four bytes of a float 24 digits. */
export const jsonRoom = (messagePackBytes: number): number => messagePackBytes * 10 + 64;

const words = { null: Buffer.from('null'), false: Buffer.from('false'), true: Buffer.from('true') };

/** Writes a whole value (`endOf` was asked before) as JSON and returns where it ends. */
export function writeJson(json: JsonWriter, bytes: Buffer, at: number, to: number): number {
  const head = scratch;
  if (headOf(bytes, at, to, head) !== 0) throw new Error('an unfinished value was to be written');
  const { kind, at: start, size } = head;
  switch (kind) {
    case kinds.nil:
      json.raw(words.null);
      return start;
    case kinds.false:
      json.raw(words.false);
      return start;
    case kinds.true:
      json.raw(words.true);
      return start;
    case kinds.uint:
    case kinds.int:
    case kinds.float:
      writeNumber(json, bytes, kind, start, size);
      return start + size;
    case kinds.text:
    case kinds.binary: // older clients send text this way (Ruby's ASCII-8BIT)
      json.string(bytes, start, start + size);
      return start + size;
    case kinds.array:
      return writeArray(json, bytes, start, to, size);
    case kinds.map:
      return writeMap(json, bytes, start, to, size);
    case kinds.extension:
      // JSON has no such thing; nothing of it is lost.
      json.text(`{"ext":${head.type},"data":"${bytes.toString('base64', start, start + size)}"}`);
      return start + size;
    default:
      return kind satisfies never;
  }
}

function writeArray(json: JsonWriter, bytes: Buffer, from: number, to: number, size: number): number {
  let at = from;
  json.byte(0x5b);
  for (let index = 0; index < size; index++) {
    if (index > 0) json.byte(0x2c);
    at = writeJson(json, bytes, at, to);
  }
  json.byte(0x5d);
  return at;
}

function writeMap(json: JsonWriter, bytes: Buffer, from: number, to: number, size: number): number {
  let at = from;
  json.byte(0x7b);
  for (let index = 0; index < size; index++) {
    if (index > 0) json.byte(0x2c);
    at = writeKey(json, bytes, at, to);
    json.byte(0x3a);
    at = writeJson(json, bytes, at, to);
  }
  json.byte(0x7d);
  return at;
}

/** Keys of JSON are strings: a number or word becomes its text, what is none of these its MessagePack in base64. */
function writeKey(json: JsonWriter, bytes: Buffer, at: number, to: number): number {
  headOf(bytes, at, to, scratch);
  if (scratch.kind === kinds.text || scratch.kind === kinds.binary) return writeJson(json, bytes, at, to);
  const structured = scratch.kind >= kinds.array;
  json.byte(0x22);
  const end = structured ? endOf(bytes, at, to) : writeJson(json, bytes, at, to);
  if (structured) json.text(bytes.toString('base64', at, end));
  json.byte(0x22);
  return end;
}

function writeNumber(json: JsonWriter, bytes: Buffer, kind: Kind, at: number, size: number): void {
  if (kind === kinds.float) {
    const value = size === 4 ? bytes.readFloatBE(at) : bytes.readDoubleBE(at);
    return json.text(Number.isFinite(value) ? String(value) : 'null');
  }
  json.text(integerText(bytes, kind, at, size));
}

function integerText(bytes: Buffer, kind: Kind, at: number, size: number): string {
  if (size === 8) return String(kind === kinds.uint ? bytes.readBigUInt64BE(at) : bytes.readBigInt64BE(at));
  return String(kind === kinds.uint ? bytes.readUIntBE(at, size) : bytes.readIntBE(at, size));
}

/** A number of the head that was read; NaN when it is none. */
export function numberOf(bytes: Buffer, { kind, at, size }: Head): number {
  if (kind === kinds.float) return size === 4 ? bytes.readFloatBE(at) : bytes.readDoubleBE(at);
  return kind === kinds.uint || kind === kinds.int ? Number(integerText(bytes, kind, at, size)) : Number.NaN;
}
