import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createQueue } from './queue.ts';

test('a few run at once, a bounded number waits, and who comes then is turned away', async () => {
  const queue = createQueue(2, 3);
  const open: (() => void)[] = [];
  let most = 0;
  let now = 0;
  const task = () => {
    now += 1;
    most = Math.max(most, now);
    return new Promise<void>((resolve) => open.push(resolve)).finally(() => (now -= 1));
  };
  const taken = Array.from({ length: 5 }, () => queue.run(task));
  assert.equal(queue.waiting, 3);
  assert.equal(queue.run(task), undefined);
  for (let done = 0; done < 5; done++) {
    await new Promise((resolve) => setImmediate(resolve));
    open.shift()?.();
  }
  await Promise.all(taken);
  assert.equal(most, 2);
  assert.equal(queue.waiting, 0);
});

test('a task that fails makes room like one that does not', async () => {
  const queue = createQueue(1, 1);
  await assert.rejects(queue.run(() => Promise.reject(new Error('no'))) ?? Promise.resolve(), /no/);
  assert.equal(await queue.run(() => Promise.resolve(7)), 7);
});
