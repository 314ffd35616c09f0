/** The `http` sink. */
import { createEncoder } from '../../encode/create-encoder.ts';
import { Writer } from '../../proto/writer.ts';
import { compress, encodingHeader } from '../../sending/compress.ts';
import { httpOutcome } from '../../sending/http-client.ts';
import { createHttpSink } from '../../sending/http-sink.ts';
import { identityField, writeObject } from '../../sending/json-body.ts';
import type { LogStore, Parcel } from '../../sending/parcel.ts';
import { logsOf } from '../../sending/sending-sink.ts';
import type { Sink, SinkContext } from '../../sink.ts';
import type { HttpSettings } from './settings.ts';

const contentTypes = { ndjson: 'application/x-ndjson', array: 'application/json', text: 'text/plain' } as const;

export async function createHttp(settings: HttpSettings, context: SinkContext): Promise<Sink> {
  const encode = createEncoder(settings.format === 'text' ? 'raw' : 'json', { slabs: context.slabs });
  const headers = { 'content-type': contentTypes[settings.format], ...encodingHeader(settings.compression) };
  const id = identityField(settings.format === 'text' ? '' : settings.idField);
  return createHttpSink({
    url: new URL(settings.url),
    settings,
    context,
    metrics: 'lines',
    prepare: encode,
    body: (parcel) => compress(settings.compression, bodyOf(logsOf(parcel), settings.format, id, context.agent)),
    message: (_, body) => ({ method: settings.method, headers, body }),
    outcome: (result) => httpOutcome(result, context.clock.now()),
  });
}

export function bodyOf(parcel: Parcel<LogStore>, format: HttpSettings['format'], id: Buffer, agent: string): Buffer {
  const to = new Writer(parcel.bytes + parcel.count * (id.length + agent.length + 40) + 2);
  if (format === 'array') to.byte(0x5b);
  for (const [index, row] of parcel.rows.entries()) {
    if (format === 'array' && index > 0) to.byte(0x2c);
    writeObject(to, parcel, row, id, agent);
    if (format !== 'array') to.byte(0x0a);
  }
  if (format === 'array') to.byte(0x5d);
  return to.written();
}
