/** What the store does on a disk that is really full. Runs in a mount namespace of its own, where `folder` is a small tmpfs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { systemClock } from '../src/core/clock.ts';
import { openSqliteStore } from '../src/server/store/sqlite.ts';
import type { Store } from '../src/server/store/store.ts';

/** Throws when something that was acknowledged is not there; the result is how much was, before and after there was room. */
export async function runOnFullDisk(folder: string): Promise<readonly [number, number]> {
  const path = join(folder, 'data', 'fairlead.db');
  const acknowledged = new Set<string>();
  const present = async (store: Store) => assert.deepEqual(await keys(store), [...acknowledged].sort());
  {
    await using store = await openSqliteStore({ path, clock: systemClock });
    assert.deepEqual([...(await fill(store, acknowledged))], ['FAIRLEAD_STORE_FULL']);
    await present(store);
  }
  const before = acknowledged.size;
  {
    // A server that starts on the full disk has everything, and goes on by itself once there is room.
    await using store = await openSqliteStore({ path, clock: systemClock });
    await present(store);
    assert.deepEqual([...(await fill(store, acknowledged))], ['FAIRLEAD_STORE_FULL']);
    execFileSync('mount', ['-o', 'remount,size=64m', folder]);
    assert.deepEqual([...(await fill(store, acknowledged))], []);
    await present(store);
  }
  await using store = await openSqliteStore({ path, clock: systemClock });
  await present(store);
  return [before, acknowledged.size];
}

let next = 0;

/** Eight megabytes at most; the result is with which codes changes were refused. */
async function fill(store: Store, acknowledged: Set<string>): Promise<ReadonlySet<string>> {
  const refused = new Set<string>();
  const one = async (): Promise<void> => {
    const key = `k/${String(next++).padStart(6, '0')}`;
    try {
      await store.commit({ changes: [{ kind: 'put', key, value: 'x'.repeat(40_000) }] });
      acknowledged.add(key);
    } catch (thrown) {
      refused.add(thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown));
    }
  };
  for (let round = 0; round < 20; round += 1) await Promise.all(Array.from({ length: 10 }, one));
  return refused;
}

async function keys(store: Store): Promise<readonly string[]> {
  return (await store.list('k/')).entries.map(({ key }) => key);
}
