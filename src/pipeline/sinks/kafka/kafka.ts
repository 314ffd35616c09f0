/** The Kafka sink: intake → sealer → sender, and the acknowledgements back to the receipts. */
import { randomBytes } from 'node:crypto';
import type { Batch, LogBatch } from '../../batch.ts';
import { createEncoder } from '../../encode/create-encoder.ts';
import type { Encode } from '../../encode/encoder.ts';
import { type Insertion, insertable, insertionOf } from '../../kernel/json-insert.ts';
import type { KafkaHeaders } from '../../kernel/kafka-records.ts';
import { metricsAsLogs } from '../../sending/metrics-as-logs.ts';
import type { Sink, SinkContext, SinkLink } from '../../sink.ts';
import type { Stream } from '../../stream.ts';
import { Arena } from './arena.ts';
import { Cluster } from './cluster.ts';
import type { Codec } from './compress/codec.ts';
import { codecFor } from './compress/codec.ts';
import { headersFor } from './headers.ts';
import { Identity } from './identity.ts';
import { Intake } from './intake.ts';
import { createMend } from './mend.ts';
import { Notices } from './notices.ts';
import { Router } from './route.ts';
import { Sealer } from './sealer.ts';
import { Sender } from './sender.ts';
import type { KafkaSettings } from './settings.ts';
import type { WireBatch } from './wire-batch.ts';

export async function createKafka(settings: KafkaSettings, context: SinkContext): Promise<Sink> {
  const codec = settings.compression === 'none' ? undefined : await codecFor(settings.compression, settings.compressionLevel);
  return new KafkaSink(settings, context, codec);
}

/** Made once for each stream. Encoding json looks at records one by one, since it promises well-formed objects. */
function insertionsFor(encoding: KafkaSettings['encoding']): (stream: Stream) => Insertion | undefined {
  const known = new WeakMap<Stream, { readonly insertion: Insertion | undefined }>();
  return (stream) => {
    if (encoding !== 'auto' || stream.format === 'text') return undefined;
    const made = known.get(stream) ?? { insertion: insertionOf(stream) };
    known.set(stream, made);
    return made.insertion;
  };
}

/** Timers fire up to this much early; without it such a batch would wait for a second one. */
const timerSlackMs = 1;

class KafkaSink implements Sink {
  readonly #settings: KafkaSettings;
  readonly #context: SinkContext;
  readonly #notices: Notices;
  readonly #cluster: Cluster;
  readonly #identity: Identity;
  readonly #arena: Arena;
  readonly #intake: Intake;
  readonly #sealer: Sealer;
  readonly #sender: Sender;
  readonly #encode: Encode;
  readonly #insertionFor: (stream: Stream) => Insertion | undefined;
  readonly #asLogs: ReturnType<typeof metricsAsLogs>;
  /** All that is not acknowledged, and is not still open. */
  readonly #closedBatches = new Set<WireBatch>();
  #bytes = 0;
  #turnIsDue = false;
  #stopLinger: (() => void) | undefined;
  #stopWake: (() => void) | undefined;
  #wakeMs = Number.POSITIVE_INFINITY;
  #closing = false;
  #closed = false;
  #onEmpty: (() => void) | undefined;
  #dying = 0;

  constructor(settings: KafkaSettings, context: SinkContext, codec: Codec | undefined) {
    this.#settings = settings;
    this.#context = context;
    this.#notices = new Notices(context.clock, context.log);
    this.#asLogs = metricsAsLogs(randomBytes(8).toString('hex'));
    const { tls, sasl, clientId, connectTimeout, requestTimeout } = settings;
    const soon = () => this.#soon();
    this.#cluster = new Cluster({
      settings,
      context,
      notices: this.#notices,
      open: {
        ...{ plane: context.plane, clock: context.clock, clientId, tls, sasl },
        ...{ connectTimeoutMs: connectTimeout, requestTimeoutMs: requestTimeout },
      },
      onChange: soon,
    });
    this.#identity = new Identity({
      context,
      cluster: this.#cluster,
      notices: this.#notices,
      requestTimeoutMs: requestTimeout,
      onKnown: soon,
    });
    this.#arena = new Arena(context.slabs, soon);
    this.#encode = createEncoder(settings.encoding, context);
    this.#insertionFor = insertionsFor(settings.encoding);
    this.#sealer = new Sealer({
      codec,
      slabsInPlace: Math.floor(context.slabs.size / 2),
      slabs: () => this.#arena.slabs,
      onReady: (batch, before) => {
        this.#bytes += batch.countedBytes - before;
        soon();
      },
    });
    const { topic, key, maxTopics } = settings;
    const router = new Router({
      ...{ pattern: topic, key, maxTopics },
      topic: (name) => this.#cluster.topic(name),
      tooManyTopics: (name, instead) =>
        this.#notices.begin('topics', 'too many', 'pipeline.kafka.too-many-topics', { limit: maxTopics, topic: name, instead }),
    });
    const headers = headersFor(settings.encoding);
    this.#intake = new Intake({
      ...{ settings, context, router, arena: this.#arena },
      headersOf: (stream): KafkaHeaders | undefined => headers(stream),
      isFull: () => this.#bytes >= settings.maxInFlight,
      onBytes: (bytes) => {
        this.#bytes += bytes;
      },
      onOpened: () => this.#linger(),
      onClosed: (batch) => {
        this.#closedBatches.add(batch);
        this.#sealer.seal(batch);
      },
      onHopeless: (batch, record, reason) => void this.#bury(batch, record, reason),
    });
    this.#sender = new Sender({
      ...{ settings, context, cluster: this.#cluster, identity: this.#identity, notices: this.#notices },
      onDelivered: (batch) => this.#delivered(batch),
      mend: createMend({
        ...{ context, sealer: this.#sealer },
        exchange: (old, parts, gone) => this.#exchange(old, parts, gone),
      }),
      wakeAt: (ms) => this.#wakeAt(ms),
    });
  }

  push(batch: Batch): Promise<void> | undefined {
    const logs = batch.kind === 'metrics' ? this.#asLogs(batch) : batch;
    // Objects that tags and labels can be put into while they are encoded, which is nearly always so, are not written anew before.
    const insertion = this.#insertionFor(logs.stream);
    if (insertion !== undefined && insertable(logs, insertion)) return this.#take(logs, insertion.bytes);
    const encoded = this.#encode(logs);
    return encoded instanceof Promise ? encoded.then((later) => this.#take(later)) : this.#take(encoded);
  }

  problem(): string | undefined {
    const down = this.#cluster.problem() ?? this.#notices.firstOf('topic ') ?? this.#notices.reasonOf('producer id');
    if (down !== undefined) return down;
    for (const { name, partitions } of this.#cluster.topics.values())
      if (partitions.length > 0 && partitions.every(({ leader }) => !this.#cluster.nodes.has(leader)))
        return `no partition of topic ${name} has a leader`;
    for (const { partitions } of this.#cluster.topics.values())
      for (const { index, topic, failures } of partitions)
        if (failures > 3)
          return `partition ${topic.name}/${index}: ${this.#notices.reasonOf(`partition ${topic.name}/${index}`) ?? 'its leader cannot be reached'}`;
    return undefined;
  }

  links(): readonly SinkLink[] {
    return this.#cluster.links();
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#intake.closeDue(Number.POSITIVE_INFINITY, true);
    this.#soon();
    await this.#emptyWithin(graceMs);
    this.#closed = true;
    this.#stopLinger?.();
    this.#stopWake?.();
    this.#sender.close();
    this.#identity.close();
    this.#cluster.close();
    this.#intake.abandon();
    this.#intake.closeDue(Number.POSITIVE_INFINITY, true);
    await this.#sealer.stop();
    for (const batch of this.#closedBatches) this.#failed(batch);
    this.#closedBatches.clear();
    this.#arena.close();
  }

  #take(batch: LogBatch, insert?: Buffer): Promise<void> | undefined {
    if (!this.#closed) return this.#intake.take(batch, insert);
    batch.free();
    batch.receipt.fail();
    return undefined;
  }

  /** All that may have become possible is looked at once, after everything that happens now. */
  #soon(): void {
    if (this.#turnIsDue || this.#closed) return;
    this.#turnIsDue = true;
    queueMicrotask(() => {
      this.#turnIsDue = false;
      if (!this.#closed) this.#turn();
    });
  }

  #turn(): void {
    if (this.#settings.idempotent) this.#identity.want();
    this.#intake.resume();
    this.#closeDue();
    this.#sender.pump();
    if (this.#isEmpty()) this.#onEmpty?.();
  }

  #closeDue(): void {
    if (!this.#intake.isOpen) return;
    const now = this.#context.clock.monotonicMs();
    if (this.#closing) this.#intake.closeDue(Number.POSITIVE_INFINITY, true);
    else this.#intake.closeDue(now - this.#settings.linger + timerSlackMs, this.#bytes >= this.#settings.maxInFlight);
  }

  #linger(): void {
    if (this.#stopLinger !== undefined) return;
    this.#stopLinger = this.#context.clock.after(this.#settings.linger, () => {
      this.#stopLinger = undefined;
      if (this.#closed) return;
      this.#closeDue();
      // Either it waits behind others of its lane, whose end brings us here again, or it was opened a little later.
      if (this.#intake.isOpen) this.#linger();
    });
  }

  #wakeAt(ms: number): void {
    if (ms >= this.#wakeMs) return;
    this.#wakeMs = ms;
    this.#stopWake?.();
    const { clock } = this.#context;
    this.#stopWake = clock.after(ms - clock.monotonicMs(), () => {
      this.#wakeMs = Number.POSITIVE_INFINITY;
      this.#soon();
    });
  }

  #delivered(batch: WireBatch): void {
    const { counters } = this.#context;
    this.#closedBatches.delete(batch);
    this.#letGo(batch);
    for (const { receipt, records, bytes } of batch.shares) {
      counters.records += records;
      counters.bytes += bytes;
      receipt.release();
    }
    this.#soon();
  }

  #failed(batch: WireBatch): void {
    this.#letGo(batch);
    for (const { receipt } of batch.shares) receipt.fail();
  }

  #letGo(batch: WireBatch): void {
    const { counters } = this.#context;
    batch.replacePieces([]);
    this.#bytes -= batch.countedBytes;
    batch.countedBytes = 0;
    for (const { records, bytes } of batch.shares) {
      counters.pendingRecords -= records;
      counters.pendingBytes -= bytes;
    }
  }

  /** A batch was taken apart: its parts stand for it, and what is in none of them is in the dead-letter file. */
  #exchange(old: WireBatch, parts: readonly WireBatch[], gone: WireBatch | undefined): void {
    this.#closedBatches.delete(old);
    this.#bytes -= old.countedBytes;
    old.replacePieces([]);
    for (const part of parts) {
      this.#bytes += part.countedBytes;
      // What was being taken apart while the sink was closed is given up like everything else.
      if (this.#closed) this.#failed(part);
      else this.#closedBatches.add(part);
    }
    if (gone === undefined) return;
    const { counters } = this.#context;
    for (const { receipt, records, bytes } of gone.shares) {
      counters.deadLettered += records;
      counters.pendingRecords -= records;
      counters.pendingBytes -= bytes;
      receipt.release();
    }
    this.#soon();
  }

  async #bury(batch: LogBatch, record: number, reason: string): Promise<void> {
    const { deadLetters, name, counters } = this.#context;
    const { stream, receipt } = batch;
    this.#dying += 1;
    await deadLetters.put([
      {
        ...{ sink: name, reason, source: stream.source, generation: stream.generation, position: batch.positionOf(record) },
        bytes: batch.bytes.subarray(batch.starts[record], batch.ends[record]),
      },
    ]);
    this.#dying -= 1;
    counters.deadLettered += 1;
    receipt.release();
    this.#soon();
  }

  #isEmpty(): boolean {
    return this.#closedBatches.size === 0 && !this.#intake.isOpen && !this.#intake.isWaiting && this.#dying === 0;
  }

  #emptyWithin(graceMs: number): Promise<void> {
    if (this.#isEmpty() || graceMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.#context.clock.after(graceMs, resolve);
      this.#onEmpty = () => {
        stop();
        resolve();
      };
    });
  }
}
