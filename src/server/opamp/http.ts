/** OpAMP over plain HTTP: a request is a message, its response the answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Clock } from '../../core/clock.ts';
import { uuidText } from '../../core/uuid.ts';
import type { Log } from '../../observe/log.ts';
import { httpStatusOf, isOpampContentType, opampContentType } from '../../protocol/failures.ts';
import type { AgentToServer } from '../../protocol/opamp.ts';
import { decodeAgentToServer, defaultWireLimits } from '../../protocol/wire.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FleetIntake } from '../fleet/intake.ts';
import { readBody } from '../http/exchange.ts';
import type { Conversation } from './conversation.ts';
import { addressOf } from './custom-messages.ts';
import type { OpampMetrics } from './metrics.ts';
import type { Peer, Peers } from './peers.ts';
import type { Refusal } from './refusal.ts';
import { refuseRequest } from './refusal.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { OpampSettings } from './settings.ts';
import { kindOf } from './websocket.ts';

export const opampPath = '/v1/opamp';

export interface HttpParts {
  readonly peers: Peers;
  readonly sessions: Sessions;
  readonly fleet: Fleet & FleetIntake;
  readonly conversation: Conversation;
  readonly settings: OpampSettings;
  readonly metrics: OpampMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly refused: (peer: Peer, reason: string, sentence: string) => void;
}

const inflate = promisify(gunzip);
const deflate = promisify(gzip);
/** A shorter answer grows when it is compressed. */
const worthCompressing = 256;

export async function serveHttp(parts: HttpParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { peers, metrics } = parts;
  const peer = peers.of(request.socket);
  const wrong = refusalOf(request);
  if (wrong !== undefined) return refuse(wrong);
  const verified = peers.identify(peer);
  if (verified?.ok === false) {
    parts.refused(peer, verified.reason, verified.sentence);
    return refuseRequest(response, { status: 401, code: verified.reason, sentence: verified.sentence });
  }
  const read = await readMessage(request, parts.settings.maxMessage);
  if (!read.ok) {
    parts.log.event('opamp.bad-message', { uid: verified?.uid ?? '?', remote: peer.remote, sentence: read.sentence });
    return refuse(read);
  }
  if (response.destroyed) return;
  await converse(parts, verified?.uid ?? uuidText(read.message.instanceUid), peer, read.message, request, response);

  function refuse(refusal: Refusal): void {
    metrics.refusals.inc({ reason: refusal.code });
    refuseRequest(response, refusal);
  }
}

async function converse(
  parts: HttpParts,
  uid: string,
  peer: Peer,
  message: AgentToServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { metrics, sessions, conversation } = parts;
  metrics.messages.inc({ transport: 'http', kind: kindOf(message) });
  const startedMs = performance.now();
  const session = sessions.of(uid);
  noteConnection(parts, session, peer);
  const link = { id: 0, transport: 'http', remote: peer.remote, der: peer.der, greeted: false } as const;
  const answer = await conversation.receive(session, { ...link }, message);
  metrics.duration.observe((performance.now() - startedMs) / 1_000);
  metrics.answers.inc({ outcome: answer.outcome });
  if (answer.httpStatus === 429 || answer.httpStatus === 503)
    return refuseRequest(response, {
      status: answer.httpStatus,
      code: answer.outcome,
      sentence: 'the server asks to be left alone for a while',
      ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
    });
  await send(answer.bytes, answer.httpStatus ?? 200, request, response);
}

async function send(bytes: Uint8Array, status: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const compress =
    bytes.length >= worthCompressing && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = compress ? await deflate(bytes) : bytes;
  response.writeHead(status, {
    'content-type': opampContentType,
    'content-length': body.length,
    ...(compress ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(body);
}

/** What can be said no to before the body is read. */
function refusalOf(request: IncomingMessage): Refusal | undefined {
  if (request.url?.split('?', 1)[0] !== opampPath)
    return { status: 404, code: 'not-found', sentence: `OpAMP is served at ${opampPath} only` };
  if (request.method !== 'POST')
    return { status: 405, code: 'method-not-allowed', sentence: 'POST a message, or upgrade to WebSocket', allow: 'POST' };
  if (!isOpampContentType(request.headers['content-type']))
    return { status: 415, code: 'content-type', sentence: `the content type has to be ${opampContentType}` };
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip')
    return {
      status: 415,
      code: 'content-encoding',
      sentence: `the content encoding "${encoding.slice(0, 40)}" is not known; gzip and none are`,
    };
  return undefined;
}

type Read = { readonly ok: true; readonly message: AgentToServer } | ({ readonly ok: false } & Refusal);

async function readMessage(request: IncomingMessage, maxBytes: number): Promise<Read> {
  const body = await readBody(request, maxBytes);
  if (!body.ok) return { ok: false, status: body.status, code: body.status === 413 ? 'too-large' : 'broken-body', sentence: body.problem };
  const inflated = request.headers['content-encoding'] === 'gzip' ? await unzip(body.bytes, maxBytes) : body.bytes;
  if (!(inflated instanceof Uint8Array)) return inflated;
  const decoded = decodeAgentToServer(inflated, 'http', { ...defaultWireLimits, maxBytes });
  if (decoded.ok) return { ok: true, message: decoded.message };
  return { ok: false, status: httpStatusOf(decoded.code), code: decoded.code, sentence: decoded.sentence };
}

/** Stops at the limit: some kilobytes can hold gigabytes of zeros. */
async function unzip(bytes: Buffer, maxBytes: number): Promise<Buffer | Extract<Read, { ok: false }>> {
  try {
    return await inflate(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError)
      return { ok: false, status: 413, code: 'too-large', sentence: `the message has more than ${maxBytes} bytes after decompression` };
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, status: 400, code: 'broken-compression', sentence: `the body is not gzip: ${reason}` };
  }
}

/** Polls come from changing ports; what people want to know is since when and from which address. */
function noteConnection({ fleet, clock }: HttpParts, session: Session, peer: Peer): void {
  if (session.socket !== undefined) return;
  const known = fleet.get(session.uid)?.connection;
  if (known?.transport === 'http' && addressOf(known.remote) === addressOf(peer.remote)) return;
  fleet.connected(session.uid, { transport: 'http', remote: peer.remote, sinceMs: clock.now() });
}
