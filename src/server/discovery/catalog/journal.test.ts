import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../../core/manual-clock.ts';
import type { Commit, Store } from '../../store/store.ts';
import { memoryStore } from '../testing.ts';
import { createJournal } from './journal.ts';

/** A real store whose disk is full while `full` is set, and that counts commits. */
async function troubled() {
  const store = await memoryStore();
  const state = { full: false, commits: [] as Commit[] };
  const wrapped: Store = {
    ...store,
    get: store.get.bind(store),
    list: store.list.bind(store),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    commit(commit) {
      if (state.full) return Promise.reject(new Error('the disk is full'));
      state.commits.push(commit);
      return store.commit(commit);
    },
  };
  return { store: wrapped, state };
}

test('changes of one turn are one commit, and a key that changed twice is written once', async () => {
  const { store, state } = await troubled();
  await using _ = store;
  await using journal = createJournal({ store, clock: manualClock(), failed: () => assert.fail() });
  journal.put('discovery/a', '1');
  journal.put('discovery/b', '1');
  journal.put('discovery/a', '2');
  await journal.settled();
  assert.equal(state.commits.length, 1);
  assert.equal((await store.get('discovery/a'))?.value, '2');
});

test('more changes than a commit takes are written in several', async () => {
  const { store, state } = await troubled();
  await using _ = store;
  await using journal = createJournal({ store, clock: manualClock(), failed: () => assert.fail() });
  for (let count = 0; count < 2_500; count++) journal.put(`discovery/k${count}`, 'x');
  await journal.settled();
  assert.deepEqual(
    state.commits.map(({ changes }) => changes.length),
    [1_000, 1_000, 500],
  );
});

test('a full disk refuses whoever waits, and what was to be written is written when there is room', async () => {
  const { store, state } = await troubled();
  await using _ = store;
  const clock = manualClock();
  const failures: unknown[] = [];
  await using journal = createJournal({ store, clock, failed: (cause) => failures.push(cause) });
  state.full = true;
  journal.put('discovery/a', '1');
  await assert.rejects(journal.settled(), /disk is full/);
  assert.equal(failures.length, 1);
  state.full = false;
  clock.advance(2_000);
  await journal.settled();
  assert.equal((await store.get('discovery/a'))?.value, '1');
});

test('who waits during a commit hears of its failure', async () => {
  const { store, state } = await troubled();
  await using _ = store;
  await using journal = createJournal({ store, clock: manualClock(), failed: () => undefined });
  state.full = true;
  journal.put('discovery/a', '1');
  await Promise.resolve();
  await assert.rejects(journal.settled(), /disk is full/);
  state.full = false;
});
