import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseToken } from '../../protocol/enrolment.ts';
import { newToken, problemOf, randomText, secretFits, tokenRequest, usedUp, viewOf } from './token.ts';

const request = tokenRequest.parse({});

test('a token is read back into its id and secret, and only the secret of that token fits', () => {
  const one = newToken(request, 'ada', 0);
  const parts = parseToken(`${one.token}\n`);
  assert.equal(parts?.id, one.record.id);
  assert.equal(secretFits(one.record, parts?.secret ?? ''), true);
  assert.equal(secretFits(one.record, `${parts?.secret}x`), false);
  assert.equal(secretFits(newToken(request, 'ada', 0).record, parts?.secret ?? ''), false);
  assert.equal(secretFits(undefined, ''), false);
});

test('what is stored and what is shown hold no secret, and what is shown not even its hash', () => {
  const { token, record } = newToken(request, 'ada', 0);
  const secret = parseToken(token)?.secret ?? '-';
  assert.equal(secret.length, 32);
  assert.equal(JSON.stringify(record).includes(secret), false);
  assert.equal(JSON.stringify(viewOf(record)).includes(record.secretSha256), false);
});

test('random text uses every letter and digit alike, and no byte twice', () => {
  const seen = new Set(randomText(5_000));
  assert.equal(seen.size, 62);
  const bytes = (array: Uint8Array) => array.fill(255).fill(61, 0, 2);
  assert.equal(randomText(4, bytes), 'zzzz');
});

test('a token lets in until it ends, is revoked or is used up, and the sentence says which', () => {
  const { record } = newToken({ ...request, uses: 2 }, 'ada', 0);
  assert.equal(problemOf(record, 3_599_999), undefined);
  assert.deepEqual(problemOf(record, 3_660_000), {
    code: 'token-expired',
    message: `token ${record.id} expired 1m ago, at 1970-01-01T01:00:00.000Z`,
  });
  assert.equal(problemOf({ ...record, revokedAtMs: 5 }, 10)?.code, 'token-revoked');
  assert.equal(usedUp(record), undefined);
  assert.match(usedUp({ ...record, usesLeft: 0 })?.message ?? '', /all of its 2 uses are taken/);
});

test('an operator cannot ask for a token without end or with labels that are none', () => {
  for (const wrong of [{ uses: 0 }, { lifetimeMs: 0 }, { lifetimeMs: 1e15 }, { labels: { 'a b': 'c' } }, { usess: 1 }])
    assert.equal(tokenRequest.safeParse(wrong).success, false, JSON.stringify(wrong));
});
