/** A bulk request: for each record a line of what to do and a line of what it is. */
import { Writer } from '../../proto/writer.ts';
import { identityText } from '../../sending/json-body.ts';
import type { LogStore, Parcel } from '../../sending/parcel.ts';
import type { Stream } from '../../stream.ts';
import { withDay } from './index-name.ts';

export interface BulkOptions {
  readonly agent: string;
  /** `{"@timestamp":"`, or nothing. */
  readonly timestamp: Buffer;
  indexOf(stream: Stream): string;
}

const open = 0x7b;
const close = 0x7d;

export function bulkRequest(parcel: Parcel<LogStore>, options: BulkOptions): Buffer {
  const to = new Writer(parcel.bytes + parcel.count * 200 + 1_024);
  for (const row of parcel.rows) {
    const { stream } = parcel.segment(row);
    const time = parcel.store.timeOf(row);
    to.text('{"create":{"_index":');
    to.text(JSON.stringify(withDay(options.indexOf(stream), dateable(time))));
    to.text(',"_id":');
    to.text(JSON.stringify(identityText(options.agent, stream.generation, parcel.store.positions[row] ?? 0)));
    to.text('}}\n');
    writeSource(to, parcel.store, row, dateable(time), options.timestamp);
    to.byte(0x0a);
  }
  return to.written();
}

function writeSource(to: Writer, store: LogStore, row: number, time: number, timestamp: Buffer): void {
  const start = store.starts[row] ?? 0;
  const end = store.ends[row] ?? 0;
  // A key that is there twice is an error to Elasticsearch; the record's own wins.
  if (timestamp.length === 0 || store.bytes[start] !== open || hasKey(store.bytes, start, end, timestamp))
    return to.copyBuffer(store.bytes, start, end);
  to.copy(timestamp);
  to.text(new Date(time).toISOString());
  to.byte(0x22);
  let rest = start + 1;
  while (rest < end && (store.bytes[rest] ?? 0) <= 0x20) rest += 1;
  if (store.bytes[rest] !== close) to.byte(0x2c);
  to.copyBuffer(store.bytes, rest, end);
}

/** `"@timestamp"` anywhere in the record, also inside of it: then the record is parsed to know. */
function hasKey(bytes: Buffer, start: number, end: number, timestamp: Buffer): boolean {
  const key = timestamp.subarray(1, -2); // between `{` and `:"`
  const at = bytes.indexOf(key, start);
  if (at === -1 || at >= end) return false;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8', start, end));
    return typeof value === 'object' && value !== null && Object.hasOwn(value, JSON.parse(key.toString()));
  } catch {
    return true; // the receiver says what is wrong with it
  }
}

const dateable = (ms: number): number => (Math.abs(ms) <= 8.64e15 ? ms : 0);
