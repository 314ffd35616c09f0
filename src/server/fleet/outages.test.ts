import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../core/manual-clock.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { createOutageJournal, maxOutages } from './outages.ts';

const outage = (number: number, revision = 1) => ({ id: `o${number}`, fromMs: number * 1_000, revision, lastError: `r${revision}` });

test('outages come back with the newest first', async () => {
  await using store = await openSqliteStore({ path: ':memory:', clock: manualClock() });
  const journal = createOutageJournal(store);
  await journal.record('a', [outage(2), outage(1)]);
  await journal.record('b', [outage(9)]);
  assert.deepEqual(await journal.list('a'), [outage(2), outage(1)]);
});

test('of two reports of one outage the higher revision holds, in whichever order they come', async () => {
  await using store = await openSqliteStore({ path: ':memory:', clock: manualClock() });
  const journal = createOutageJournal(store);
  await journal.record('a', [outage(1, 2)]);
  await journal.record('a', [outage(1, 1)]);
  assert.deepEqual(await journal.list('a'), [outage(1, 2)]);
  await journal.record('a', [outage(1, 3)]);
  assert.deepEqual(await journal.list('a'), [outage(1, 3)]);
});

test('no agent can make the server keep more than its share', async () => {
  await using store = await openSqliteStore({ path: ':memory:', clock: manualClock() });
  const journal = createOutageJournal(store);
  const many = Array.from({ length: maxOutages }, (_, number) => outage(number + 10));
  await journal.record('a', many);
  await journal.record('a', [outage(5_000), outage(1)]);
  const kept = await journal.list('a');
  assert.equal(kept.length, maxOutages);
  assert.equal(kept[0]?.id, 'o5000');
  assert.equal(kept.at(-1)?.id, 'o11');
});
