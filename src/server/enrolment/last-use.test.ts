import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testKey } from '../ca/testing/csr.ts';
import type { Store } from '../store/store.ts';
import { openDesk } from './testing/desk.ts';

/** mulberry32: a small generator, so that a failing order can be had again from its seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Every call waits some turns of the event loop before and after: the order of what happens at once differs with the seed. */
function shuffled(store: Store, random: () => number): Store {
  const turns = async () => {
    for (let left = Math.floor(random() * 6); left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
  };
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    await turns();
    const result = await work();
    await turns();
    return result;
  };
  return {
    get: (key) => around(() => store.get(key)),
    list: (prefix, options) => around(() => store.list(prefix, options)),
    commit: (commit) => around(() => store.commit(commit)),
    watch: (prefix, after, signal) => store.watch(prefix, after, signal),
    lease: (ttlMs) => store.lease(ttlMs),
    [Symbol.asyncDispose]: async () => {},
  };
}

const seeds = process.env.FAIRLEAD_SEED === undefined ? [1, 2, 3, 4] : [Number(process.env.FAIRLEAD_SEED)];
for (const seed of seeds) {
  test(`of 50 that enrol at once with a token of 10 uses, exactly 10 get in (seed ${seed})`, async () => {
    const random = seeded(seed);
    await using desk = await openDesk({ wrap: (store) => shuffled(store, random) });
    const token = await desk.token({ uses: 10 });
    const csrs = await Promise.all(Array.from({ length: 50 }, async () => (await testKey()).csr()));
    // Ten of them ask twice at the same time, as after an answer that was lost.
    const outcomes = await Promise.all([...csrs, ...csrs.slice(0, 10)].map((csr) => desk.enrol({ token, csr })));
    const uids = new Set(outcomes.flatMap((outcome) => ('identity' in outcome ? [outcome.identity.uid] : [])));
    assert.equal(uids.size, 10);
    assert.deepEqual(new Set([...desk.fleet.all()].map(({ record }) => record.uid)), uids);
    assert.equal((await desk.enrolments.tokens.list())[0]?.usesLeft, 0);
    const codes = new Set(outcomes.flatMap((outcome) => (outcome.kind === 'refused' ? [outcome.code] : [])));
    assert.deepEqual(codes, new Set(['token-used-up']));
  });
}
