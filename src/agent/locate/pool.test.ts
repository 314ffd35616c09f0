import assert from 'node:assert/strict';
import test from 'node:test';
import type { Candidate } from './candidate.ts';
import type { Pool } from './pool.ts';
import { createPool } from './pool.ts';

const [a, b, c] = ['a', 'b', 'c'].map((name): Candidate => ({ url: `wss://${name}.example.org/v1/opamp`, from: 'test' })) as [
  Candidate,
  Candidate,
  Candidate,
];

const pool = (random = () => 0.5) => createPool({ firstMs: 1_000, maxMs: 60_000 }, random);

const chosen = (from: Pool, nowMs: number) => {
  const choice = from.next(nowMs);
  return choice.kind === 'try' ? choice.candidate.url.slice(6, 7) : choice.ms;
};

test('all are tried before the agent waits, and each once', () => {
  const one = pool();
  one.update([a, b, c]);
  const order: (string | number)[] = [];
  for (const candidate of [a, b, c]) {
    order.push(chosen(one, 0));
    one.failed(candidate, 0);
  }
  assert.deepEqual([...order, chosen(one, 0)], ['a', 'b', 'c', 500]);
});

test('the wait doubles with each round that fails, up to its bound', () => {
  const one = pool(() => 0.999);
  one.update([a]);
  let nowMs = 0;
  const waits: number[] = [];
  for (let round = 0; round < 9; round++) {
    one.failed(a, nowMs);
    const choice = one.next(nowMs);
    assert.equal(choice.kind, 'wait');
    waits.push(choice.kind === 'wait' ? choice.ms : 0);
    nowMs += waits.at(-1) ?? 0;
    assert.equal(chosen(one, nowMs), 'a');
  }
  assert.deepEqual(waits, [999, 1998, 3996, 7992, 15984, 31968, 59940, 59940, 59940]);
});

test('asking again during the wait does not make it longer', () => {
  const one = pool();
  one.update([a]);
  one.failed(a, 0);
  assert.equal(chosen(one, 0), 500);
  assert.equal(chosen(one, 300), 200);
  assert.equal(chosen(one, 500), 'a');
});

test('a server that asked for a pause gets it, while the others are tried', () => {
  const one = pool();
  one.update([a, b]);
  one.failed(a, 0, 10_000);
  assert.equal(chosen(one, 0), 'b');
  one.failed(b, 0);
  assert.equal(chosen(one, 0), 500);
  assert.equal(chosen(one, 500), 'b', 'a is still left alone');
  one.failed(b, 500);
  const wait = one.next(500);
  assert.ok(wait.kind === 'wait' && wait.ms <= 2_000);
  assert.equal(chosen(one, 12_500), 'a', 'asked 10 s, given 12.5 s: half as much again at most');
});

test('when all asked for a pause, the shortest is waited for', () => {
  const one = pool(() => 0);
  one.update([a, b]);
  one.failed(a, 0, 30_000);
  one.failed(b, 0, 20_000);
  assert.equal(chosen(one, 0), 20_000);
  assert.equal(chosen(one, 20_000), 'b');
});

test('a server that worked and is lost may be tried again, after a short random pause', () => {
  const one = pool();
  one.update([a, b]);
  one.failed(a, 0);
  assert.equal(chosen(one, 0), 'b');
  one.succeeded(b);
  one.lost(60_000);
  assert.equal(chosen(one, 60_000), 500);
  assert.equal(chosen(one, 60_500), 'a');
});

test('a new server is tried at once, although the others wait for their next round', () => {
  const one = pool();
  one.update([a]);
  one.failed(a, 0);
  one.update([a, b]);
  assert.equal(chosen(one, 0), 'b');
});

test('without any server the agent waits', () => {
  const one = pool();
  one.update([]);
  assert.equal(chosen(one, 0), 500);
});

test('10,000 agents whose server died do not come back together', () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const inTenths = new Array<number>(10).fill(0);
  for (let agent = 0; agent < 10_000; agent++) {
    const one = pool(random);
    one.update([a]);
    one.succeeded(a);
    one.lost(0);
    const wait = one.next(0);
    const tenth = wait.kind === 'wait' ? Math.floor(wait.ms / 100) : 0;
    inTenths[tenth] = (inTenths[tenth] ?? 0) + 1;
  }
  assert.ok(Math.max(...inTenths) < 1_200, `seed 7: ${inTenths.join(' ')}`);
});
