/** Metadata: which brokers there are, and which of them leads which partition. */
import { isFlexible, metadataApi } from './apis.ts';
import { WireReader } from './reader.ts';
import { WireWriter } from './writer.ts';

export function metadataRequest(version: number, topics: readonly string[], createTopics: boolean): Buffer {
  const writer = new WireWriter(isFlexible(metadataApi, version)).arrayLength(topics.length);
  for (const topic of topics) writer.string(topic).tags();
  if (version >= 4) writer.boolean(createTopics);
  if (version >= 8) writer.boolean(false).boolean(false);
  return writer.tags().finish();
}

export interface BrokerEntry {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

export interface PartitionEntry {
  readonly error: number;
  readonly index: number;
  /** −1: none. */
  readonly leader: number;
}

export interface TopicEntry {
  readonly error: number;
  readonly name: string;
  readonly partitions: readonly PartitionEntry[];
}

export interface Metadata {
  readonly brokers: readonly BrokerEntry[];
  readonly topics: readonly TopicEntry[];
}

export function readMetadata(body: Buffer, version: number): Metadata | undefined {
  const reader = new WireReader(body, isFlexible(metadataApi, version));
  reader.tags();
  if (version >= 3) reader.int32();
  const brokers = reader.array(() => {
    const broker = { id: reader.int32(), host: reader.string() ?? '', port: reader.int32() };
    reader.string();
    reader.tags();
    return broker;
  });
  if (version >= 2) reader.string();
  reader.int32();
  const topics = reader.array(() => topicEntry(reader, version));
  return reader.ok ? { brokers, topics } : undefined;
}

function topicEntry(reader: WireReader, version: number): TopicEntry {
  const error = reader.int16();
  const name = reader.string() ?? '';
  reader.boolean();
  const partitions = reader.array(() => partitionEntry(reader, version));
  if (version >= 8) reader.int32();
  reader.tags();
  return { error, name, partitions };
}

function partitionEntry(reader: WireReader, version: number): PartitionEntry {
  const entry = { error: reader.int16(), index: reader.int32(), leader: reader.int32() };
  if (version >= 7) reader.int32();
  const nodes = version >= 5 ? 3 : 2; // replicas, in-sync replicas, offline replicas
  for (let list = 0; list < nodes; list++) reader.array(() => reader.int32());
  reader.tags();
  return entry;
}
