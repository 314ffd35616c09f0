import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readQuery } from './query.ts';

const read = (text: string) => {
  const result = readQuery(new URLSearchParams(text));
  assert.ok(result.ok, JSON.stringify(result));
  return result.query;
};

test('the arguments of Prometheus are understood', () => {
  const query = read('index=42&node-meta=rack%3Ar1&node-meta=a%3Ab%3Ac&stale=&tag=a&tag=b&wait=120000ms');
  assert.deepEqual(
    [query.index, query.waitMs, query.tags, query.nodeMeta],
    [
      42,
      120_000,
      ['a', 'b'],
      [
        ['rack', 'r1'],
        ['a', 'b:c'],
      ],
    ],
  );
});

test('the arguments of vmagent are understood: a flag without "=", index 0, a wait beyond what is served', () => {
  const query = read('dc=dc1&stale&index=0&wait=525s');
  assert.deepEqual([query.index, query.waitMs, query.datacenter], [0, 525_000, 'dc1']);
});

test('waits have a default and an end', () => {
  assert.deepEqual(
    ['', 'wait=0s', 'wait=2m', 'wait=1h'].map((text) => read(text).waitMs),
    [300_000, 300_000, 120_000, 600_000],
  );
});

test('passing is a flag that can be said not to hold', () => {
  assert.deepEqual(
    ['passing', 'passing=', 'passing=1', 'passing=true', 'passing=false', ''].map((text) => read(text).passing),
    [true, true, true, true, false, false],
  );
});

for (const text of ['index=x', 'index=-1', 'wait=soon', 'wait=5', 'ns=team', 'partition=p'])
  test(`${text} is refused`, () => assert.equal(readQuery(new URLSearchParams(text)).ok, false));
