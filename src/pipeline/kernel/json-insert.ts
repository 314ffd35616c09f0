/** Tags and labels as fields of JSON objects without taking a record apart or writing it anew: whether that can be done for a whole batch. */
import type { LogBatch } from '../batch.ts';
import type { Stream } from '../stream.ts';
import { type Kernel, kernelOf } from './kernel.ts';
import { textSearch } from './search.ts';

export interface Insertion {
  /** `,"tags":["a"],"labels":{"b":"c"}`: stands in front of the brace that closes an object with at least one field. */
  readonly bytes: Buffer;
  /** None of these may occur in a batch: names of the fields, and an escape by which they could be written differently. */
  readonly absent: readonly Buffer[];
}

/** Undefined when there is nothing to insert. Made once for each stream. */
export function insertionOf({ tags, labels }: Stream): Insertion | undefined {
  const fields = [
    ...(tags.length === 0 ? [] : [['tags', tags] as const]),
    ...(Object.keys(labels).length === 0 ? [] : [['labels', labels] as const]),
  ];
  if (fields.length === 0) return undefined;
  const text = fields.map(([name, value]) => `,"${name}":${JSON.stringify(value)}`).join('');
  return { bytes: Buffer.from(text), absent: [...fields.map(([name]) => Buffer.from(`${name}"`)), Buffer.from('\\u00')] };
}

/**
 * Whether every record of the batch surely is an object with a field and without those that are inserted, so that `insert` of RecordsOptions does what
 * the JSON encoder would do. False is no statement about the records: then they have to be looked at one by one.
 */
export function insertable(batch: LogBatch, { absent }: Insertion): boolean {
  const kernel = kernelOf(batch.bytes);
  return kernel === undefined ? insertablePlainly(batch, absent) : insertableInKernel(kernel, batch, absent);
}

function insertableInKernel({ functions, scratch, memory }: Kernel, batch: LogBatch, absent: readonly Buffer[]): boolean {
  const { bytes, count } = batch;
  let { starts, ends } = batch;
  if (starts.buffer !== memory.buffer || ends.buffer !== memory.buffer) {
    if (count > scratch.starts.length) return false;
    scratch.starts.set(starts.subarray(0, count));
    scratch.ends.set(ends.subarray(0, count));
    ({ starts, ends } = scratch);
  }
  if (functions.objects(bytes.byteOffset, starts.byteOffset, ends.byteOffset, count) === 0) return false;
  const { from, to } = extentOf(batch);
  return absent.every((needle) => textSearch(bytes, needle)?.find(from, to) === -1);
}

function insertablePlainly(batch: LogBatch, absent: readonly Buffer[]): boolean {
  const { bytes, starts, ends, count } = batch;
  for (let record = 0; record < count; record++) {
    const start = starts[record] ?? 0;
    const end = ends[record] ?? 0;
    if (end < start + 3 || bytes[start] !== 0x7b || bytes[start + 1] !== 0x22 || bytes[end - 1] !== 0x7d) return false;
  }
  const { from, to } = extentOf(batch);
  const view = bytes.subarray(from, to);
  return absent.every((needle) => !view.includes(needle));
}

/** From the first byte of any record to behind the last one; records of a batch need not be in the order of their bytes. */
function extentOf({ starts, ends, count }: LogBatch): { readonly from: number; readonly to: number } {
  let from = starts[0] ?? 0;
  let to = from;
  for (let record = 0; record < count; record++) {
    const start = starts[record] ?? 0;
    const end = ends[record] ?? 0;
    if (start < from) from = start;
    if (end > to) to = end;
  }
  return { from, to };
}
