/** A sink whose requests go to one URL: client, packing and dispatch put together. */
import type { LogBatch } from '../batch.ts';
import type { Sink, SinkContext } from '../sink.ts';
import type { Stream } from '../stream.ts';
import { createHttpClient, type HttpClient, type HttpMessage, type HttpResult } from './http-client.ts';
import type { Outcome } from './outcome.ts';
import { type AnyParcel, SendingSink } from './sending-sink.ts';
import type { AuthSettings, TlsSettings } from './settings.ts';

/** What the settings of all of them have. */
export interface HttpSinkSettings {
  readonly headers: Readonly<Record<string, string>>;
  readonly auth?: AuthSettings | undefined;
  readonly tls?: TlsSettings | undefined;
  readonly timeout: number;
  readonly connectTimeout: number;
  readonly pending: number;
  readonly batch: { readonly size: number; readonly records: number; readonly linger: number };
  readonly concurrency: number;
}

export interface HttpSinkParts {
  readonly url: URL;
  readonly settings: HttpSinkSettings;
  readonly context: SinkContext;
  readonly metrics: 'points' | 'lines';
  readonly lanes?: { readonly count: number; keyOf(stream: Stream): string };
  /** How much of an answer is read; 64 KiB hold what a person needs. */
  readonly answerBytes?: number;
  prepare?(batch: LogBatch): LogBatch | Promise<LogBatch>;
  /** The body of a parcel, made once and kept until it is settled. */
  body(parcel: AnyParcel): Buffer | Promise<Buffer>;
  message(parcel: AnyParcel, body: Buffer): HttpMessage;
  outcome(result: HttpResult, parcel: AnyParcel): Outcome;
}

export function httpClientOf(url: URL, settings: HttpSinkSettings, context: SinkContext, answerBytes = 65_536): HttpClient {
  return createHttpClient({
    url,
    headers: settings.headers,
    auth: settings.auth,
    tls: settings.tls,
    timeoutMs: settings.timeout,
    connectTimeoutMs: settings.connectTimeout,
    maxConnections: settings.concurrency,
    answerBytes,
    plane: context.plane,
    clock: context.clock,
    counters: context.counters,
  });
}

export function createHttpSink(parts: HttpSinkParts): Sink {
  const { context, settings } = parts;
  const client = httpClientOf(parts.url, settings, context, parts.answerBytes);
  return new SendingSink({
    context,
    to: client.to,
    packing: { maxBytes: settings.batch.size, maxRecords: settings.batch.records, linger: settings.batch.linger },
    maxConcurrency: settings.concurrency,
    maxPendingBytes: settings.pending,
    metrics: parts.metrics,
    ...(parts.lanes === undefined ? {} : { lanes: parts.lanes }),
    ...(parts.prepare === undefined ? {} : { prepare: (batch) => parts.prepare?.(batch) ?? batch }),
    async exchange(parcel) {
      parcel.body ??= await parts.body(parcel);
      const result = await client.send(parts.message(parcel, parcel.body));
      return parts.outcome(result, parcel);
    },
    destroy: () => client.destroy(),
  });
}
