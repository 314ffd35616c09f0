/** For tests: a source that tails a folder of its own, and a receiver that keeps what it got, acknowledges or not, and checks that nothing is held in the end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import type { EventName } from '../../observe/events/index.ts';
import type { Fields, Log } from '../../observe/log.ts';
import type { Batch } from '../batch.ts';
import { newSourceCounters } from '../counters.ts';
import { anyAddress } from '../data-plane.ts';
import { openPositions } from '../positions/open.ts';
import type { Positions } from '../positions/positions.ts';
import { realDisk } from '../real-disk.ts';
import type { Receipt } from '../receipt.ts';
import { createSlabPool } from '../slab-pool.ts';
import type { Source, SourceContext } from '../source.ts';
import type { Stream } from '../stream.ts';

export interface Got {
  readonly text: string;
  readonly bytes: Buffer;
  readonly stream: Stream;
  readonly position: number;
}

/** `settle`: acknowledges at once. `keep`: keeps receipts for the test. */
export type Acknowledge = 'settle' | 'keep';

export class Rig implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'fairlead-tail-'));
  readonly slabs = createSlabPool(8);
  readonly got: Got[] = [];
  readonly receipts: Receipt[] = [];
  readonly said: { readonly name: EventName; readonly fields: Fields }[] = [];
  counters = newSourceCounters();
  acknowledge: Acknowledge = 'settle';
  /** While it is set, the receiver is full after each batch. */
  full: Promise<void> | undefined;
  /** Bytes are not kept: for tests of much. */
  countOnly = false;
  /** How many times faster than it is time seems to pass. */
  speed = 1;
  count = 0;
  #positions: (Positions & AsyncDisposable) | undefined;
  #source: Source | undefined;
  #waiting: (() => void)[] = [];

  path(name: string): string {
    return join(this.dir, name);
  }

  get source(): Source {
    if (this.#source === undefined) throw new Error('no source runs');
    return this.#source;
  }

  get texts(): readonly string[] {
    return this.got.map(({ text }) => text);
  }

  async context(name = 'files'): Promise<SourceContext> {
    this.#positions ??= await openPositions(join(this.dir, '.positions'), { disk: realDisk, clock: systemClock, log: this.#log });
    const { slabs, counters } = this;
    return {
      ...{ name, clock: this.#clock, log: this.#log, random: Math.random, slabs, counters, plane: anyAddress },
      positions: this.#positions,
      registry: new Registry(),
      push: (batch) => this.#push(batch),
    };
  }

  async start(create: (context: SourceContext) => Promise<Source>): Promise<Source> {
    this.#source = await create(await this.context());
    return this.#source;
  }

  /** As a reload does: the positions stay in memory. */
  async reload(create: (context: SourceContext) => Promise<Source>): Promise<void> {
    await this.#source?.close();
    await this.start(create);
  }

  /** As the end of the process does; what is not acknowledged is forgotten. */
  async stop(): Promise<void> {
    await this.#source?.close();
    this.#source = undefined;
    await this.#positions?.[Symbol.asyncDispose]();
    this.#positions = undefined;
    this.receipts.length = 0;
  }

  /** Resolves when it holds; looked at whenever something arrives, and now and then. */
  async until(what: string, holds: () => boolean, withinMs = 30_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!holds()) {
      if (Date.now() > deadline)
        throw new Error(`not within ${withinMs} ms: ${what}; got ${this.got.length}: ${this.texts.slice(-5).join(' | ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  records(count: number): Promise<void> {
    return this.until(`${count} records`, () => this.got.length >= count);
  }

  settleAll(): void {
    for (const receipt of this.receipts.splice(0)) receipt.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.settleAll();
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
    if (this.slabs.out !== 0) throw new Error(`${this.slabs.out} slabs are still held`);
  }

  #push(batch: Batch): Promise<void> | undefined {
    if (batch.kind === 'logs') {
      this.count += batch.count;
      for (let record = 0; record < batch.count && !this.countOnly; record++) {
        const bytes = Buffer.from(batch.bytes.subarray(batch.starts[record], batch.ends[record]));
        this.got.push({ bytes, text: bytes.toString(), stream: batch.stream, position: batch.positionOf(record) });
      }
    }
    batch.free();
    if (this.acknowledge === 'settle') batch.receipt.release();
    else this.receipts.push(batch.receipt);
    for (const wake of this.#waiting.splice(0)) wake();
    return this.full;
  }

  /** The wall clock stays what it is: files have times of it. */
  readonly #clock: Clock = {
    now: () => systemClock.now(),
    monotonicMs: () => systemClock.monotonicMs() * this.speed,
    after: (delayMs, task) => systemClock.after(delayMs / this.speed, task),
  };

  readonly #log: Log = {
    event: (name, fields = {}) => {
      this.said.push({ name, fields });
    },
    with: () => this.#log,
  };
}
