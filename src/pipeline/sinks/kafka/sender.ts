/**
 * Batches → partitions → requests → acknowledgements.
 *
 * - A batch without keys is given a partition, and with it a sequence number, only when it is sent: to the one that has least to do of those that can take it. So
 *   a partition without a leader gets none, and nothing waits for it.
 * - A batch that came back is sent again to the same partition with the same sequence number, in order, before anything else.
 */
import { commonVersion, produceApi } from './protocol/apis.ts';
import { sequenceAfter } from './protocol/record-batch.ts';
import type { Sending } from './requests.ts';
import { Requests } from './requests.ts';
import { Returns } from './returns.ts';
import type { SenderOptions, SendingNode } from './sender-options.ts';
import { nobody } from './sender-options.ts';
import type { Partition, Topic } from './topic.ts';
import type { WireBatch } from './wire-batch.ts';

/** A broker remembers the last five batches of a producer in each partition. */
const mostInFlight = 5;
const zstdCode = 4;
const zstdProduceVersion = 7;

export class Sender {
  readonly #options: SenderOptions;
  readonly #returns: Returns;
  readonly #requests: Requests;
  #order = 0;
  #closed = false;

  constructor(options: SenderOptions) {
    const pump = () => this.pump();
    this.#options = options;
    this.#returns = new Returns(options, pump);
    this.#requests = new Requests(options, this.#returns, pump);
  }

  /** Sends what can be sent now. */
  pump(): void {
    if (this.#closed) return;
    const requests = new Map<SendingNode, Sending[]>();
    for (const topic of this.#options.cluster.topics.values()) this.#pumpTopic(topic, requests);
    for (const [node, sending] of requests) this.#requests.send(node, sending);
  }

  close(): void {
    this.#closed = true;
    this.#returns.close();
    this.#requests.close();
  }

  #pumpTopic(topic: Topic, requests: Map<SendingNode, Sending[]>): void {
    for (const partition of topic.partitions) {
      this.#returns.watch(partition);
      for (let batch = this.#nextOwn(partition); batch !== undefined; batch = this.#nextOwn(partition)) {
        const node = this.#ready(partition, requests);
        if (node === undefined || !this.#takes(node, partition, batch)) break;
        (partition.returned[0] === batch ? partition.returned : partition.queue).shift();
        this.#assign(partition, batch, node, requests);
      }
    }
    for (let batch = topic.shared.queue[0]; batch?.codec !== undefined; batch = topic.shared.queue[0]) {
      const partition = this.#pick(topic, requests);
      const node = partition === undefined ? undefined : this.#ready(partition, requests);
      if (partition === undefined || node === undefined || !this.#takes(node, partition, batch)) break;
      topic.shared.queue.shift();
      this.#assign(partition, batch, node, requests);
    }
  }

  /** What has to go to this partition, next. */
  #nextOwn(partition: Partition): WireBatch | undefined {
    if (partition.settling) return undefined;
    const [returned] = partition.returned;
    if (returned !== undefined) return returned;
    const [next] = partition.queue;
    return next?.codec === undefined ? undefined : next;
  }

  /** The least busy partition that can take a batch; the turn goes round among equals. */
  #pick(topic: Topic, requests: Map<SendingNode, Sending[]>): Partition | undefined {
    const { partitions } = topic;
    let best: Partition | undefined;
    for (let index = 0; index < partitions.length; index++) {
      const partition = partitions[(topic.turn + index) % partitions.length];
      if (partition === undefined || partition.returned.length > 0 || partition.queue.length > 0) continue;
      if (best !== undefined && partition.inFlight.length >= best.inFlight.length) continue;
      if (this.#ready(partition, requests) === undefined) continue;
      best = partition;
      if (best.inFlight.length === 0) break;
    }
    if (best !== undefined) topic.turn = (best.index + 1) % partitions.length;
    return best;
  }

  /** The broker that takes a batch for it now. */
  #ready(partition: Partition, requests: Map<SendingNode, Sending[]>): SendingNode | undefined {
    const { settings, cluster, context, identity, wakeAt } = this.#options;
    const node = cluster.nodes.get(partition.leader);
    if (node?.link.connection === undefined || partition.settling) return undefined;
    if (settings.idempotent && identity.current === undefined) return undefined;
    if (partition.inFlight.length >= (settings.idempotent || settings.key === undefined ? mostInFlight : 1)) return undefined;
    const now = context.clock.monotonicMs();
    const earliest = Math.max(partition.notBeforeMs, node.throttledUntilMs);
    if (earliest > now) {
      wakeAt(earliest);
      return undefined;
    }
    // One slow broker must not fill all the memory: each has its part of it, and at least one request.
    const collected = requests.get(node)?.reduce((sum, { batch }) => sum + batch.countedBytes, 0) ?? 0;
    const inFlight = node.inFlightBytes + collected;
    return inFlight === 0 || inFlight < settings.maxInFlight / (cluster.up + 1) ? node : undefined;
  }

  /** A broker older than 2.1 has no zstd: then the batch is made anew first. */
  #takes(node: SendingNode, partition: Partition, batch: WireBatch): boolean {
    const version = commonVersion(produceApi, node.link.offered) ?? 0;
    if (batch.codec !== zstdCode || version >= zstdProduceVersion) return true;
    batch.mend = { how: 'recode', reason: 'the broker is older than Kafka 2.1' };
    const from = partition.returned[0] === batch ? partition.returned : batch.bound ? partition.queue : batch.topic.shared.queue;
    from.shift();
    partition.returned.unshift(batch);
    partition.settling = true;
    void this.#returns.settle(partition);
    return false;
  }

  #assign(partition: Partition, batch: WireBatch, node: SendingNode, requests: Map<SendingNode, Sending[]>): void {
    if (batch.producer === undefined) this.#number(partition, batch);
    partition.inFlight.push(batch);
    const sending = requests.get(node);
    if (sending === undefined) requests.set(node, [{ partition, batch }]);
    else sending.push({ partition, batch });
  }

  #number(partition: Partition, batch: WireBatch): void {
    const current = this.#options.identity.current ?? nobody;
    if (partition.producer?.id !== current.id) {
      partition.producer = current;
      partition.nextSequence = 0;
    }
    batch.producer = partition.producer;
    batch.sequence = partition.nextSequence;
    batch.order = this.#order++;
    partition.nextSequence = sequenceAfter(batch.sequence, batch.records);
  }
}
