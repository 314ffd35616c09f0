/** A parcel of records as an ExportLogsServiceRequest. */
import { isUtf8 } from 'node:buffer';
import { Writer } from '../../proto/writer.ts';
import type { LogStore, Parcel } from '../../sending/parcel.ts';
import { type Run, runsByKey } from '../../sending/runs.ts';
import type { Stream } from '../../stream.ts';
import { isObject, writeIntAttribute, writeJson, writeStringAttribute } from './any-value.ts';
import { type MappedRecord, mappedGroups, writeMappedGroup, writeMappedRecord } from './mapped-records.ts';
import { type Sender, writeOwnScope, writeStreamResource } from './resource.ts';

export interface LogsOptions extends Sender {
  readonly body: 'line' | 'object';
}

export function logsRequest(parcel: Parcel<LogStore>, options: LogsOptions): Buffer {
  const to = new Writer(parcel.bytes + parcel.count * 128 + 4_096);
  // All at once, for asking record by record costs more than all the rest.
  const allText = isUtf8(parcel.store.bytes.subarray(0, parcel.store.used));
  for (const [stream, runs] of runsByKey(parcel, (one) => one)) {
    if (stream.format === 'otlp') writeMapped(to, parcel, runs, stream, options);
    else writeStream(to, parcel, runs, stream, { ...options, allText });
  }
  return to.written();
}

function writeStream(
  to: Writer,
  parcel: Parcel<LogStore>,
  runs: readonly Run[],
  stream: Stream,
  options: LogsOptions & { readonly allText: boolean },
): void {
  const resourceLogs = to.open(1, parcel.bytes);
  writeStreamResource(to, stream, options);
  const scopeLogs = to.open(2, parcel.bytes);
  writeOwnScope(to);
  const asObject = options.body === 'object' && stream.format === 'json';
  for (const { from, to: end } of runs)
    for (let index = from; index < end; index++) writeRecord(to, parcel, parcel.rows[index] ?? 0, stream, asObject, options.allText);
  to.close(scopeLogs);
  to.close(resourceLogs);
}

function writeRecord(to: Writer, parcel: Parcel<LogStore>, row: number, stream: Stream, asObject: boolean, allText: boolean): void {
  const { store } = parcel;
  const start = store.starts[row] ?? 0;
  const end = store.ends[row] ?? 0;
  const record = to.open(2, end - start + 128);
  to.nanosField(1, store.times[row] ?? Number.NaN);
  const body = to.open(5, end - start + 4);
  const parsed = asObject ? parsedObject(store.bytes, start, end) : undefined;
  if (parsed !== undefined) writeJson(to, parsed);
  // A string has to be UTF-8; what is not goes as bytes, unchanged.
  else to.bytesField(allText || isUtf8(store.bytes.subarray(start, end)) ? 1 : 7, store.bytes, start, end);
  to.close(body);
  writeIdentity(to, stream, store.positions[row] ?? 0);
  to.nanosField(11, store.readAtMs(row));
  to.close(record);
}

function writeIdentity(to: Writer, stream: Stream, position: number): void {
  writeStringAttribute(to, 6, 'fairlead.generation', stream.generation);
  writeIntAttribute(to, 6, 'fairlead.position', position);
}

/** Undefined for what is no JSON object: that travels as the line that it is. */
function parsedObject(bytes: Buffer, start: number, end: number): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8', start, end));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Records that are LogRecords in OTLP's JSON mapping, with the resource and scope that they came with. */
function writeMapped(to: Writer, parcel: Parcel<LogStore>, runs: readonly Run[], stream: Stream, options: LogsOptions): void {
  const { store } = parcel;
  const records: MappedRecord[] = [];
  const others: Run[] = [];
  for (const { from, to: end } of runs)
    for (let index = from; index < end; index++) {
      const row = parcel.rows[index] ?? 0;
      const value = parsedObject(store.bytes, store.starts[row] ?? 0, store.ends[row] ?? 0);
      if (value === undefined) others.push({ from: index, to: index + 1 });
      else records.push({ row, value });
    }
  for (const group of mappedGroups(records))
    writeMappedGroup(to, group, stream, options, (record) => {
      writeMappedRecord(to, record.value, store.times[record.row] ?? Number.NaN, store.readAtMs(record.row));
      if (!hasIdentity(record.value)) writeIdentity(to, stream, store.positions[record.row] ?? 0);
    });
  if (others.length > 0) writeStream(to, parcel, others, { ...stream, format: 'text' }, { ...options, allText: false });
}

/** From another Fairlead: the identity that it was read with is the one that counts. */
const hasIdentity = (value: Readonly<Record<string, unknown>>): boolean =>
  Array.isArray(value.attributes) && value.attributes.some((one) => isObject(one) && one.key === 'fairlead.position');
