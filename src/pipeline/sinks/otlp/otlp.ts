/** The `otlp` sink: logs and metrics go to two URLs, each with its own retries. */
import type { Batch } from '../../batch.ts';
import { compress, encodingHeader } from '../../sending/compress.ts';
import { createHttpSink } from '../../sending/http-sink.ts';
import type { MetricStore, Parcel } from '../../sending/parcel.ts';
import { type AnyParcel, logsOf } from '../../sending/sending-sink.ts';
import type { Sink, SinkContext, SinkLink } from '../../sink.ts';
import { otlpOutcome, type Signal } from './answer.ts';
import { logsRequest } from './logs.ts';
import { metricsRequest } from './metrics.ts';
import type { OtlpSettings } from './settings.ts';

export async function createOtlp(settings: OtlpSettings, context: SinkContext): Promise<Sink> {
  const sender = { agent: context.agent, resource: settings.resource };
  const logs = signalSink(settings, context, 'logs', (parcel) => logsRequest(logsOf(parcel), { ...sender, body: settings.body }));
  const metrics = signalSink(settings, context, 'metrics', (parcel) => metricsRequest(pointsOf(parcel), sender));
  const used = new Set<Sink>();
  return {
    push(batch: Batch) {
      const sink = batch.kind === 'logs' ? logs : metrics;
      used.add(sink);
      return sink.push(batch);
    },
    problem: () => logs.problem() ?? metrics.problem(),
    links: () => oneLink(used.size === 0 ? [logs] : [...used]),
    async close(graceMs) {
      await Promise.all([logs.close(graceMs), metrics.close(graceMs)]);
    },
  };
}

function signalSink(settings: OtlpSettings, context: SinkContext, signal: Signal, request: (parcel: AnyParcel) => Buffer): Sink {
  const headers = { 'content-type': 'application/x-protobuf', ...encodingHeader(settings.compression) };
  return createHttpSink({
    url: signalUrl(settings, signal),
    settings,
    context,
    metrics: 'points',
    body: (parcel) => compress(settings.compression, request(parcel)),
    message: (_, body) => ({ headers, body }),
    outcome: (result, parcel) => otlpOutcome(result, signal, parcel.count, context.clock.now()),
  });
}

export function signalUrl(settings: Pick<OtlpSettings, 'url' | 'logsUrl' | 'metricsUrl'>, signal: Signal): URL {
  const whole = signal === 'logs' ? settings.logsUrl : settings.metricsUrl;
  if (whole !== undefined) return new URL(whole);
  const url = new URL(settings.url);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${signal}`;
  return url;
}

/** Both signals usually go to one place: then that is one link, as bad as the worse of them. */
function oneLink(sinks: readonly Sink[]): readonly SinkLink[] {
  const links = sinks.flatMap((sink) => sink.links());
  const byPlace = new Map<string, SinkLink>();
  const rank = { down: 0, up: 1, idle: 2 };
  for (const link of links) {
    const known = byPlace.get(link.to);
    if (known === undefined || rank[link.state] < rank[known.state]) byPlace.set(link.to, link);
  }
  return [...byPlace.values()];
}

function pointsOf(parcel: AnyParcel): Parcel<MetricStore> {
  // Metrics have a sink of their own, which is given points alone.
  return parcel as Parcel<MetricStore>;
}
