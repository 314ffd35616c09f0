/** Answers as bytes. Every message of an agent gets exactly one, in the order of the messages. */
import { create, toBinary } from '@bufbuild/protobuf';
import { serverCapabilityBits } from '../../protocol/capabilities.ts';
import { customCapabilities } from '../../protocol/custom-kinds.ts';
import { ServerErrorResponseType, ServerToAgentFlags, ServerToAgentSchema } from '../../protocol/opamp.ts';
import { encodeShared, encodeWithShared, nothingShared } from '../../protocol/pre-encoded.ts';
import type { Framing } from '../../protocol/wire.ts';

export interface Answer {
  readonly bytes: Uint8Array;
  /** What the log and the metrics call it. */
  readonly outcome: 'ok' | 'bad-request' | 'unavailable';
  /** The WebSocket is closed after the answer. */
  readonly close?: { readonly code: number; readonly reason: string };
  /** Over HTTP: in the place of 200. */
  readonly httpStatus?: 400 | 401 | 429 | 503;
  readonly retryAfterMs?: number;
}

export interface AnswerParts {
  readonly fullState: boolean;
  /** Tell our capabilities. */
  readonly greet: boolean;
  /** Encoded fields of a ServerToAgent. */
  readonly fields: readonly Uint8Array[];
}

const ourCapabilities = BigInt(
  serverCapabilityBits([
    'acceptsStatus',
    'offersRemoteConfig',
    'acceptsEffectiveConfig',
    'offersConnectionSettings',
    'acceptsConnectionSettingsRequest',
  ]),
);
const greeting = encodeShared({ customCapabilities: { capabilities: [...customCapabilities] } });

export function answer(uid: Uint8Array, framing: Framing, parts: AnswerParts): Answer {
  const fields = parts.greet ? [greeting, ...parts.fields] : parts.fields;
  const [only = nothingShared] = fields;
  const bytes = encodeWithShared(uid, fields.length > 1 ? Buffer.concat(fields) : only, framing, {
    flags: parts.fullState ? BigInt(ServerToAgentFlags.REPORT_FULL_STATE) : 0n,
    capabilities: parts.greet ? ourCapabilities : 0n,
  });
  return { bytes, outcome: 'ok' };
}

/** An error stands alone (opamp-spec, "ServerToAgent.error_response"): no other field but the uid. */
export function badRequest(uid: Uint8Array, framing: Framing, sentence: string, more: Pick<Answer, 'close' | 'httpStatus'> = {}): Answer {
  return {
    ...more,
    outcome: 'bad-request',
    bytes: errorBytes(uid, framing, { type: ServerErrorResponseType.BAD_REQUEST, errorMessage: sentence }),
  };
}

/** Overload or goodbye: the agent disconnects and comes back after the time. */
export function unavailable(
  uid: Uint8Array,
  framing: Framing,
  sentence: string,
  retryAfterMs: number,
  more: Pick<Answer, 'close' | 'httpStatus'> = {},
): Answer {
  const details = { case: 'retryInfo', value: { retryAfterNanoseconds: BigInt(Math.round(retryAfterMs)) * 1_000_000n } } as const;
  return {
    ...more,
    outcome: 'unavailable',
    retryAfterMs,
    bytes: errorBytes(uid, framing, { type: ServerErrorResponseType.UNAVAILABLE, errorMessage: sentence, details }),
  };
}

function errorBytes(
  uid: Uint8Array,
  framing: Framing,
  errorResponse: {
    readonly type: ServerErrorResponseType;
    readonly errorMessage: string;
    readonly details?: { readonly case: 'retryInfo'; readonly value: { readonly retryAfterNanoseconds: bigint } };
  },
): Uint8Array {
  const body = toBinary(ServerToAgentSchema, create(ServerToAgentSchema, { instanceUid: uid, errorResponse }));
  return framing === 'websocket' ? Buffer.concat([zero, body]) : body;
}

/** The header of a message over WebSocket: a varint with the value 0. */
const zero = Buffer.from([0]);
