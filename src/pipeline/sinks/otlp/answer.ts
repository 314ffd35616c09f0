/** What a receiver says beyond the status (OTLP specification, "OTLP/HTTP Response"). */
import { fromBinary, fromJson } from '@bufbuild/protobuf';
import { ExportLogsServiceResponseSchema, ExportMetricsServiceResponseSchema } from '../../proto/otlp.ts';
import { type HttpResult, httpOutcome } from '../../sending/http-client.ts';
import type { HttpAnswer, Outcome } from '../../sending/outcome.ts';

export type Signal = 'logs' | 'metrics';

export function otlpOutcome(result: HttpResult, signal: Signal, count: number, nowMs: number): Outcome {
  if ('unreachable' in result) return httpOutcome(result, nowMs);
  if (result.status >= 200 && result.status < 300) return partialSuccess(result, signal, count);
  return httpOutcome(isJson(result) ? result : { ...result, body: Buffer.from(statusMessage(result.body)) }, nowMs);
}

/**
 * "The client MUST NOT retry the request when it receives a partial success response": it is not said which records were refused. So all of the
 * request are set aside with that reason, and none is lost.
 */
function partialSuccess(answer: HttpAnswer, signal: Signal, count: number): Outcome {
  const { rejected, message } = readPartial(answer, signal);
  if (rejected <= 0) return { kind: 'delivered' };
  const which = rejected >= count ? '' : `${rejected} of the ${count} records of a request, of which this is one, `;
  const reason = `${which === '' ? 'rejected' : `${which}were rejected`}: ${message === '' ? 'no reason was given' : message}`;
  return { kind: 'partly', refused: Array.from({ length: count }, (_, record) => ({ record, reason })), again: [], reason };
}

function readPartial(answer: HttpAnswer, signal: Signal): { readonly rejected: number; readonly message: string } {
  if (answer.body.length === 0) return { rejected: 0, message: '' };
  try {
    if (signal === 'logs') {
      const { partialSuccess } = isJson(answer)
        ? fromJson(ExportLogsServiceResponseSchema, JSON.parse(answer.body.toString()), { ignoreUnknownFields: true })
        : fromBinary(ExportLogsServiceResponseSchema, answer.body);
      return { rejected: Number(partialSuccess?.rejectedLogRecords ?? 0n), message: partialSuccess?.errorMessage ?? '' };
    }
    const { partialSuccess } = isJson(answer)
      ? fromJson(ExportMetricsServiceResponseSchema, JSON.parse(answer.body.toString()), { ignoreUnknownFields: true })
      : fromBinary(ExportMetricsServiceResponseSchema, answer.body);
    return { rejected: Number(partialSuccess?.rejectedDataPoints ?? 0n), message: partialSuccess?.errorMessage ?? '' };
  } catch {
    return { rejected: 0, message: '' }; // receivers that are no collectors answer `ok`, or a page
  }
}

const isJson = ({ headers }: HttpAnswer): boolean => String(headers['content-type'] ?? '').startsWith('application/json');

/** The message (field 2) of a google.rpc.Status, or the body as it is. */
function statusMessage(body: Buffer): string {
  let at = 0;
  if (body[0] === 0x08) for (at = 1; ((body[at] ?? 0) & 0x80) !== 0; ) at += 1;
  if (at > 0) at += 1;
  const length = body[at + 1] ?? 0;
  if (body[at] !== 0x12 || length === 0) return body.toString();
  const long = (length & 0x80) !== 0;
  const start = at + (long ? 3 : 2);
  return body.toString('utf8', start, start + (long ? (length & 0x7f) | ((body[at + 2] ?? 0) << 7) : length));
}
