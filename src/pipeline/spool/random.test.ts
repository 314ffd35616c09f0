/** Random lives of a spool against a ledger. The seed is in the message of a failure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogBatch } from '../batch.ts';
import type { Receipt } from '../receipt.ts';
import { linesBatch, linesOf, seeded } from '../testing/batches.ts';
import type { ModelDisk } from '../testing/model-disk.ts';
import { modelDisk } from '../testing/model-disk.ts';
import type { Spool } from './spool.ts';
import { endlessSlabs, logsOf, open, small } from './testing.ts';

/** Small segments, and room enough that nobody waits for deliveries that come later. */
const roomy = { ...small, maxSize: 64 << 20 };

interface Held {
  readonly receipt: Receipt;
  readonly lines: readonly string[];
}

class World {
  readonly random: () => number;
  slabs = endlessSlabs();
  disk: ModelDisk = modelDisk();
  spool: Spool | undefined;
  readonly acknowledged = new Set<string>();
  readonly delivered = new Set<string>();
  held: Held[] = [];
  #names = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  async step(): Promise<void> {
    this.spool ??= await open(this.disk, roomy, this.#names, this.slabs);
    const spool = this.spool;
    const chance = this.random();
    if (chance < 0.4) await Promise.all(Array.from({ length: 1 + this.#below(3) }, () => this.#append(spool)));
    else if (chance < 0.65) this.#hold(await spool.next());
    else if (chance < 0.85) this.#settle();
    else if (chance < 0.9) this.held.splice(0).map(({ receipt }) => receipt.fail());
    else if (chance < 0.94) await this.#restart(() => this.disk.afterKill());
    else if (chance < 0.98) await this.#restart(() => this.disk.afterPowerCut(this.random));
    else {
      await spool.close();
      await this.#restart(() => this.disk.afterPowerCut(this.random));
    }
  }

  /** Appends are on their way when it ends. */
  async #restart(after: () => ModelDisk): Promise<void> {
    if (this.spool !== undefined) for (let index = this.#below(3); index > 0; index--) void this.#append(this.spool);
    for (let turn = this.#below(12); turn > 0; turn--) await null;
    this.disk = after();
    this.held = [];
    this.slabs = endlessSlabs();
    this.spool = undefined;
  }

  async #append(spool: Spool): Promise<void> {
    this.#names += 1;
    const lines = Array.from({ length: 1 + this.#below(9) }, (_, line) => `${this.#names}.${line} ${'x'.repeat(this.#below(3_000))}`);
    const { stored, receipt } = await spool.append(linesBatch(lines), { through: this.random() < 0.4 });
    if (stored) for (const line of lines) this.acknowledged.add(line);
    if (receipt !== undefined) this.held.push({ receipt, lines });
  }

  #hold(batch: Awaited<ReturnType<Spool['next']>>): void {
    if (batch === undefined) return;
    const logs: LogBatch = logsOf(batch);
    this.held.push({ receipt: logs.receipt, lines: linesOf(logs) });
    logs.free();
  }

  #settle(): void {
    const [one] = this.held.splice(this.#below(this.held.length), 1);
    if (one === undefined) return;
    for (const line of one.lines) this.delivered.add(line);
    one.receipt.release();
  }

  /** Delivers all that is there. */
  async finish(): Promise<void> {
    this.spool ??= await open(this.disk, roomy, 1, this.slabs);
    while (this.held.length > 0) this.#settle();
    for (let batch = await this.spool.next(); batch !== undefined; batch = await this.spool.next()) {
      this.#hold(batch);
      this.#settle();
    }
  }

  #below(limit: number): number {
    return Math.floor(this.random() * limit);
  }
}

/** FAIRLEAD_SPOOL_SEEDS=2000 for a long run. */
const seeds = Number(process.env.FAIRLEAD_SPOOL_SEEDS ?? 30);

test('whatever happens in whatever order: what was acknowledged arrives as it was', async () => {
  let restarts = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const world = new World(seed);
    const disk = world.disk;
    for (let step = 0; step < 60; step++) await world.step();
    restarts += disk === world.disk ? 0 : 1;
    await world.finish();
    const lost = [...world.acknowledged].filter((line) => !world.delivered.has(line)).map((line) => line.slice(0, 8));
    assert.deepEqual(lost, [], `seed ${seed}`);
    assert.equal(world.spool?.depth.records, 0, `seed ${seed}`);
    assert.equal(world.spool?.damaged.records, 0, `seed ${seed}: nothing that was acknowledged was missing`);
    await world.spool?.close();
    const again = await open(world.disk.afterPowerCut(world.random), roomy);
    assert.equal(await again.next(), undefined, `seed ${seed}: what was committed before an orderly end comes no more`);
    assert.equal(world.slabs.out, 0, `seed ${seed}`);
  }
  assert.ok(restarts > seeds / 2);
});
