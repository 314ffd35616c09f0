/** The enrolment listener's HTTP side: paths, limits, bodies in, outcomes out. */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type * as z from 'zod';
import { FairleadError } from '../../core/errors.ts';
import {
  type Authorities,
  bodyLimitBytes,
  caPath,
  enrolmentRefusals,
  enrolPath,
  enrolRequest,
  renewPath,
  renewRequest,
} from '../../protocol/enrolment.ts';
import { addressOf, type Handler, readBody, refuse, sendJson } from '../http/exchange.ts';
import { type EnrolParts, enrol } from './enrol.ts';
import type { Limits } from './limits.ts';
import type { EnrolmentMetrics } from './metrics.ts';
import { type Outcome, refused } from './outcome.ts';
import { renew } from './renew.ts';

type Operation = 'ca' | 'enrol' | 'renew';

const operations: Readonly<Record<string, { readonly operation: Operation; readonly method: 'GET' | 'POST' }>> = {
  [caPath]: { operation: 'ca', method: 'GET' },
  [enrolPath]: { operation: 'enrol', method: 'POST' },
  [renewPath]: { operation: 'renew', method: 'POST' },
};

export function createHandler(parts: EnrolParts, limits: Limits, metrics: EnrolmentMetrics): Handler {
  return async (request, response) => {
    const end = metrics.duration.startTimer();
    // Certificates and refusals of one moment are nothing to keep.
    response.setHeader('cache-control', 'no-store');
    const path = (request.url ?? '').replace(/\?.*$/, '');
    const known = Object.hasOwn(operations, path) ? operations[path] : undefined;
    if (known?.operation === 'ca' && request.method === 'GET') {
      sendJson(response, 200, authoritiesOf(parts));
      return void end();
    }
    if (known !== undefined) response.setHeader('allow', known.method);
    const remote = remoteOf(request);
    const operation = known?.operation ?? 'ca';
    const outcome = await outcomeOf(parts, limits, known, request, remote).catch(storeFailure);
    metrics.requests.inc({ operation, outcome: outcome.kind === 'refused' ? outcome.code : outcome.kind });
    end();
    switch (outcome.kind) {
      case 'issued':
      case 'repeated':
      case 'replaced':
        return sendJson(response, 200, outcome.identity);
      case 'pending':
        return sendJson(response, 202, outcome.pending, { 'retry-after': String(Math.ceil(outcome.pending.retryAfterMs / 1_000)) });
      case 'refused': {
        const { kind: _, ...refusal } = outcome;
        // A flood is counted, and not written down request by request.
        if (refusal.code !== 'too-many-requests')
          parts.log.event('enrolment.refused', { operation, remote, code: refusal.code, detail: refusal.message });
        return refuse(response, { ...refusal, status: enrolmentRefusals[refusal.code].status });
      }
      default:
        return outcome satisfies never;
    }
  };
}

async function outcomeOf(
  parts: EnrolParts,
  limits: Limits,
  known: { readonly operation: Operation; readonly method: string } | undefined,
  request: IncomingMessage,
  remote: string,
): Promise<Outcome> {
  if (known === undefined) return refused('not-found', `there is nothing at this path; agents enrol at ${enrolPath}`);
  if (request.method !== known.method) return refused('method-not-allowed', `${known.operation} takes ${known.method}`);
  const retryAfterMs = limits.take(remote, parts.clock.monotonicMs());
  if (retryAfterMs > 0) return refused('too-many-requests', 'too many requests; come again later', { retryAfterMs });
  const body = await readBody(request, bodyLimitBytes);
  if (!body.ok) return refused(body.status === 413 ? 'body-too-large' : 'bad-request', body.problem);
  if (known.operation === 'renew') {
    const read = parse(body.bytes, renewRequest);
    return read.ok ? renew(parts, read.value, peerOf(request), remote) : refused('bad-request', read.problem);
  }
  const read = parse(body.bytes, enrolRequest);
  return read.ok ? enrol(parts, read.value, remote) : refused('bad-request', read.problem);
}

/** A full disk or a lost etcd is not the agent's fault: it asks again with the same key, and gets what was stored if it was. */
function storeFailure(thrown: unknown): Outcome {
  if (!(thrown instanceof FairleadError) || !thrown.code.startsWith('FAIRLEAD_STORE_')) throw thrown;
  return refused('busy', 'the server cannot store anything at the moment', { retryAfterMs: 10_000 });
}

type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** The first problem in a sentence; values are not repeated: one of them is a secret. */
function parse<T>(bytes: Buffer, schema: z.ZodType<T>): Parsed<T> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return { ok: false, problem: 'the body is no JSON' };
  }
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const [issue] = result.error.issues;
  const at = issue?.path.length ? `${issue.path.join('.')}: ` : '';
  return { ok: false, problem: `${at}${issue?.message ?? 'the body has another form'}` };
}

function authoritiesOf({ authority }: EnrolParts): Authorities {
  const roots = authority.roots();
  return { bundle: roots.map(({ pem }) => pem).join(''), fingerprints: roots.map(({ fingerprint }) => fingerprint) };
}

function remoteOf(request: IncomingMessage): string {
  return addressOf(request.socket.remoteAddress);
}

/** Without client certificate Node gives an empty object; without TLS (a test of the handler alone) there is no such method. */
function peerOf(request: IncomingMessage): Uint8Array | undefined {
  // The listener is an https.Server, whose sockets these are.
  const socket = request.socket as Partial<Pick<TLSSocket, 'getPeerCertificate'>>;
  return socket.getPeerCertificate?.(false)?.raw;
}
