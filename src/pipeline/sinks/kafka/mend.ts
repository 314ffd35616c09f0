/** Makes something of a batch that a broker does not take: halves, the same in another compression, or a dead letter. */
import type { DeadLetter } from '../../dead-letters/dead-letters.ts';
import type { SinkContext } from '../../sink.ts';
import type { Sealer } from './sealer.ts';
import { positionOf, type RecordView, recordsOf, rewritten, splitShares } from './split.ts';
import type { Share } from './wire-batch.ts';
import { heapPiece, WireBatch } from './wire-batch.ts';

export interface MendOptions {
  readonly context: SinkContext;
  readonly sealer: Sealer;
  /** `parts` stand for `old` from now on; `gone` was written to the dead-letter file. */
  exchange(old: WireBatch, parts: readonly WireBatch[], gone: WireBatch | undefined): void;
}

export function createMend(options: MendOptions): (batch: WireBatch) => Promise<readonly WireBatch[]> {
  const { context, sealer, exchange } = options;
  const part = async (of: WireBatch, plain: Buffer, records: number, shares: readonly Share[]) => {
    const made = new WireBatch(of.topic, of.bound, of.baseTimestampMs, of.openedMs);
    const packed = await sealer.pack(plain);
    made.maxTimestampMs = of.maxTimestampMs;
    made.records = records;
    made.encodedBytes = plain.length;
    made.shares = [...shares];
    made.pieces = [heapPiece(packed.bytes)];
    made.countedBytes = packed.bytes.length;
    made.codec = packed.code;
    return made;
  };
  return async (batch) => {
    const reason = batch.mend?.reason ?? '';
    if (batch.mend?.how === 'recode') {
      const codec = await sealer.fallBack();
      if (codec !== undefined) context.log.event('pipeline.kafka.codec', { codec });
    }
    const plain = await sealer.plainOf(batch);
    if (batch.mend?.how === 'recode') {
      const recoded = [await part(batch, Buffer.from(plain), batch.records, batch.shares)];
      exchange(batch, recoded, undefined);
      return recoded;
    }
    const views = recordsOf(plain);
    const [first] = views;
    if (views.length === 1 && first !== undefined) {
      await context.deadLetters.put([letterOf(context.name, batch, plain, first, reason)]);
      const topic = batch.topic.name;
      context.log.event('pipeline.kafka.dead-lettered', { records: 1, source: batch.shares[0]?.stream.source, topic, reason });
      exchange(batch, [], batch);
      return [];
    }
    context.log.event('pipeline.kafka.split', { records: batch.records, partition: batch.topic.name, reason });
    const half = views.length >> 1;
    const [before, after] = splitShares(batch.shares, half);
    const parts = [
      await part(batch, rewritten(plain, views.slice(0, half)), half, before),
      await part(batch, rewritten(plain, views.slice(half)), views.length - half, after),
    ];
    exchange(batch, parts, undefined);
    return parts;
  };
}

function letterOf(sink: string, batch: WireBatch, plain: Buffer, record: RecordView, reason: string): DeadLetter {
  const stream = batch.shares[0]?.stream;
  return {
    ...{ sink, reason, source: stream?.source ?? '', generation: stream?.generation ?? '' },
    position: positionOf(plain, record),
    bytes: plain.subarray(record.valueStart, record.valueEnd),
  };
}
