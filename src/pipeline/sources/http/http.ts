/** The source `http`: records that clients send, answered with 200 when they are safe. */
import type { IncomingMessage } from 'node:http';
import type { LogBatch } from '../../batch.ts';
import { type Body, readBody } from '../../listening/body.ts';
import { ByteBudget } from '../../listening/byte-budget.ts';
import { cut, type RecordRanges } from '../../listening/cut.ts';
import { newGeneration } from '../../listening/generation.ts';
import { type Answer, type HttpDoor, openHttp, within } from '../../listening/http-server.ts';
import { Outflow } from '../../listening/outflow.ts';
import { requestReceipt } from '../../listening/request-writer.ts';
import type { Source, SourceContext } from '../../source.ts';
import type { Stream } from '../../stream.ts';
import { type BodyFormat, formatOf, jsonRecordsOf, linesOf } from './records.ts';
import type { HttpSettings } from './settings.ts';

interface Reception {
  readonly settings: HttpSettings;
  readonly context: SourceContext;
  readonly outflow: Outflow;
  readonly budget: ByteBudget;
  readonly streams: Readonly<Record<'text' | 'json', Stream>>;
}

export async function createHttp(
  settings: HttpSettings,
  context: SourceContext,
): Promise<Source & { readonly address: HttpDoor['address'] }> {
  const { labels, tags } = settings;
  const stream = { source: context.name, generation: newGeneration(), labels, tags, pushed: true };
  const reception: Reception = {
    settings,
    context,
    outflow: new Outflow(context),
    budget: new ByteBudget(settings.maxPending),
    streams: { text: { ...stream, format: 'text' }, json: { ...stream, format: 'json' } },
  };
  const door: HttpDoor = await openHttp(
    {
      what: `source ${context.name} (http)`,
      listen: settings.listen,
      tls: settings.tls,
      tokenFile: settings.tokenFile,
      maxConnections: settings.maxConnections,
      requestTimeoutMs: settings.requestTimeout,
      handle: (request, taken) => handle(reception, door, request, taken),
      refuse: (_, status, reason) => answer(status, { error: reason }),
    },
    context,
  );
  return {
    address: door.address,
    problem: () => door.refusals.reason,
    close: () => door.close(),
  };
}

function answer(status: number, value: unknown, retryAfterS?: number): Answer {
  const retry = retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) };
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...retry }, body: `${JSON.stringify(value)}\n` };
}

async function handle(reception: Reception, door: HttpDoor, request: IncomingMessage, taken: () => void): Promise<Answer | undefined> {
  const { settings, context, outflow } = reception;
  if (request.url?.split('?')[0] !== settings.path) return answer(404, { error: `records are taken at ${settings.path}` });
  if (request.method !== 'POST' && request.method !== 'PUT') {
    const refusal = answer(405, { error: 'use POST or PUT' });
    return { ...refusal, headers: { ...refusal.headers, allow: 'POST, PUT' } };
  }
  const format = settings.format === 'auto' ? formatOf(request.headers['content-type']) : settings.format;
  if (format === undefined) {
    context.counters.errors += 1;
    return answer(415, { error: 'send application/x-ndjson, application/json or text/plain' });
  }
  if (outflow.full !== undefined) return busy(reception, door, 'there is no room for more records');
  const body = await readBody(request, { maxBody: settings.maxBody, budget: reception.budget });
  if (!body.ok) return refused(reception, door, request, body);
  return accept(reception, door, request, { body, format, taken });
}

function busy({ context }: Reception, door: HttpDoor, reason: string): Answer {
  context.counters.refused += 1;
  door.refusals.refused(reason);
  return answer(503, { error: reason }, 1);
}

function refused(reception: Reception, door: HttpDoor, request: IncomingMessage, { refusal }: Body & { ok: false }): Answer | undefined {
  if (refusal === undefined) return undefined;
  if (refusal.status === 503) return busy(reception, door, refusal.reason);
  reception.context.counters.errors += 1;
  door.complaints.say('pipeline.source.rejected', { peer: request.socket.remoteAddress, reason: refusal.reason }, String(refusal.status));
  return answer(refusal.status, { error: refusal.reason }, refusal.retryAfterS);
}

interface Accepted {
  readonly body: Body & { ok: true };
  readonly format: BodyFormat;
  readonly taken: () => void;
}

async function accept(reception: Reception, door: HttpDoor, request: IncomingMessage, accepted: Accepted): Promise<Answer | undefined> {
  const { body, format, taken } = accepted;
  const found = format === 'json' ? jsonRecordsOf(body.bytes) : ({ ok: true, ranges: linesOf(body.bytes) } as const);
  if (!found.ok) {
    reception.budget.give(body.charged);
    return refused(reception, door, request, { ok: false, refusal: { status: 400, reason: found.reason } });
  }
  const { receipt, delivered } = requestReceipt();
  // Given back when the bytes are safe, not when the client is answered: an answer may come earlier, because of its time limit.
  void delivered.then(() => reception.budget.give(body.charged));
  const batches = batchesOf(reception, body.bytes, found.ranges, format, receipt);
  receipt.hold(batches.length);
  for (const batch of batches) await reception.outflow.sendWhenRoom(batch);
  receipt.release();
  taken();
  const settled = await within(reception.context, reception.settings.requestTimeout, delivered);
  if (settled === true) return answer(200, { records: found.ranges.count });
  return busy(reception, door, settled === undefined ? 'records do not become safe in time' : 'the records were given up on the way');
}

function batchesOf(
  reception: Reception,
  bytes: Buffer,
  ranges: RecordRanges,
  format: BodyFormat,
  receipt: ReturnType<typeof requestReceipt>['receipt'],
): readonly LogBatch[] {
  const base = reception.outflow.position;
  reception.outflow.position += bytes.length;
  return cut(reception.streams[format === 'text' ? 'text' : 'json'], bytes, ranges, base, reception.context.clock.now(), receipt);
}
