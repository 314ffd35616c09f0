/**
 * Batches → partitions → requests → acknowledgements.
 *
 * - A batch without keys is given a partition, and with it a sequence number, only when it is sent: to the one that has least to do of those that can take it. So
 *   a partition without a leader gets none, and nothing waits for it.
 * - A batch that came back is sent again to the same partition with the same sequence number, in order, before anything else.
 */
import { askedDelayMs, backoffMs } from '../../../core/backoff.ts';
import type { SinkContext } from '../../sink.ts';
import type { Cluster, Node } from './cluster.ts';
import type { Answer } from './connect/connection.ts';
import type { Identity } from './identity.ts';
import type { Notices } from './notices.ts';
import { commonVersion, produceApi } from './protocol/apis.ts';
import { errorName, kafkaError } from './protocol/errors.ts';
import type { ProduceResult } from './protocol/produce.ts';
import { produceRequest, readProduce } from './protocol/produce.ts';
import type { Piece } from './protocol/record-batch.ts';
import { batchHeader, batchHeaderBytes, pieceBytes, sequenceAfter } from './protocol/record-batch.ts';
import type { KafkaSettings } from './settings.ts';
import type { Partition, Topic } from './topic.ts';
import { nameOf } from './topic.ts';
import type { WireBatch } from './wire-batch.ts';

/** A broker remembers the last five batches of a producer in each partition. */
const mostInFlight = 5;
/** Several batches go in one request as long as together they are no larger than this. */
const requestBytes = 1 << 20;
/** Without a leader that can be reached for this long, batches that may have been appended go to other partitions all the same. */
const moveAfterMs = 30_000;
const mostDamaged = 5;
const zstdCode = 4;
const zstdProduceVersion = 7;

const soon = { firstMs: 50, maxMs: 1_000 };
const busy = { firstMs: 100, maxMs: 10_000 };
const refused = { firstMs: 500, maxMs: 30_000 };

export interface SenderOptions {
  readonly settings: KafkaSettings;
  readonly context: SinkContext;
  readonly cluster: Cluster;
  readonly identity: Identity;
  readonly notices: Notices;
  /** It is there, and acknowledged: everything of it can be let go. */
  onDelivered(batch: WireBatch): void;
  /** Takes returned batches apart, or makes them anew, as their `mend` says; what comes back takes their place. */
  mend(batch: WireBatch): Promise<readonly WireBatch[]>;
  /** Something can be sent, later: `pump` has to be called then (monotonic). */
  wakeAt(ms: number): void;
}

interface Sending {
  readonly partition: Partition;
  readonly batch: WireBatch;
}

export class Sender {
  readonly #options: SenderOptions;
  #order = 0;
  #closed = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Sends what can be sent now. */
  pump(): void {
    if (this.#closed) return;
    const requests = new Map<Node, Sending[]>();
    for (const topic of this.#options.cluster.topics.values()) this.#pumpTopic(topic, requests);
    for (const [node, sending] of requests) this.#send(node, sending);
  }

  close(): void {
    this.#closed = true;
  }

  #pumpTopic(topic: Topic, requests: Map<Node, Sending[]>): void {
    for (const partition of topic.partitions) {
      this.#watch(partition);
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
  #pick(topic: Topic, requests: Map<Node, Sending[]>): Partition | undefined {
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
  #ready(partition: Partition, requests: Map<Node, Sending[]>): Node | undefined {
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
  #takes(node: Node, partition: Partition, batch: WireBatch): boolean {
    const version = commonVersion(produceApi, node.link.offered) ?? 0;
    if (batch.codec !== zstdCode || version >= zstdProduceVersion) return true;
    batch.mend = { how: 'recode', reason: 'the broker is older than Kafka 2.1' };
    const from = partition.returned[0] === batch ? partition.returned : batch.bound ? partition.queue : batch.topic.shared.queue;
    from.shift();
    partition.returned.unshift(batch);
    partition.settling = true;
    void this.#settle(partition);
    return false;
  }

  #assign(partition: Partition, batch: WireBatch, node: Node, requests: Map<Node, Sending[]>): void {
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

  /** One request after the other, each with at most one batch for a partition. */
  #send(node: Node, sending: Sending[]): void {
    while (sending.length > 0) {
      const request: Sending[] = [];
      const partitions = new Set<Partition>();
      let bytes = 0;
      for (let next = sending[0]; next !== undefined; next = sending[0]) {
        if (partitions.has(next.partition) || (bytes > 0 && bytes + next.batch.countedBytes > requestBytes)) break;
        partitions.add(next.partition);
        bytes += next.batch.countedBytes;
        request.push(next);
        sending.shift();
      }
      this.#request(node, request);
    }
  }

  #request(node: Node, request: Sending[]): void {
    const { connection, offered } = node.link;
    const { settings, context } = this.#options;
    const version = commonVersion(produceApi, offered);
    if (connection === undefined || version === undefined) {
      // Nobody can produce with this broker: said, and tried again when somebody exchanges it.
      for (const { partition, batch } of request)
        this.#comesBack(partition, batch, refused, 'the broker speaks no version of Produce that is spoken here');
      return;
    }
    request.sort((a, b) => (a.partition.topic === b.partition.topic ? 0 : a.partition.topic.name < b.partition.topic.name ? -1 : 1));
    const headers = request.map(({ batch }) => headerOf(batch, settings.idempotent));
    const parts = request.map(({ partition, batch }) => ({
      topic: partition.topic.name,
      partition: partition.index,
      bytes: batchHeaderBytes + pieceBytes(batch.pieces),
    }));
    // The broker gives up before we do, so that its answer says what it knows.
    const between = produceRequest(version, Math.floor(settings.requestTimeout * 0.8), parts);
    const body: Piece[] = [];
    between.forEach((bytes, index) => {
      const header = headers[index];
      body.push(whole(bytes));
      if (header !== undefined) body.push(whole(header), ...(request[index]?.batch.pieces ?? []));
    });
    const bytes = pieceBytes(body);
    const startMs = context.clock.monotonicMs();
    node.inFlightBytes += bytes;
    context.counters.requests += 1;
    context.counters.wireBytes += connection.send(produceApi, version, body, bytes, settings.requestTimeout, (answer) => {
      node.inFlightBytes -= bytes;
      if (this.#closed) return;
      this.#answered(node, version, request, answer, startMs);
      this.pump();
    });
  }

  #answered(node: Node, version: number, request: readonly Sending[], answer: Answer, startMs: number): void {
    const { clock, log, counters } = this.#options.context;
    const response = answer.ok ? readProduce(answer.body, version) : undefined;
    if (response === undefined) {
      counters.errors += 1;
      const reason = answer.ok ? 'its answer to Produce cannot be read' : answer.sentence;
      for (const { partition, batch } of request) {
        batch.unclear = true;
        this.#comesBack(partition, batch, soon, reason, false);
      }
      if (answer.ok) node.link.connection?.end(reason);
      return;
    }
    const now = clock.monotonicMs();
    node.link.answered(now - startMs);
    if (response.throttleMs > 0) {
      // A broker that must not be asked for long is left alone as it wishes, but nobody is for more than half a minute.
      const throttleMs = Math.min(response.throttleMs, 30_000);
      if (node.throttledUntilMs < now - 60_000) log.event('pipeline.kafka.throttled', { broker: node.link.to, throttleMs });
      node.throttledUntilMs = Math.max(node.throttledUntilMs, now + throttleMs);
    }
    if (response.results.some(({ error }) => error !== 0)) counters.errors += 1;
    for (const { partition, batch } of request) {
      const result = response.results.find((one) => one.partition === partition.index && one.topic === partition.topic.name);
      if (result === undefined) {
        batch.unclear = true;
        this.#comesBack(partition, batch, soon, 'the answer leaves this partition out');
      } else this.#settleResult(partition, batch, result, response.throttleMs);
    }
  }

  #settleResult(partition: Partition, batch: WireBatch, { error, reason }: ProduceResult, throttleMs: number): void {
    const { treatment, unclear } = kafkaError(error);
    const sentence = reason === undefined ? errorName(error) : `${errorName(error)}: ${reason}`;
    const first =
      !partition.inFlight.some(({ order }) => order < batch.order) && !partition.returned.some(({ order }) => order < batch.order);
    if (unclear) batch.unclear = true;
    switch (treatment) {
      case 'delivered':
        return this.#delivered(partition, batch);
      case 'refresh':
        this.#options.cluster.refresh();
        return this.#comesBack(partition, batch, soon, sentence);
      case 'again':
        if (throttleMs > 0) partition.notBeforeMs = this.#in(askedDelayMs(throttleMs, this.#options.context.random));
        return this.#comesBack(partition, batch, busy, sentence);
      case 'sequence':
        // When one before it is still open, it is that one's fault: both are sent again, and nothing is wrong.
        if (first) this.#newEpoch(partition, sentence);
        return this.#comesBack(partition, batch, soon, sentence, false);
      case 'identity':
        this.#options.identity.renew();
        this.#newEpoch(partition, sentence);
        return this.#comesBack(partition, batch, soon, sentence);
      case 'damaged':
        batch.damaged += 1;
        if (batch.damaged >= mostDamaged) batch.mend = { how: 'split', reason: sentence };
        return this.#comesBack(partition, batch, soon, sentence, false);
      case 'large':
      case 'poison':
        batch.mend = { how: 'split', reason: sentence };
        return this.#comesBack(partition, batch, undefined, sentence, false);
      case 'codec':
        batch.mend = { how: 'recode', reason: sentence };
        return this.#comesBack(partition, batch, undefined, sentence, false);
      case 'refused':
        this.#options.cluster.refresh();
        return this.#comesBack(partition, batch, refused, sentence);
      default:
        return treatment satisfies never;
    }
  }

  #delivered(partition: Partition, batch: WireBatch): void {
    remove(partition.inFlight, batch);
    partition.failures = 0;
    this.#options.notices.end(`partition ${nameOf(partition)}`, 'pipeline.kafka.partition-back', { partition: nameOf(partition) });
    this.#options.onDelivered(batch);
    if (partition.settling && partition.inFlight.length === 0) void this.#settle(partition);
  }

  #newEpoch(partition: Partition, reason: string): void {
    if (!partition.restart) this.#options.context.log.event('pipeline.kafka.new-epoch', { partition: nameOf(partition), reason });
    partition.restart = true;
  }

  /** `say`: whether it is worth a notice; a lost connection has its own. */
  #comesBack(
    partition: Partition,
    batch: WireBatch,
    wait: { firstMs: number; maxMs: number } | undefined,
    reason: string,
    say = true,
  ): void {
    const { context, notices } = this.#options;
    context.counters.retries += 1;
    remove(partition.inFlight, batch);
    partition.returned.push(batch);
    partition.settling = true;
    if (wait !== undefined) {
      // Those that come back together are one failure.
      if (partition.returned.length === 1) partition.failures += 1;
      const until = this.#in(backoffMs(wait, Math.max(1, partition.failures), context.random));
      partition.notBeforeMs = Math.max(partition.notBeforeMs, until);
    }
    const name = nameOf(partition);
    if (say) notices.begin(`partition ${name}`, reason, 'pipeline.kafka.partition-away', { partition: name });
    if (partition.inFlight.length === 0) void this.#settle(partition);
  }

  /** Nothing is in flight any more: puts in order what came back, and lets it be sent again. */
  async #settle(partition: Partition): Promise<void> {
    const { returned } = partition;
    returned.sort((a, b) => a.order - b.order);
    for (const batch of returned.filter(({ mend }) => mend !== undefined)) {
      const mended = await this.#options.mend(batch);
      if (this.#closed) return;
      const at = returned.indexOf(batch);
      // Their numbers follow on each other as those of the whole did; a record that is gone leaves a gap.
      let { sequence } = batch;
      for (const part of mended) {
        part.producer = batch.producer;
        part.order = batch.order;
        part.sequence = sequence;
        sequence = sequenceAfter(sequence, part.records);
      }
      if (sequence !== sequenceAfter(batch.sequence, batch.records)) partition.restart = true;
      returned.splice(at, 1, ...mended);
    }
    if (partition.restart) this.#restart(partition);
    this.#giveBack(partition);
    partition.settling = false;
    this.pump();
  }

  /** A new epoch, in which numbers begin at 0: brokers keep them for each partition alone, so the others are not concerned. */
  #restart(partition: Partition): void {
    const { identity } = this.#options;
    partition.restart = false;
    const current = identity.current;
    const before = partition.producer;
    // Epochs are 16 bits; then a new id.
    if (before === undefined || current === undefined || before.id !== current.id) partition.producer = undefined;
    else if (before.epoch >= 0x7fff) {
      identity.renew();
      partition.producer = undefined;
    } else partition.producer = { id: before.id, epoch: before.epoch + 1 };
    partition.nextSequence = 0;
    for (const batch of partition.returned) {
      batch.producer = partition.producer;
      batch.sequence = partition.nextSequence;
      if (batch.producer !== undefined) partition.nextSequence = sequenceAfter(batch.sequence, batch.records);
    }
  }

  /** What surely was not appended, and may go elsewhere, does when this partition has nobody to take it: from the end, so that no gap is left. */
  #giveBack(partition: Partition): void {
    if (this.#options.cluster.nodes.get(partition.leader)?.link.connection !== undefined) return;
    for (let last = partition.returned.at(-1); last !== undefined && !last.unclear && !last.bound; last = partition.returned.at(-1)) {
      partition.returned.pop();
      if (last.producer !== undefined) partition.nextSequence = last.sequence;
      last.producer = undefined;
      partition.topic.shared.queue.unshift(last);
    }
  }

  /** Looks after a partition whose leader cannot be reached. */
  #watch(partition: Partition): void {
    const { cluster, context, wakeAt } = this.#options;
    const now = context.clock.monotonicMs();
    if (cluster.nodes.get(partition.leader)?.link.connection !== undefined) {
      partition.awaySinceMs = undefined;
      return;
    }
    partition.awaySinceMs ??= now;
    if (partition.settling || partition.returned.length === 0) return;
    this.#giveBack(partition);
    if (!partition.returned.some(({ bound }) => !bound)) return;
    if (now - partition.awaySinceMs < moveAfterMs) wakeAt(partition.awaySinceMs + moveAfterMs);
    else if (cluster.up > 0) this.#move(partition, now - partition.awaySinceMs);
  }

  #move(partition: Partition, forMs: number): void {
    const moved = partition.returned.filter(({ bound }) => !bound);
    partition.returned = partition.returned.filter(({ bound }) => bound);
    for (const batch of moved) {
      batch.producer = undefined;
      batch.unclear = false;
    }
    partition.topic.shared.queue.unshift(...moved);
    this.#restart(partition);
    const records = moved.reduce((sum, batch) => sum + batch.records, 0);
    this.#options.context.log.event('pipeline.kafka.moved', { records, partition: nameOf(partition), forMs: Math.round(forMs) });
  }

  #in(delayMs: number): number {
    return this.#options.context.clock.monotonicMs() + delayMs;
  }
}

/** Without idempotence. */
const nobody = { id: -1n, epoch: -1 };

const whole = (bytes: Buffer): Piece => ({ bytes, start: 0, end: bytes.length });

function headerOf(batch: WireBatch, idempotent: boolean): Buffer {
  const { records, baseTimestampMs, maxTimestampMs, producer = nobody } = batch;
  return batchHeader(
    {
      codec: batch.codec ?? 0,
      records,
      baseTimestampMs,
      maxTimestampMs,
      producerId: producer.id,
      producerEpoch: producer.epoch,
      baseSequence: idempotent ? batch.sequence : -1,
    },
    batch.pieces,
  );
}

function remove(batches: WireBatch[], batch: WireBatch): void {
  const at = batches.indexOf(batch);
  if (at !== -1) batches.splice(at, 1);
}
