/**
 * Traces of what the server does, sent by OTLP over HTTP in its JSON form (opentelemetry-proto, "OTLP/HTTP request"; 64-bit
 * numbers are texts, ids are hex). Off unless an endpoint is set: then a span costs a comparison.
 */
import type { Clock } from '../core/clock.ts';

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Span {
  set(attributes: Attributes): void;
  fail(reason: string): void;
  end(): void;
  /** For what is called from here: the value of a `traceparent` header (W3C Trace Context). */
  readonly traceparent: string;
}

export interface Tracer extends AsyncDisposable {
  /** `parent`: the `traceparent` of whoever called us, as it came; what is not one is ignored. */
  start(name: string, attributes?: Attributes, parent?: string): Span;
}

const noSpan: Span = { set() {}, fail() {}, end() {}, traceparent: '' };
export const noTracer: Tracer = { start: () => noSpan, async [Symbol.asyncDispose]() {} };

export interface TracerOptions {
  /** Base URL, as OTEL_EXPORTER_OTLP_ENDPOINT holds it: `http://collector:4318`. */
  readonly endpoint: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly resource: Attributes;
  readonly clock: Clock;
  readonly fetch?: typeof fetch;
  /** Told about spans that were not delivered: counted, never retried without bound. */
  readonly onLost?: (count: number, reason: string) => void;
}

/** Spans that wait at most; more are dropped and counted, because a trace is never worth the server's memory. */
const maxWaiting = 2_048;
const sendEveryMs = 5_000;
const sendTimeoutMs = 10_000;

export function createTracer({ endpoint, headers = {}, resource, clock, fetch: send = fetch, onLost = () => {} }: TracerOptions): Tracer {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  let waiting: unknown[] = [];
  let cancel: (() => void) | undefined;
  let sending: Promise<void> = Promise.resolve();

  function add(span: unknown): void {
    if (waiting.length >= maxWaiting) return onLost(1, 'too many spans wait');
    waiting.push(span);
    cancel ??= clock.after(sendEveryMs, flush);
  }

  function flush(): void {
    cancel?.();
    cancel = undefined;
    const spans = waiting;
    waiting = [];
    if (spans.length > 0) sending = sending.then(() => post(spans));
  }

  async function post(spans: readonly unknown[]): Promise<void> {
    const body = {
      resourceSpans: [{ resource: { attributes: keyValues(resource) }, scopeSpans: [{ scope: { name: 'fairlead' }, spans }] }],
    };
    try {
      const response = await send(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(sendTimeoutMs),
      });
      await response.arrayBuffer();
      if (!response.ok) onLost(spans.length, `HTTP ${response.status}`);
    } catch (error) {
      onLost(spans.length, error instanceof Error ? error.message : String(error));
    }
  }

  return {
    start(name, attributes = {}, parent) {
      const [, parentTrace, parentSpan] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(parent ?? '') ?? [];
      const traceId = parentTrace ?? randomHex(16);
      const spanId = randomHex(8);
      const startMs = clock.now();
      const startedMs = clock.monotonicMs();
      let all = attributes;
      let failure: string | undefined;
      let ended = false;
      return {
        traceparent: `00-${traceId}-${spanId}-01`,
        set(more) {
          all = { ...all, ...more };
        },
        fail(reason) {
          failure = reason;
        },
        end() {
          if (ended) return;
          ended = true;
          add({
            traceId,
            spanId,
            ...(parentSpan === undefined ? {} : { parentSpanId: parentSpan }),
            name,
            kind: parentSpan === undefined ? 1 : 2, // INTERNAL, SERVER
            startTimeUnixNano: nanos(startMs),
            endTimeUnixNano: nanos(startMs + clock.monotonicMs() - startedMs),
            attributes: keyValues(all),
            status: failure === undefined ? { code: 1 } : { code: 2, message: failure },
          });
        },
      };
    },
    async [Symbol.asyncDispose]() {
      flush();
      await sending;
    },
  };
}

/** Nanoseconds as a text: a number cannot hold them. */
function nanos(ms: number): string {
  return (BigInt(Math.round(ms * 1_000)) * 1_000n).toString();
}

function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function keyValues(attributes: Attributes): readonly unknown[] {
  return Object.entries(attributes).flatMap(([key, value]): readonly unknown[] => {
    if (value === undefined) return [];
    if (typeof value === 'string') return [{ key, value: { stringValue: value } }];
    if (typeof value === 'boolean') return [{ key, value: { boolValue: value } }];
    return [{ key, value: Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value } }];
  });
}
