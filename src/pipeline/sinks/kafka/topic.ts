/** What is known of a topic and its partitions, and what waits for each. Data only; `sender.ts` moves it. */
import type { ProducerId } from './protocol/init-producer-id.ts';
import type { WireBatch } from './wire-batch.ts';

/** Batches in the order in which they were closed; the first may still be compressed. */
export interface Lane {
  /** What records are added to. */
  open: WireBatch | undefined;
  readonly queue: WireBatch[];
}

export interface Partition extends Lane {
  readonly topic: Topic;
  readonly index: number;
  /** Id of the broker that leads it; −1: nobody. */
  leader: number;
  /** In the order of their sequence numbers. */
  inFlight: WireBatch[];
  /** Came back; sent again, in the same order, before anything else and only when nothing is in flight. */
  returned: WireBatch[];
  /** Something in `returned` waits until nothing is in flight, or is being mended. */
  settling: boolean;
  /** Under which its next batch goes; undefined before the first. */
  producer: ProducerId | undefined;
  nextSequence: number;
  /** Sequence numbers have to begin anew, in a new epoch. */
  restart: boolean;
  /** Failures in a row. */
  failures: number;
  /** Nothing before this (monotonic). */
  notBeforeMs: number;
  /** Since when there is no leader that can be reached (monotonic). */
  awaySinceMs: number | undefined;
}

export interface Topic {
  readonly name: string;
  /** Empty as long as nothing is known. */
  partitions: Partition[];
  /** For records without a key, which may go to any partition. */
  readonly shared: Lane;
  /** With which partition the next choice begins. */
  turn: number;
}

export const newTopic = (name: string): Topic => ({ name, partitions: [], shared: { open: undefined, queue: [] }, turn: 0 });

export const newPartition = (topic: Topic, index: number): Partition => ({
  topic,
  index,
  leader: -1,
  open: undefined,
  queue: [],
  inFlight: [],
  returned: [],
  settling: false,
  producer: undefined,
  nextSequence: 0,
  restart: false,
  failures: 0,
  notBeforeMs: 0,
  awaySinceMs: undefined,
});

export const nameOf = ({ topic, index }: Partition): string => `${topic.name}/${index}`;
