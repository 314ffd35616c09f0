/** A parcel as Loki's PushRequest (proto/loki.proto). */
import { Writer } from '../../proto/writer.ts';
import { identityText } from '../../sending/json-body.ts';
import type { LogStore, Parcel } from '../../sending/parcel.ts';
import { runsByKey } from '../../sending/runs.ts';
import type { Stream } from '../../stream.ts';
import type { LokiStream } from './stream-labels.ts';

export interface PushOptions {
  streamOf(stream: Stream): LokiStream;
  readonly structuredMetadata: boolean;
  readonly agent: string;
}

export function pushRequest(parcel: Parcel<LogStore>, options: PushOptions): Buffer {
  const to = new Writer(parcel.bytes + parcel.count * 96 + 1_024);
  for (const [labels, runs] of runsByKey(parcel, (stream) => options.streamOf(stream).labels)) {
    const stream = to.open(1, parcel.bytes);
    to.textField(1, labels);
    for (const { from, to: end } of runs)
      for (let index = from; index < end; index++) writeEntry(to, parcel, parcel.rows[index] ?? 0, options);
    to.close(stream);
  }
  return to.written();
}

function writeEntry(to: Writer, parcel: Parcel<LogStore>, row: number, options: PushOptions): void {
  const { bytes, starts, ends, positions } = parcel.store;
  const start = starts[row] ?? 0;
  const end = ends[row] ?? 0;
  const entry = to.open(2, end - start + 64);
  writeTime(to, parcel.store.timeOf(row));
  to.bytesField(2, bytes, start, end);
  if (options.structuredMetadata) {
    const { stream } = parcel.segment(row);
    writePair(to, 'fairlead_id', identityText(options.agent, stream.generation, positions[row] ?? 0));
    for (const [name, value] of options.streamOf(stream).metadata) writePair(to, name, value);
  }
  to.close(entry);
}

/** google.protobuf.Timestamp. */
function writeTime(to: Writer, ms: number): void {
  const time = to.open(1, 12);
  const seconds = Math.floor(ms / 1_000);
  to.varintField(1, seconds);
  to.varintField(2, Math.min(999_999_999, Math.round((ms - seconds * 1_000) * 1e6)));
  to.close(time);
}

function writePair(to: Writer, name: string, value: string): void {
  const pair = to.open(3, name.length + value.length + 4);
  to.textField(1, name);
  to.textField(2, value);
  to.close(pair);
}
