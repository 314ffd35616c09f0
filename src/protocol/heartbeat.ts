/**
 * The message that nearly all traffic consists of, without the general decoder: an agent's heartbeat, which holds its uid, the
 * sequence number and the capabilities and nothing else.
 */
import type { Framing } from './wire.ts';
import { UID_BYTES } from './wire.ts';

export interface Heartbeat {
  /** A view of what was received. */
  readonly uid: Uint8Array;
  readonly sequence: bigint;
  readonly capabilities: bigint;
}

/** Tags: instance_uid (1, bytes), sequence_num (2, varint), capabilities (4, varint). */
const UID = 0x0a;
const SEQUENCE = 0x10;
const CAPABILITIES = 0x20;

/** Bytes of a varint64, at most. */
const VARINT_BYTES = 10;

/** A header, the uid and two varints with their tags. */
const MAX_BYTES = 1 + 2 + UID_BYTES + 2 * (1 + VARINT_BYTES);

/**
 * Undefined when the message is anything else than a plain heartbeat, broken ones included: then `decodeAgentToServer` is to be
 * asked. Where it gives an answer, the full decoder would give the same.
 */
export function peekHeartbeat(bytes: Uint8Array, framing: Framing): Heartbeat | undefined {
  const start = framing === 'websocket' && bytes[0] === 0 ? 1 : 0;
  if (bytes.length > MAX_BYTES) return undefined;
  // Agents write fields in the order of their numbers; what does not begin with the uid is left to the decoder.
  if (bytes[start] !== UID || bytes[start + 1] !== UID_BYTES || bytes.length < start + 2 + UID_BYTES) return undefined;
  let at = start + 2 + UID_BYTES;
  let sequence = 0n;
  let capabilities = 0n;
  while (at < bytes.length) {
    const tag = bytes[at];
    if (tag !== SEQUENCE && tag !== CAPABILITIES) return undefined;
    const end = endOfVarint(bytes, at + 1);
    if (end === undefined) return undefined;
    const value = varintValue(bytes, at + 1, end);
    if (tag === SEQUENCE) sequence = value;
    else capabilities = value;
    at = end;
  }
  return { uid: bytes.subarray(start + 2, start + 2 + UID_BYTES), sequence, capabilities };
}

/** The position after the varint that begins at `at`; undefined when it breaks off or has more than ten bytes. */
function endOfVarint(bytes: Uint8Array, at: number): number | undefined {
  for (let end = at; end < bytes.length && end < at + VARINT_BYTES; end++) if ((bytes[end] ?? 0) < 0x80) return end + 1;
  return undefined;
}

function varintValue(bytes: Uint8Array, at: number, end: number): bigint {
  // Seven bytes hold 49 bits, which a number holds exactly: true of every sequence number that an agent reaches.
  if (end - at <= 7) {
    let value = 0;
    for (let index = end - 1; index >= at; index--) value = value * 128 + ((bytes[index] ?? 0) & 0x7f);
    return BigInt(value);
  }
  let value = 0n;
  for (let index = end - 1; index >= at; index--) value = (value << 7n) | BigInt((bytes[index] ?? 0) & 0x7f);
  return BigInt.asUintN(64, value);
}

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
