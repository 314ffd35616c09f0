/** What is done with a request of OTLP, whatever it came by. */

import { MetricBatch } from '../../batch.ts';
import { newGeneration } from '../../listening/generation.ts';
import { within } from '../../listening/http-server.ts';
import { Outflow } from '../../listening/outflow.ts';
import { RequestWriter, requestReceipt } from '../../listening/request-writer.ts';
import type { ExportLogsServiceRequest, ExportMetricsServiceRequest } from '../../proto/otlp.ts';
import type { SourceContext } from '../../source.ts';
import type { Stream } from '../../stream.ts';
import { recordText, surroundings } from './json-text.ts';
import { milliseconds, pointsOf } from './points.ts';
import type { OtlpSettings } from './settings.ts';

export type Outcome =
  /** Safe, but for so many that nobody can take. */
  | { readonly ok: true; readonly rejected: number; readonly reason: string }
  /** Not now: the client is to send it again. */
  | { readonly ok: false; readonly reason: string };

/** `pushed` is called when everything was pushed, before it is safe. */
export interface Intake {
  logs(request: ExportLogsServiceRequest, pushed: () => void): Promise<Outcome>;
  metrics(request: ExportMetricsServiceRequest, pushed: () => void): Promise<Outcome>;
  /** Why nothing can be taken now. */
  busy(): string | undefined;
}

/** Points lie on the heap; a batch of them has about a slab's size. */
const pointsAtOnce = 5_000;
/** A JavaScript character is at most so many bytes of UTF-8. */
const bytesPerCharacter = 3;

export function openIntake(settings: OtlpSettings, context: SourceContext): Intake {
  const outflow = new Outflow(context);
  const { labels, tags } = settings;
  const stream: Stream = { source: context.name, generation: newGeneration(), labels, tags, format: 'otlp', pushed: true };
  const conclude = async (delivered: Promise<boolean>, rejected: number, reason: string): Promise<Outcome> => {
    const safe = await within(context, settings.requestTimeout, delivered);
    if (safe === true) return { ok: true, rejected, reason };
    return { ok: false, reason: safe === undefined ? 'records do not become safe in time' : 'the records were given up on the way' };
  };
  return {
    busy: () => (outflow.full === undefined ? undefined : 'there is no room for more records'),
    async logs(request, pushed) {
      const { receipt, delivered } = requestReceipt();
      const writer = await RequestWriter.open(context, outflow, stream, receipt);
      try {
        await writeLogs(writer, request);
      } catch (error) {
        writer.abandon();
        throw error;
      }
      await writer.finish();
      pushed();
      return conclude(delivered, 0, '');
    },
    async metrics(request, pushed) {
      const { points, rejected } = pointsOf(request);
      const { receipt, delivered } = requestReceipt();
      for (let from = 0; from < points.length; from += pointsAtOnce) {
        receipt.hold();
        await outflow.sendWhenRoom(new MetricBatch(stream, points.slice(from, from + pointsAtOnce), receipt));
      }
      receipt.release();
      pushed();
      context.counters.errors += rejected;
      return conclude(delivered, rejected, rejected === 0 ? '' : 'metrics of an unknown kind');
    },
  };
}

async function writeLogs(writer: RequestWriter, request: ExportLogsServiceRequest): Promise<void> {
  for (const { resource, scopeLogs, schemaUrl } of request.resourceLogs) {
    for (const { scope, logRecords, schemaUrl: scopeSchemaUrl } of scopeLogs) {
      const around = surroundings(resource, schemaUrl, scope, scopeSchemaUrl);
      for (const record of logRecords) {
        const text = recordText(record, around);
        const wait = writer.room(text.length * bytesPerCharacter);
        if (wait !== undefined) await wait;
        writer.json.text(text);
        const nanos = record.timeUnixNano === 0n ? record.observedTimeUnixNano : record.timeUnixNano;
        writer.end(nanos === 0n ? Number.NaN : milliseconds(nanos));
      }
    }
  }
}
