/** The `elasticsearch` sink. */
import { createEncoder } from '../../encode/create-encoder.ts';
import { compress, encodingHeader } from '../../sending/compress.ts';
import { createHttpSink } from '../../sending/http-sink.ts';
import { identityField } from '../../sending/json-body.ts';
import { logsOf } from '../../sending/sending-sink.ts';
import type { Sink, SinkContext } from '../../sink.ts';
import { bulkOutcome } from './answer.ts';
import { type BulkOptions, bulkRequest } from './bulk.ts';
import { indexNames } from './index-name.ts';
import type { ElasticsearchSettings } from './settings.ts';

/** An answer names every record of a request when one failed. */
const answerBytes = 16 << 20;

export async function createElasticsearch(settings: ElasticsearchSettings, context: SinkContext): Promise<Sink> {
  const options: BulkOptions = {
    agent: context.agent,
    timestamp: identityField(settings.timestampField),
    indexOf: indexNames(settings.index, settings.maxIndexes),
  };
  const headers = { 'content-type': 'application/x-ndjson', ...encodingHeader(settings.compression) };
  return createHttpSink({
    url: bulkUrl(settings),
    settings,
    context,
    metrics: 'lines',
    answerBytes,
    prepare: createEncoder('json', { slabs: context.slabs }),
    body: (parcel) => compress(settings.compression, bulkRequest(logsOf(parcel), options)),
    message: (_, body) => ({ headers, body }),
    outcome: (result, parcel) => bulkOutcome(result, parcel.count, context.clock.now()),
  });
}

function bulkUrl({ url: text, pipeline }: ElasticsearchSettings): URL {
  const url = new URL(text);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/_bulk`;
  // Only what is read below: an answer about 5,000 records would be a megabyte otherwise.
  url.searchParams.set('filter_path', 'errors,items.*.status,items.*.error');
  if (pipeline !== undefined) url.searchParams.set('pipeline', pipeline);
  return url;
}
