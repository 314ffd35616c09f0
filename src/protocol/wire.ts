/**
 * OpAMP messages to bytes and back, as both transports carry them (opamp-spec, "WebSocket Message Format" and
 * "Plain HTTP Transport"): over WebSocket a zero byte goes before the protobuf, over HTTP nothing does.
 *
 * What comes from outside is a result, never an exception. Bytes inside a decoded message are views of what was received: who
 * keeps one keeps the whole buffer, so copy what is to be kept (`hash.slice()`).
 */
import { type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { type AgentToServer, AgentToServerSchema, type ServerToAgent, ServerToAgentSchema } from './opamp.ts';
import { checkStructure, type FaultCode, type StructureLimits } from './structure.ts';

export type Framing = 'websocket' | 'http';

/** Every way in which bytes can be no message of ours; `failures.ts` says what to answer. */
export type WireCode = FaultCode | 'too-large' | 'bad-header' | 'bad-uid';

export interface WireFailure {
  readonly ok: false;
  readonly code: WireCode;
  readonly sentence: string;
}

export type Decoded<T> = { readonly ok: true; readonly message: T } | WireFailure;
export type Encoded = { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer> } | WireFailure;

export interface WireLimits extends StructureLimits {
  /** Of the whole message, its header included; after decompression. */
  readonly maxBytes: number;
}

/**
 * Ours are lower: the largest messages seen from collectors (every component with its metadata, an effective configuration) are
 * some hundred kilobytes and some thousand fields.
 */
export const defaultWireLimits: WireLimits = { maxBytes: 4 * 1024 * 1024, maxDepth: 64, maxFields: 20_000 };

/** Bytes of `instance_uid` (a UUID). */
export const UID_BYTES = 16;

/** `too-large` rather than bytes that the other side would refuse: the specification forbids to send them. */
export function encode<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  framing: Framing,
  maxBytes: number = defaultWireLimits.maxBytes,
): Encoded {
  const body = toBinary(schema, message);
  const header = framing === 'websocket' ? 1 : 0;
  if (body.length + header > maxBytes) return tooLarge(body.length + header, maxBytes);
  if (header === 0) return { ok: true, bytes: body };
  const bytes = new Uint8Array(body.length + header); // the header is zero
  bytes.set(body, header);
  return { ok: true, bytes };
}

/** Fields that we do not know are dropped: the peer may be newer. */
export function decode<Desc extends DescMessage>(
  schema: Desc,
  bytes: Uint8Array,
  framing: Framing,
  limits: WireLimits = defaultWireLimits,
): Decoded<MessageShape<Desc>> {
  if (bytes.length > limits.maxBytes) return tooLarge(bytes.length, limits.maxBytes);
  const body = framing === 'websocket' ? withoutHeader(bytes) : bytes;
  if (body === undefined) return badHeader(bytes);
  const fault = checkStructure(schema, body, limits);
  if (fault !== undefined) return { ok: false, ...fault };
  try {
    return { ok: true, message: fromBinary(schema, body, { readUnknownFields: false, recursionLimit: limits.maxDepth + 1 }) };
  } catch (error) {
    // The structure is right, so that what is left are texts that are not UTF-8.
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'malformed', sentence: `${schema.name} does not decode: ${reason}` };
  }
}

export function decodeAgentToServer(bytes: Uint8Array, framing: Framing, limits?: WireLimits): Decoded<AgentToServer> {
  const decoded = decode(AgentToServerSchema, bytes, framing, limits);
  return decoded.ok ? withUid(decoded.message) : decoded;
}

/** A server that could not read who asked answers its error without a uid. */
export function decodeServerToAgent(bytes: Uint8Array, framing: Framing, limits?: WireLimits): Decoded<ServerToAgent> {
  const decoded = decode(ServerToAgentSchema, bytes, framing, limits);
  if (!decoded.ok || (decoded.message.errorResponse !== undefined && decoded.message.instanceUid.length === 0)) return decoded;
  return withUid(decoded.message);
}

function withUid<T extends { readonly instanceUid: Uint8Array }>(message: T): Decoded<T> {
  const { length } = message.instanceUid;
  if (length === UID_BYTES) return { ok: true, message };
  return { ok: false, code: 'bad-uid', sentence: `instance_uid has ${length} bytes and not ${UID_BYTES}` };
}

/** Tag of field 1, `instance_uid`, with wire type 2. */
const UID_TAG = 0x0a;

/**
 * The header is a varint64 whose value must be zero: one zero byte. Clients from before it was introduced send none, so that their
 * messages begin with the tag of instance_uid; opamp-go takes those still, and so do we. Everything else is a header of a future
 * that we do not know.
 */
function withoutHeader(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes[0] === 0) return bytes.subarray(1);
  return bytes[0] === UID_TAG ? bytes : undefined;
}

function badHeader([first]: Uint8Array): WireFailure {
  const found = first === undefined ? 'is empty' : `begins with 0x${first.toString(16).padStart(2, '0')}`;
  return { ok: false, code: 'bad-header', sentence: `the message ${found}; it must begin with a zero byte` };
}

function tooLarge(size: number, limit: number): WireFailure {
  return { ok: false, code: 'too-large', sentence: `the message has ${size} bytes; at most ${limit} are accepted` };
}
