/** A spool on a disk that fails, is full or loses power, at every single operation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Disk } from '../disk.ts';
import type { SlabPool } from '../slab.ts';
import { linesBatch, linesOf, seeded } from '../testing/batches.ts';
import type { ModelDisk } from '../testing/model-disk.ts';
import { modelDisk } from '../testing/model-disk.ts';
import type { Spool } from './spool.ts';
import { bulky, drain, endlessSlabs, logsOf, open, small } from './testing.ts';

/** What was promised, and what arrived. */
interface Ledger {
  readonly slabs: SlabPool;
  readonly acknowledged: Set<string>;
  readonly delivered: Set<string>;
}

const newLedger = (): Ledger => ({ slabs: endlessSlabs(), acknowledged: new Set(), delivered: new Set() });

/** Appends over several segments, reads some, gives some back, commits some, closes; then a second life that appends once more. */
async function life(disk: Disk, ledger: Ledger): Promise<void> {
  const first = await open(disk, small, 1, ledger.slabs);
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => append(first, name, ledger)));
  for (const name of ['e', 'f']) await append(first, name, ledger);
  await deliver(first, 3, ledger);
  const refused = logsOf(await first.next());
  refused.free();
  refused.receipt.fail();
  await append(first, 'g', ledger);
  await deliver(first, 3, ledger);
  await first.close();
  const second = await open(disk, small, 2, ledger.slabs);
  for (const name of ['h', 'i']) await append(second, name, ledger);
  await deliver(second, 1, ledger);
  await second.close();
}

async function append(spool: Spool, name: string, ledger: Ledger): Promise<void> {
  const lines = bulky(name);
  const { stored } = await spool.append(linesBatch(lines));
  if (stored) for (const line of lines) ledger.acknowledged.add(line);
}

async function deliver(spool: Spool, batches: number, ledger: Ledger): Promise<void> {
  for (let index = 0; index < batches; index++) {
    const batch = await spool.next();
    if (batch === undefined) return;
    for (const line of linesOf(logsOf(batch))) ledger.delivered.add(line);
    batch.free();
    batch.receipt.release();
  }
}

async function allArrives(disk: Disk, ledger: Ledger, what: string): Promise<void> {
  const spool = await open(disk, small, 3, endlessSlabs());
  for (const line of await drain(spool)) ledger.delivered.add(line);
  await spool.close();
  const lost = [...ledger.acknowledged].filter((line) => !ledger.delivered.has(line)).map((line) => line.slice(0, 6));
  assert.deepEqual(lost, [], what);
  const invented = [...ledger.delivered].filter((line) => !/^[a-j]-\d+ x{1000}$/.test(line));
  assert.deepEqual(invented, [], what);
}

async function operationsOf(): Promise<number> {
  const disk = modelDisk();
  await life(disk, newLedger());
  return disk.operations;
}

test('power may be cut at every operation: what was acknowledged arrives', async () => {
  const operations = await operationsOf();
  assert.ok(operations > 80);
  for (let cut = 1; cut <= operations; cut++)
    for (const seed of [1, 2]) {
      const disk = modelDisk();
      const ledger = newLedger();
      const random = seeded(seed * 1_000 + cut);
      const after = await new Promise<ModelDisk>((resolve) => {
        disk.fault = (index) => {
          if (index === cut) resolve(disk.afterPowerCut(random));
          return undefined;
        };
        void life(disk, ledger);
      });
      await allArrives(after, ledger, `cut at ${cut} of ${operations}, seed ${seed}`);
    }
});

test('the process may be killed at every operation, and once more while it starts', async () => {
  const operations = await operationsOf();
  for (let cut = 1; cut <= operations; cut++) {
    const ledger = newLedger();
    const first = modelDisk();
    const second = await killedAt(first, cut, () => life(first, ledger));
    const starting = async () => void (await (await open(second, small, 4, endlessSlabs())).next());
    const third = await killedAt(second, (cut % 7) + 1, starting, second.operations);
    await allArrives(third, ledger, `killed at ${cut}`);
  }
});

/** Ends at that operation, or when all is done. */
async function killedAt(disk: ModelDisk, at: number, run: () => Promise<void>, from = 0): Promise<ModelDisk> {
  await new Promise<void>((resolve) => {
    disk.fault = (index) => {
      if (index - from === at) resolve();
      return undefined;
    };
    void run().then(resolve);
  });
  return disk.afterKill();
}

for (const [code, times] of [
  ['EIO', 1],
  ['EIO', 5],
  ['ENOSPC', 1],
  ['ENOSPC', 4],
] as const)
  test(`${code} ${times} times at every operation, and a power cut afterwards, lose nothing`, async () => {
    const operations = await operationsOf();
    for (let at = 1; at <= operations; at++) {
      const disk = modelDisk();
      const ledger = newLedger();
      disk.fault = (index) => (index >= at && index < at + times ? code : undefined);
      await life(disk, ledger);
      assert.equal(ledger.acknowledged.size, 9 * 20, 'it waits the fault out');
      assert.equal(ledger.slabs.out, 0);
      await allArrives(disk.afterPowerCut(seeded(at)), ledger, `${code} at ${at}`);
    }
  });

test('a disk that is full is waited for, and writing goes on where it stopped', async () => {
  const disk = modelDisk();
  const ledger = newLedger();
  const spool = await open(disk, small);
  await append(spool, 'a', ledger);
  disk.capacity = disk.used + 30_000;
  const rest = Promise.all([append(spool, 'b', ledger), append(spool, 'c', ledger)]);
  while (spool.problem() === undefined) await new Promise(setImmediate);
  assert.match(spool.problem() ?? '', /no room/);
  disk.capacity = Number.POSITIVE_INFINITY;
  await rest;
  assert.equal(spool.problem(), undefined);
  await spool.close();
  await allArrives(disk.afterPowerCut(seeded(1)), ledger, 'full');
});
