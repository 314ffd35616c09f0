import assert from 'node:assert/strict';
import test from 'node:test';
import { srvOrder } from './srv.ts';

const record = (name: string, priority: number, weight: number) => ({ name, port: 8443, priority, weight });

let seed = 42;
const random = () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
};

test('a lower priority always comes first', () => {
  for (let round = 0; round < 100; round++) {
    const names = srvOrder([record('backup', 20, 100), record('main', 10, 0)], random).map((one) => one.name);
    assert.deepEqual(names, ['main', 'backup']);
  }
});

test('among equals each comes first in proportion to its weight (seed 42)', () => {
  const first = new Map<string, number>();
  for (let round = 0; round < 10_000; round++) {
    const [one] = srvOrder([record('small', 1, 1), record('none', 1, 0), record('large', 1, 3)], random);
    first.set(one?.name ?? '', (first.get(one?.name ?? '') ?? 0) + 1);
  }
  // RFC 2782 draws from 0 to the sum inclusive: 4 + 1 numbers, of which 0 is the one of no weight.
  const share = (name: string) => (first.get(name) ?? 0) / 10_000;
  assert.ok(Math.abs(share('large') - 0.6) < 0.02, `large ${share('large')}`);
  assert.ok(Math.abs(share('small') - 0.2) < 0.02, `small ${share('small')}`);
  assert.ok(Math.abs(share('none') - 0.2) < 0.02, `none ${share('none')}`);
});

test('every record is there once, and "." says that there is no service', () => {
  const names = srvOrder([record('a', 1, 5), record('b', 1, 5), record('c', 2, 5)], random).map((one) => one.name);
  assert.deepEqual([...names].sort(), ['a', 'b', 'c']);
  assert.deepEqual(srvOrder([record('.', 0, 0)], random), []);
});
