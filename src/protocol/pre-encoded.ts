/**
 * Answers to agents, most of which are the same for thousands of them but for the uid. A protobuf message is its fields one after
 * the other, so that a part that is equal for all can be encoded once and copied (protobuf.dev, "Last One Wins" and concatenation).
 */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { fieldSize, putUid, putVarintField } from './heartbeat.ts';
import { ServerToAgentSchema } from './opamp.ts';
import type { Framing } from './wire.ts';

/** What is encoded once: anything but the fields that `encodeWithShared` writes itself. */
export type SharedPart = Omit<
  MessageInitShape<typeof ServerToAgentSchema>,
  '$typeName' | '$unknown' | 'instanceUid' | 'flags' | 'capabilities'
>;

export function encodeShared(part: SharedPart): Uint8Array {
  return toBinary(ServerToAgentSchema, create(ServerToAgentSchema, part));
}

/** Nothing shared: the plain acknowledgement, which is an answer too. */
export const nothingShared: Uint8Array = new Uint8Array(0);

/** Tags: flags (6, varint), capabilities (7, varint). */
const FLAGS = 0x30;
const CAPABILITIES = 0x38;

export interface OwnPart {
  readonly flags?: bigint;
  readonly capabilities?: bigint;
}

/** A ServerToAgent: the uid, the own part and the shared one, in one allocation. Its size is for the caller to bound: that of `shared` and at most 41 bytes. */
export function encodeWithShared(uid: Uint8Array, shared: Uint8Array, framing: Framing, own: OwnPart = {}): Uint8Array<ArrayBuffer> {
  const { flags = 0n, capabilities = 0n } = own;
  const header = framing === 'websocket' ? 1 : 0;
  const bytes = new Uint8Array(header + 2 + uid.length + fieldSize(flags) + fieldSize(capabilities) + shared.length);
  let at = putUid(bytes, header, uid);
  at = putVarintField(bytes, at, FLAGS, flags);
  at = putVarintField(bytes, at, CAPABILITIES, capabilities);
  bytes.set(shared, at);
  return bytes;
}
