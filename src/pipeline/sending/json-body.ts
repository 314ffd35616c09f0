/** Records as JSON objects, each with its identity, in one body. */
import type { Writer } from '../proto/writer.ts';
import type { LogStore, Parcel } from './parcel.ts';

const open = 0x7b;
const close = 0x7d;

/** What `identify` makes: generations are few in a parcel, positions many. */
export function identityText(agent: string, generation: string, position: number): string {
  return `${agent}:${generation}:${position}`;
}

/**
 * Writes the JSON object of a row with one more field in front: `{"ID":"…",` and what follows the brace. A field of that name that is there already comes later and
 * wins for most readers: the name is ours, so whoever writes it forwards our own records.
 */
export function writeObject(to: Writer, parcel: Parcel<LogStore>, row: number, field: Buffer, agent: string): void {
  const { bytes, starts, ends, positions } = parcel.store;
  const start = starts[row] ?? 0;
  const end = ends[row] ?? 0;
  if (field.length === 0 || bytes[start] !== open) return to.copyBuffer(bytes, start, end);
  to.copy(field);
  to.text(identityText(agent, parcel.segment(row).stream.generation, positions[row] ?? 0));
  to.byte(0x22);
  let rest = start + 1;
  while (rest < end && isSpace(bytes[rest])) rest += 1;
  if (bytes[rest] !== close) to.byte(0x2c);
  to.copyBuffer(bytes, rest, end);
}

/** `{"name":"`, or nothing for a name that is empty. */
export const identityField = (name: string): Buffer => Buffer.from(name === '' ? '' : `{${JSON.stringify(name)}:"`);

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
