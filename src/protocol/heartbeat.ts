/** The message that nearly all traffic consists of, in one allocation: uid, sequence number, capabilities, and nothing else. */
import type { Framing } from './wire.ts';
import { UID_BYTES } from './wire.ts';

interface Heartbeat {
  readonly uid: Uint8Array;
  readonly sequence: bigint;
  readonly capabilities: bigint;
}

/** Tags: instance_uid (1, bytes), sequence_num (2, varint), capabilities (4, varint). */
const UID = 0x0a;
const SEQUENCE = 0x10;
const CAPABILITIES = 0x20;

/** In one allocation; a zero is left out, as proto3 does. */
export function encodeHeartbeat(heartbeat: Heartbeat, framing: Framing): Uint8Array<ArrayBuffer> {
  const header = framing === 'websocket' ? 1 : 0;
  const { uid, sequence, capabilities } = heartbeat;
  const bytes = new Uint8Array(header + 2 + uid.length + fieldSize(sequence) + fieldSize(capabilities));
  const afterUid = putUid(bytes, header, uid);
  putVarintField(bytes, putVarintField(bytes, afterUid, SEQUENCE, sequence), CAPABILITIES, capabilities);
  return bytes;
}

/** Writes the field instance_uid and gives the position after it. A uid of another length than 16 is a fault of ours. */
export function putUid(bytes: Uint8Array, at: number, uid: Uint8Array): number {
  if (uid.length !== UID_BYTES) throw new RangeError(`a uid has ${UID_BYTES} bytes, not ${uid.length}`);
  bytes[at] = UID;
  bytes[at + 1] = UID_BYTES;
  bytes.set(uid, at + 2);
  return at + 2 + UID_BYTES;
}

/** Bytes of a varint field with a tag of one byte; 0 for the value 0, which is not written. */
export function fieldSize(value: bigint): number {
  if (value === 0n) return 0;
  let size = 2;
  for (let rest = BigInt.asUintN(64, value) >> 7n; rest > 0n; rest >>= 7n) size += 1;
  return size;
}

export function putVarintField(bytes: Uint8Array, at: number, tag: number, value: bigint): number {
  if (value === 0n) return at;
  bytes[at] = tag;
  let position = at + 1;
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 0x80n; rest >>= 7n) bytes[position++] = Number(rest & 0x7fn) | 0x80;
  bytes[position] = Number(rest);
  return position + 1;
}
