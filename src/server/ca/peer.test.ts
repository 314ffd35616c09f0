import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type Peer, peerCache, type Standing } from './peer.ts';

const uid = '0192f0c1-0000-7000-8000-000000000001';
const minute = 60_000;
const good: Peer = {
  readable: true,
  serial: '0f3a51c2d4e6f708',
  uid,
  generation: 1,
  notBeforeMs: 10 * minute,
  notAfterMs: 100 * minute,
  rootId: 'a',
  issuer: 'CN=Fairlead CA a',
};
const standing: Standing = { trusted: new Set(['a']), revoked: () => undefined, generation: () => 1 };

test('every reason to refuse a certificate has its sentence, and the gravest comes first', () => {
  const revoked: Standing = { ...standing, revoked: () => ({ reason: 'host was stolen' }), generation: () => 2 };
  const cases: readonly (readonly [Peer | undefined, Standing, number, number, string, string])[] = [
    [undefined, standing, 0, 0, 'missing', 'no client certificate was presented'],
    [{ readable: false }, standing, 0, 0, 'unknown-authority', 'what was presented cannot be read as a certificate'],
    [
      { ...good, rootId: 'b', issuer: 'CN=other' },
      revoked,
      0,
      0,
      'unknown-authority',
      'certificate 0f3a51c2… is signed by "CN=other", which is no authority of this server',
    ],
    [
      { ...good, uid: undefined },
      standing,
      50 * minute,
      0,
      'no-identity',
      'certificate 0f3a51c2… is not one of an agent: it holds no UID for a client',
    ],
    [good, revoked, 500 * minute, 0, 'revoked', `certificate 0f3a51c2… of ${uid} is revoked: host was stolen`],
    [
      good,
      { ...standing, generation: () => 2 },
      50 * minute,
      0,
      'superseded',
      `certificate 0f3a51c2… of ${uid} is superseded: the agent has enrolled again since`,
    ],
    [
      good,
      standing,
      9 * minute,
      0,
      'not-yet-valid',
      `certificate 0f3a51c2… of ${uid} is valid from 1970-01-01T00:10:00Z on, in 1m: a clock is wrong`,
    ],
    [good, standing, 283 * minute + 5_000, 0, 'expired', `certificate 0f3a51c2… of ${uid} expired at 1970-01-01T01:40:00Z, 3h3m ago`],
  ];
  for (const [peer, at, nowMs, graceMs, reason, sentence] of cases) {
    const verified = judge(peer, at, nowMs, graceMs);
    assert.deepEqual(verified.ok || [verified.reason, verified.sentence], [reason, sentence]);
  }
});

test('a certificate counts from its first to its last moment, and grace is added to the last one only', () => {
  const counts = (nowMs: number, graceMs = 0) => judge(good, standing, nowMs, graceMs).ok;
  assert.deepEqual(
    [counts(10 * minute - 1), counts(10 * minute), counts(100 * minute), counts(100 * minute + 1)],
    [false, true, true, false],
  );
  assert.deepEqual([counts(10 * minute - 1, minute), counts(101 * minute, minute), counts(101 * minute + 1, minute)], [false, true, false]);
});

test('the cache of read certificates keeps those in use, and no more than its limit', () => {
  const cache = peerCache(3);
  const first = cache.read(Buffer.from('0'), []);
  for (const text of ['1', '2', '0', '3', '4', '0', '5']) cache.read(Buffer.from(text), []);
  assert.equal(cache.size, 3);
  assert.equal(cache.read(Buffer.from('0'), []), first);
  cache.clear();
  assert.notEqual(cache.read(Buffer.from('0'), []), first);
});
