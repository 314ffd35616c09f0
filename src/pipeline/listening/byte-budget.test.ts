import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../core/manual-clock.ts';
import { ByteBudget, Turns } from './byte-budget.ts';
import { Complaints, Refusals } from './complaints.ts';
import { Progress } from './progress.ts';
import { testSource } from './testing/source-context.ts';

test('a budget gives what it has and nothing more', () => {
  const budget = new ByteBudget(10);
  assert.ok(budget.take(8));
  assert.equal(budget.take(3), false);
  assert.equal(budget.left, 2);
  budget.give(8);
  assert.ok(budget.take(10));
});

test('turns are handed on in order', async () => {
  const turns = new Turns(1);
  const order: number[] = [];
  await turns.take();
  const waiting = [1, 2, 3].map(async (number) => {
    await turns.take();
    order.push(number);
    turns.give();
  });
  turns.give();
  await Promise.all(waiting);
  assert.deepEqual(order, [1, 2, 3]);
});

test('a complaint is said once a minute, and then how often it happened', () => {
  const clock = manualClock();
  const times: unknown[] = [];
  const log = { event: (_: string, fields?: Readonly<Record<string, unknown>>) => void times.push(fields?.times), with: () => log };
  const complaints = new Complaints(log, clock);
  for (let count = 0; count < 5; count++) complaints.say('pipeline.source.rejected', { reason: 'x' });
  assert.deepEqual(times, [1]);
  clock.advance(60_000);
  complaints.say('pipeline.source.rejected', { reason: 'x' });
  assert.deepEqual(times, [1, 5]);
});

test('turning away is said when it begins and when it has been over for a while, not in between', () => {
  const clock = manualClock();
  const { context, said } = testSource({ clock });
  const refusals = new Refusals(context.log, clock);
  for (let count = 0; count < 10; count++) {
    refusals.refused('full');
    clock.advance(10_000);
  }
  assert.deepEqual(said, ['pipeline.source.refusing']);
  assert.equal(refusals.reason, 'full');
  clock.advance(60_000);
  assert.deepEqual(said, ['pipeline.source.refusing', 'pipeline.source.accepting']);
  assert.equal(refusals.reason, undefined);
});

test('closing waits until nothing is under way, and a work that ends twice ends once', async () => {
  const progress = new Progress();
  const [first, second] = [progress.begin(), progress.begin()];
  first();
  first();
  let idle = false;
  const waited = progress.idle().then(() => {
    idle = true;
  });
  await Promise.resolve();
  assert.equal(idle, false);
  second();
  await waited;
});
