/** The `loki` sink. */
import { createEncoder } from '../../encode/create-encoder.ts';
import { httpOutcome } from '../../sending/http-client.ts';
import { createHttpSink } from '../../sending/http-sink.ts';
import { logsOf } from '../../sending/sending-sink.ts';
import { snappy } from '../../sending/snappy.ts';
import type { Sink, SinkContext } from '../../sink.ts';
import { type PushOptions, pushRequest } from './push-request.ts';
import type { LokiSettings } from './settings.ts';
import { lokiStreams } from './stream-labels.ts';

export async function createLoki(settings: LokiSettings, context: SinkContext): Promise<Sink> {
  const streamOf = lokiStreams(settings);
  const options: PushOptions = { streamOf, structuredMetadata: settings.structuredMetadata, agent: context.agent };
  const headers = {
    'content-type': 'application/x-protobuf',
    ...(settings.tenant === undefined ? {} : { 'x-scope-orgid': settings.tenant }),
  };
  return createHttpSink({
    url: pushUrl(settings.url),
    settings,
    context,
    metrics: 'lines',
    // Old Lokis refuse what is older than the newest of its stream, newer ones keep what came in order smaller: one request of a stream at a time.
    lanes: { count: settings.concurrency, keyOf: (stream) => streamOf(stream).labels },
    prepare: createEncoder(settings.encoding, { slabs: context.slabs }),
    body: (parcel) => snappy(pushRequest(logsOf(parcel), options)),
    message: (_, body) => ({ headers, body }),
    outcome: (result) => httpOutcome(result, context.clock.now()),
  });
}

function pushUrl(text: string): URL {
  const url = new URL(text);
  if (url.pathname === '/') url.pathname = '/loki/api/v1/push';
  return url;
}
