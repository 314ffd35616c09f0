/** Produce: batches of records for partitions that one broker leads. The bytes of records are sent from where they are. */
import { isFlexible, produceApi } from './apis.ts';
import { WireReader } from './reader.ts';
import { WireWriter } from './writer.ts';

export interface ProducePart {
  readonly topic: string;
  readonly partition: number;
  /** Bytes of the RecordBatch, header included. */
  readonly bytes: number;
}

/** Parts of one topic must stand together. What is between the buffers that come back is the RecordBatch of the part of that number. */
export function produceRequest(version: number, timeoutMs: number, parts: readonly ProducePart[]): readonly Buffer[] {
  const flexible = isFlexible(produceApi, version);
  const topics = parts.reduce((count, part, index) => count + (parts[index - 1]?.topic === part.topic ? 0 : 1), 0);
  const between: Buffer[] = [];
  // Null: no transaction. −1: all in-sync replicas acknowledge.
  let writer = new WireWriter(flexible).string(undefined).int16(-1).int32(timeoutMs).arrayLength(topics);
  parts.forEach((part, index) => {
    if (parts[index - 1]?.topic !== part.topic) {
      const count = parts.findIndex((other, at) => at > index && other.topic !== part.topic);
      writer.string(part.topic).arrayLength((count === -1 ? parts.length : count) - index);
    }
    writer.int32(part.partition).bytesLength(part.bytes);
    between.push(writer.finish());
    writer = new WireWriter(flexible).tags();
    if (parts[index + 1]?.topic !== part.topic) writer.tags();
  });
  between.push(writer.tags().finish());
  return between;
}

export interface ProduceResult {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  readonly reason: string | undefined;
}

export interface ProduceResponse {
  readonly results: readonly ProduceResult[];
  /** How long nothing may be sent over this connection (KIP-219). */
  readonly throttleMs: number;
}

export function readProduce(body: Buffer, version: number): ProduceResponse | undefined {
  const reader = new WireReader(body, isFlexible(produceApi, version));
  reader.tags();
  const results = reader
    .array(() => {
      const topic = reader.string() ?? '';
      const entries = reader.array(() => partitionResult(reader, version, topic));
      reader.tags();
      return entries;
    })
    .flat();
  const throttleMs = reader.int32();
  return reader.ok ? { results, throttleMs } : undefined;
}

function partitionResult(reader: WireReader, version: number, topic: string): ProduceResult {
  const partition = reader.int32();
  const error = reader.int16();
  reader.skip(16); // base offset, time of appending
  if (version >= 5) reader.skip(8); // start of the log
  let reason: string | undefined;
  if (version >= 8) {
    const reasons = reader.array(() => {
      reader.int32();
      const text = reader.string();
      reader.tags();
      return text;
    });
    reason = reader.string() ?? reasons.find((text) => text !== undefined);
  }
  reader.tags();
  return { topic, partition, error, reason };
}
