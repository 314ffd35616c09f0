/** One request to a broker, with batches for several partitions, and what its answer says about each. */
import { askedDelayMs } from '../../../core/backoff.ts';
import type { Answer } from './connect/connection.ts';
import { commonVersion, produceApi } from './protocol/apis.ts';
import { errorName, kafkaError } from './protocol/errors.ts';
import type { ProduceResult } from './protocol/produce.ts';
import { produceRequest, readProduce } from './protocol/produce.ts';
import type { Piece } from './protocol/record-batch.ts';
import { batchHeader, batchHeaderBytes, pieceBytes } from './protocol/record-batch.ts';
import type { Returns } from './returns.ts';
import type { SenderOptions, SendingNode } from './sender-options.ts';
import { nobody } from './sender-options.ts';
import type { Partition } from './topic.ts';
import type { WireBatch } from './wire-batch.ts';

/** Several batches go in one request as long as together they are no larger than this. */
const requestBytes = 1 << 20;
const mostDamaged = 5;
/** Nobody is left alone for longer because a quota is used up. */
const longestThrottleMs = 30_000;

const soon = { firstMs: 50, maxMs: 1_000 };
const busy = { firstMs: 100, maxMs: 10_000 };
const refused = { firstMs: 500, maxMs: 30_000 };

export interface Sending {
  readonly partition: Partition;
  readonly batch: WireBatch;
}

export class Requests {
  readonly #options: SenderOptions;
  readonly #returns: Returns;
  readonly #pump: () => void;
  #closed = false;

  constructor(options: SenderOptions, returns: Returns, pump: () => void) {
    this.#options = options;
    this.#returns = returns;
    this.#pump = pump;
  }

  close(): void {
    this.#closed = true;
  }

  /** One request after the other, each with at most one batch for a partition. */
  send(node: SendingNode, sending: Sending[]): void {
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

  #request(node: SendingNode, request: Sending[]): void {
    const { connection, offered } = node.link;
    const { settings, context } = this.#options;
    const version = commonVersion(produceApi, offered);
    if (connection === undefined || version === undefined) {
      // Nobody can produce with this broker: said, and tried again when somebody exchanges it.
      for (const { partition, batch } of request)
        this.#returns.comesBack(partition, batch, refused, 'the broker speaks no version of Produce that is spoken here');
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
      this.#pump();
    });
  }

  #answered(node: SendingNode, version: number, request: readonly Sending[], answer: Answer, startMs: number): void {
    const { clock, log, counters } = this.#options.context;
    const response = answer.ok ? readProduce(answer.body, version) : undefined;
    if (response === undefined) {
      counters.errors += 1;
      const reason = answer.ok ? 'its answer to Produce cannot be read' : answer.sentence;
      for (const { partition, batch } of request) {
        batch.unclear = true;
        this.#returns.comesBack(partition, batch, soon, reason, false);
      }
      if (answer.ok) node.link.connection?.end(reason);
      return;
    }
    const now = clock.monotonicMs();
    node.link.answered(now - startMs);
    if (response.throttleMs > 0) {
      const throttleMs = Math.min(response.throttleMs, longestThrottleMs);
      if (node.throttledUntilMs < now - 60_000) log.event('pipeline.kafka.throttled', { broker: node.link.to, throttleMs });
      node.throttledUntilMs = Math.max(node.throttledUntilMs, now + throttleMs);
    }
    if (response.results.some(({ error }) => error !== 0)) counters.errors += 1;
    for (const { partition, batch } of request) {
      const result = response.results.find((one) => one.partition === partition.index && one.topic === partition.topic.name);
      if (result === undefined) {
        batch.unclear = true;
        this.#returns.comesBack(partition, batch, soon, 'the answer leaves this partition out');
      } else this.#settleResult(partition, batch, result, response.throttleMs);
    }
  }

  #settleResult(partition: Partition, batch: WireBatch, { error, reason }: ProduceResult, throttleMs: number): void {
    const { clock, random } = this.#options.context;
    const { treatment, unclear } = kafkaError(error);
    const sentence = reason === undefined ? errorName(error) : `${errorName(error)}: ${reason}`;
    const first =
      !partition.inFlight.some(({ order }) => order < batch.order) && !partition.returned.some(({ order }) => order < batch.order);
    if (unclear) batch.unclear = true;
    switch (treatment) {
      case 'delivered':
        return this.#returns.delivered(partition, batch);
      case 'refresh':
        this.#options.cluster.refresh();
        return this.#returns.comesBack(partition, batch, soon, sentence);
      case 'again':
        if (throttleMs > 0) partition.notBeforeMs = clock.monotonicMs() + askedDelayMs(throttleMs, random);
        return this.#returns.comesBack(partition, batch, busy, sentence);
      case 'sequence':
        // When one before it is still open, it is that one's fault: both are sent again, and nothing is wrong.
        if (first) this.#returns.newEpoch(partition, sentence);
        return this.#returns.comesBack(partition, batch, soon, sentence, false);
      case 'identity':
        this.#options.identity.renew();
        this.#returns.newEpoch(partition, sentence);
        return this.#returns.comesBack(partition, batch, soon, sentence);
      case 'damaged':
        batch.damaged += 1;
        if (batch.damaged >= mostDamaged) batch.mend = { how: 'split', reason: sentence };
        return this.#returns.comesBack(partition, batch, soon, sentence, false);
      case 'large':
      case 'poison':
        batch.mend = { how: 'split', reason: sentence };
        return this.#returns.comesBack(partition, batch, undefined, sentence, false);
      case 'codec':
        batch.mend = { how: 'recode', reason: sentence };
        return this.#returns.comesBack(partition, batch, undefined, sentence, false);
      case 'refused':
        this.#options.cluster.refresh();
        return this.#returns.comesBack(partition, batch, refused, sentence);
      default:
        return treatment satisfies never;
    }
  }
}

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
