/** OTLP over HTTP (opentelemetry-proto, docs/specification.md "OTLP/HTTP"): /v1/logs and /v1/metrics, protobuf or JSON. */

import type { IncomingMessage } from 'node:http';
import { create, toBinary, toJsonString } from '@bufbuild/protobuf';
import type { ListenAddress } from '../../../config/fields.ts';
import { readBody } from '../../listening/body.ts';
import { ByteBudget } from '../../listening/byte-budget.ts';
import { type Answer, type HttpDoor, openHttp } from '../../listening/http-server.ts';
import {
  ExportLogsServiceRequestSchema,
  ExportLogsServiceResponseSchema,
  ExportMetricsServiceRequestSchema,
  ExportMetricsServiceResponseSchema,
} from '../../proto/otlp.ts';
import type { SourceContext } from '../../source.ts';
import { decode, type Encoding } from './decode.ts';
import type { Intake, Outcome } from './intake.ts';
import type { OtlpSettings } from './settings.ts';

const types: Readonly<Record<Encoding, string>> = { protobuf: 'application/x-protobuf', json: 'application/json' };
/** google.rpc.Code */
const codes: Readonly<Record<number, number>> = { 400: 3, 401: 16, 404: 12, 405: 12, 413: 8, 415: 3, 500: 13, 503: 14 };

interface Signal {
  take(intake: Intake, bytes: Buffer, encoding: Encoding, pushed: () => void): Promise<Outcome>;
  answer(outcome: Outcome & { ok: true }, encoding: Encoding): string | Uint8Array;
}

const signals: Readonly<Record<string, Signal>> = {
  '/v1/logs': {
    take: (intake, bytes, encoding, pushed) => intake.logs(decode(ExportLogsServiceRequestSchema, bytes, encoding), pushed),
    answer({ rejected, reason }, encoding) {
      const partialSuccess = rejected === 0 ? undefined : { rejectedLogRecords: BigInt(rejected), errorMessage: reason };
      const message = create(ExportLogsServiceResponseSchema, partialSuccess === undefined ? {} : { partialSuccess });
      return encoding === 'json'
        ? toJsonString(ExportLogsServiceResponseSchema, message)
        : toBinary(ExportLogsServiceResponseSchema, message);
    },
  },
  '/v1/metrics': {
    take: (intake, bytes, encoding, pushed) => intake.metrics(decode(ExportMetricsServiceRequestSchema, bytes, encoding), pushed),
    answer({ rejected, reason }, encoding) {
      const partialSuccess = rejected === 0 ? undefined : { rejectedDataPoints: BigInt(rejected), errorMessage: reason };
      const message = create(ExportMetricsServiceResponseSchema, partialSuccess === undefined ? {} : { partialSuccess });
      return encoding === 'json'
        ? toJsonString(ExportMetricsServiceResponseSchema, message)
        : toBinary(ExportMetricsServiceResponseSchema, message);
    },
  },
};

export async function openOtlpHttp(
  listen: ListenAddress,
  settings: OtlpSettings,
  context: SourceContext,
  intake: Intake,
): Promise<HttpDoor> {
  const budget = new ByteBudget(settings.maxPending);
  const door: HttpDoor = await openHttp(
    {
      what: `source ${context.name} (OTLP over HTTP)`,
      listen,
      tls: settings.tls,
      tokenFile: settings.tokenFile,
      maxConnections: settings.maxConnections,
      requestTimeoutMs: settings.requestTimeout,
      handle: (request, taken) => handle(request, taken),
      refuse: (request, status, reason) => status503(status, failure(status, reason, encodingOf(request) ?? 'json')),
    },
    context,
  );
  const busy = (reason: string, encoding: Encoding): Answer => {
    context.counters.refused += 1;
    door.refusals.refused(reason);
    return status503(503, failure(503, reason, encoding));
  };
  const wrong = (request: IncomingMessage, status: number, reason: string, encoding: Encoding = 'json'): Answer => {
    context.counters.errors += 1;
    door.complaints.say('pipeline.source.rejected', { peer: request.socket.remoteAddress, reason }, String(status));
    return failure(status, reason, encoding);
  };
  const handle = async (request: IncomingMessage, taken: () => void): Promise<Answer | undefined> => {
    const signal = signals[request.url?.split('?')[0] ?? ''];
    if (signal === undefined) return failure(404, 'logs are taken at /v1/logs, metrics at /v1/metrics', encodingOf(request) ?? 'json');
    if (request.method !== 'POST') return { ...failure(405, 'method not allowed, supported: [POST]', 'json'), headers: { allow: 'POST' } };
    const encoding = encodingOf(request);
    if (encoding === undefined) return wrong(request, 415, 'unsupported media type, supported: [application/json, application/x-protobuf]');
    const full = intake.busy();
    if (full !== undefined) return busy(full, encoding);
    const body = await readBody(request, { maxBody: settings.maxBody, budget });
    if (!body.ok) {
      if (body.refusal === undefined) return undefined;
      return body.refusal.status === 503
        ? busy(body.refusal.reason, encoding)
        : wrong(request, body.refusal.status, body.refusal.reason, encoding);
    }
    let charged = body.charged;
    const pushed = () => {
      budget.give(charged); // what was received is in slabs or points by now
      charged = 0;
      taken();
    };
    try {
      const outcome = await signal.take(intake, body.bytes, encoding, pushed);
      if (!outcome.ok) return busy(outcome.reason, encoding);
      return { status: 200, headers: { 'content-type': types[encoding] }, body: signal.answer(outcome, encoding) };
    } catch (error) {
      budget.give(charged);
      return wrong(request, 400, error instanceof Error ? error.message : String(error), encoding);
    }
  };
  return door;
}

function encodingOf(request: IncomingMessage): Encoding | undefined {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return type === types.protobuf ? 'protobuf' : type === types.json ? 'json' : undefined;
}

const status503 = (status: number, answer: Answer): Answer =>
  status === 503 ? { ...answer, headers: { ...answer.headers, 'retry-after': '1' } } : answer;

/** A google.rpc.Status in the encoding of the request ("Failures"). */
function failure(status: number, reason: string, encoding: Encoding): Answer {
  const code = codes[status] ?? 2;
  const body = encoding === 'json' ? `${JSON.stringify({ code, message: reason })}\n` : statusBytes(code, reason);
  return { status, headers: { 'content-type': types[encoding] }, body };
}

/** message Status { int32 code = 1; string message = 2; }: two fields, and the text is cut so that its length has two bytes at most. */
function statusBytes(code: number, reason: string): Uint8Array {
  const text = Buffer.from(reason.slice(0, 1_000));
  const length = text.length < 128 ? [text.length] : [(text.length & 127) | 128, text.length >> 7];
  return Buffer.concat([Buffer.from([0x08, code, 0x12, ...length]), text]);
}
