/**
 * The state of a spool: how far it is committed and which segments there are. Two slots in one file of fixed size, written in turn, so that a
 * write that was torn leaves the other one; the slot with the larger sequence that is whole counts.
 */
import { crc32c } from '../kernel/crc32c.ts';
import { readLong, writeLong } from './frame.ts';
import type { Place } from './place.ts';
import type { Amount } from './spool.ts';

export interface State {
  /** As in the segments' headers. */
  readonly spool: string;
  /** Grows by 1 with every write. */
  readonly sequence: number;
  /** Segments that are about to be unlinked, or were: [deleteFrom, first). */
  readonly deleteFrom: number;
  readonly first: number;
  /** The segment with the largest number that may exist: written before the segment is made. 0 before there is one. */
  readonly last: number;
  /** Everything before it is delivered. */
  readonly frontier: Place;
  /** Everything before it was synced when the state was written. */
  readonly synced: Place;
  readonly dropped: Amount;
  readonly damaged: Amount;
}

export const stateFileBytes = 8_192;
/** Each in a block of its own: what tears one does not touch the other. */
export const slotOffset = (sequence: number): number => (sequence % 2) * 4_096;
export const slotBytes = 512;
const magic = Buffer.from('FLSTATE1');
const sumAt = slotBytes - 4;

export function writeSlot(state: State): Buffer {
  const bytes = Buffer.alloc(slotBytes);
  magic.copy(bytes);
  bytes.write(state.spool, 8, 'hex');
  numbers(state).forEach((value, index) => {
    writeLong(bytes, value, 16 + 8 * index);
  });
  bytes.writeUInt32LE(crc32c(bytes, 0, sumAt), sumAt);
  return bytes;
}

/** The state in the two slots of the file; undefined when none is whole. */
export function readState(file: Buffer): State | undefined {
  const slots = [0, 1].map((slot) => readSlot(file.subarray(slotOffset(slot), slotOffset(slot) + slotBytes)));
  return slots.reduce((best, slot) => (slot !== undefined && slot.sequence > (best?.sequence ?? -1) ? slot : best), undefined);
}

function readSlot(bytes: Buffer): State | undefined {
  if (bytes.length < slotBytes || !bytes.subarray(0, 8).equals(magic)) return undefined;
  if (crc32c(bytes, 0, sumAt) !== bytes.readUInt32LE(sumAt)) return undefined;
  const at = (index: number) => readLong(bytes, 16 + 8 * index);
  const place = (index: number): Place => ({
    segment: at(index),
    offset: at(index + 1),
    id: at(index + 2),
    position: at(index + 3),
  });
  return {
    spool: bytes.toString('hex', 8, 16),
    sequence: at(0),
    deleteFrom: at(1),
    first: at(2),
    last: at(3),
    frontier: place(4),
    synced: place(8),
    dropped: { records: at(12), bytes: at(13) },
    damaged: { records: at(14), bytes: at(15) },
  };
}

function numbers(state: State): readonly number[] {
  const place = ({ segment, offset, id, position }: Place) => [segment, offset, id, position];
  return [
    state.sequence,
    state.deleteFrom,
    state.first,
    state.last,
    ...place(state.frontier),
    ...place(state.synced),
    state.dropped.records,
    state.dropped.bytes,
    state.damaged.records,
    state.damaged.bytes,
  ];
}
