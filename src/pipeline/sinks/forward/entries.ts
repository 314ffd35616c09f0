/** Records as entries: `[EventTime, map]`, one after the other. */
import { Writer } from '../../proto/writer.ts';
import { identityText } from '../../sending/json-body.ts';
import type { LogStore, Parcel } from '../../sending/parcel.ts';
import type { Run } from '../../sending/runs.ts';
import type { Stream } from '../../stream.ts';
import { packArray, packBytes, packEventTime, packJson, packMap, packText } from './msgpack.ts';

export interface EntryOptions {
  readonly agent: string;
  /** Empty for none. */
  readonly idField: string;
}

export function writeEntries(parcel: Parcel<LogStore>, runs: readonly Run[], options: EntryOptions): Buffer {
  const to = new Writer(parcel.bytes + parcel.count * 96 + 1_024);
  for (const { from, to: end } of runs)
    for (let index = from; index < end; index++) {
      const row = parcel.rows[index] ?? 0;
      packArray(to, 2);
      packEventTime(to, parcel.store.timeOf(row));
      writeRecord(to, parcel, row, options);
    }
  return to.written();
}

function writeRecord(to: Writer, parcel: Parcel<LogStore>, row: number, options: EntryOptions): void {
  const { bytes, starts, ends, positions } = parcel.store;
  const start = starts[row] ?? 0;
  const end = ends[row] ?? 0;
  const { stream } = parcel.segment(row);
  const object = stream.format === 'text' ? undefined : parsedObject(bytes.toString('utf8', start, end));
  const id = options.idField === '' ? undefined : identityText(options.agent, stream.generation, positions[row] ?? 0);
  const more = additions(stream, object, options.idField, id);
  const own = object === undefined ? [] : Object.entries(object);
  packMap(to, (object === undefined ? 1 : own.length) + more.length);
  if (object === undefined) {
    packText(to, 'message');
    packBytes(to, bytes, start, end);
  }
  for (const [key, value] of own) {
    packText(to, key);
    packJson(to, value);
  }
  for (const [key, value] of more) {
    packText(to, key);
    packJson(to, value);
  }
}

/** Tags, labels and identity; a field that the record has already stays. */
function additions(
  stream: Stream,
  object: object | undefined,
  idField: string,
  id: string | undefined,
): readonly (readonly [string, unknown])[] {
  const all: (readonly [string, unknown])[] = [];
  if (stream.tags.length > 0) all.push(['tags', stream.tags]);
  if (Object.keys(stream.labels).length > 0) all.push(['labels', stream.labels]);
  if (id !== undefined) all.push([idField, id]);
  return object === undefined ? all : all.filter(([key]) => !Object.hasOwn(object, key));
}

const longNumber = /\d{16}/;

/** A whole number that a double cannot hold keeps all its digits. Undefined for what is no object. */
function parsedObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = longNumber.test(text) ? JSON.parse(text, exactIntegers) : JSON.parse(text);
    // A JSON value that is an object and no list has string keys.
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function exactIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value;
  return /^-?\d{1,20}$/.test(context.source) ? BigInt(context.source) : value;
}
