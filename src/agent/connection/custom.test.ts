import assert from 'node:assert/strict';
import test from 'node:test';
import { createCustomQueue } from './custom.ts';

const bytes = new Uint8Array();

/** A queue on a connection whose first message was answered. */
function online(speaks: readonly string[] = ['a/v1']) {
  const queue = createCustomQueue(() => {});
  queue.connected();
  queue.said(false);
  queue.serverSpeaks(speaks);
  queue.answered(true, undefined);
  return queue;
}

const outcome = async (promise: Promise<void>) => promise.then(() => 'resolved').catch((error: Error) => error.message);
const pending = async (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => false), new Promise<boolean>((resolve) => setImmediate(() => resolve(true)))]);

test('one is out at a time', async () => {
  const queue = online();
  const first = queue.send('a/v1', 'x', bytes);
  const second = queue.send('a/v1', 'y', bytes);
  assert.equal(queue.next()?.type, 'x');
  queue.said(true);
  assert.equal(queue.next(), undefined);
  queue.answered(true, undefined);
  assert.equal(await outcome(first), 'resolved');
  assert.equal(await pending(second), true);
  assert.equal(queue.next()?.type, 'y');
});

test('the answers to messages before it are none to it', async () => {
  const queue = online();
  const sending = queue.send('a/v1', 'x', bytes);
  queue.said(false);
  queue.said(true);
  queue.answered(true, undefined);
  assert.equal(await pending(sending), true);
  queue.answered(true, undefined);
  assert.equal(await outcome(sending), 'resolved');
});

test('an ambiguous message is no answer, but asks for one more', async () => {
  const queue = online();
  const sending = queue.send('a/v1', 'x', bytes);
  queue.said(true);
  assert.equal(queue.inDoubt(), false);
  queue.answered(false, undefined);
  assert.equal(await pending(sending), true);
  assert.equal(queue.inDoubt(), true);
  queue.said(false);
  queue.answered(true, undefined);
  assert.equal(await outcome(sending), 'resolved');
  assert.equal(queue.inDoubt(), false);
});

test('a server whose every message is ambiguous is not asked without end', () => {
  const queue = online();
  queue.send('a/v1', 'x', bytes).catch(() => {});
  queue.said(true);
  let extras = 0;
  for (let round = 0; round < 100; round++) {
    queue.answered(false, undefined);
    if (!queue.inDoubt()) break;
    queue.said(false);
    extras += 1;
  }
  assert.equal(extras, 8);
});

test('what the server complains about is rejected with its words', async () => {
  const queue = online();
  const sending = queue.send('a/v1', 'x', bytes);
  queue.said(true);
  queue.answered(true, 'no such thing');
  assert.equal(await outcome(sending), 'no such thing');
});

test('a capability that the server does not announce is rejected, also when it waits already', async () => {
  const queue = createCustomQueue(() => {});
  queue.connected();
  const early = queue.send('b/v1', 'x', bytes);
  assert.equal(queue.next(), undefined, 'nothing is said before the server said what it speaks');
  queue.said(false);
  queue.serverSpeaks(['a/v1']);
  queue.answered(true, undefined);
  assert.equal(await outcome(early), 'the server does not know b/v1');
  assert.equal(await outcome(queue.send('b/v1', 'x', bytes)), 'the server does not know b/v1');
});

test('a server that announces nothing knows nothing', async () => {
  const queue = createCustomQueue(() => {});
  queue.connected();
  const sending = queue.send('a/v1', 'x', bytes);
  queue.said(false);
  queue.answered(true, undefined);
  assert.equal(await outcome(sending), 'the server does not know a/v1');
});

test('the end of the connection rejects what is out and what waits', async () => {
  const queue = online();
  const both = [queue.send('a/v1', 'x', bytes), queue.send('a/v1', 'y', bytes)];
  queue.said(true);
  queue.disconnected();
  assert.deepEqual(await Promise.all(both.map(outcome)), Array(2).fill('the connection ended before the server answered'));
  assert.equal(await outcome(queue.send('a/v1', 'z', bytes)), 'not connected');
});

test('more than somebody who waits for answers would send is rejected', async () => {
  const queue = online();
  for (let index = 0; index < 64; index++) queue.send('a/v1', 'x', bytes).catch(() => {});
  assert.match(await outcome(queue.send('a/v1', 'x', bytes)), /more than 64/);
});
