/**
 * What becomes of batches that came back: sent again to the same partition with the same sequence numbers, under new ones, in parts, or elsewhere.
 *
 * As soon as one comes back nothing more is sent to its partition until everything that is in flight there is answered; then all of it is put in order.
 */
import type { Backoff } from '../../../core/backoff.ts';
import { backoffMs } from '../../../core/backoff.ts';
import { sequenceAfter } from './protocol/record-batch.ts';
import type { SenderOptions } from './sender-options.ts';
import type { Partition } from './topic.ts';
import { nameOf } from './topic.ts';
import type { WireBatch } from './wire-batch.ts';

/** Without a leader that can be reached for this long, batches that may have been appended go to other partitions all the same. */
const moveAfterMs = 30_000;

export class Returns {
  readonly #options: SenderOptions;
  readonly #pump: () => void;
  #closed = false;

  /** `pump`: something can be sent now. */
  constructor(options: SenderOptions, pump: () => void) {
    this.#options = options;
    this.#pump = pump;
  }

  close(): void {
    this.#closed = true;
  }

  delivered(partition: Partition, batch: WireBatch): void {
    remove(partition.inFlight, batch);
    partition.failures = 0;
    this.#options.notices.end(`partition ${nameOf(partition)}`, 'pipeline.kafka.partition-back', { partition: nameOf(partition) });
    this.#options.onDelivered(batch);
    if (partition.settling && partition.inFlight.length === 0) void this.settle(partition);
  }

  /** Sequence numbers of the partition have to begin anew. */
  newEpoch(partition: Partition, reason: string): void {
    if (!partition.restart) this.#options.context.log.event('pipeline.kafka.new-epoch', { partition: nameOf(partition), reason });
    partition.restart = true;
  }

  /** `say`: whether it is worth a notice; a lost connection has its own. */
  comesBack(partition: Partition, batch: WireBatch, wait: Backoff | undefined, reason: string, say = true): void {
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
    if (partition.inFlight.length === 0) void this.settle(partition);
  }

  /** Nothing is in flight any more: puts in order what came back, and lets it be sent again. */
  async settle(partition: Partition): Promise<void> {
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
    this.#pump();
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
  watch(partition: Partition): void {
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

function remove(batches: WireBatch[], batch: WireBatch): void {
  const at = batches.indexOf(batch);
  if (at !== -1) batches.splice(at, 1);
}
