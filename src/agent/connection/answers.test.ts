import assert from 'node:assert/strict';
import test from 'node:test';
import { httpEnded, redirectTarget } from './answers.ts';
import { retryAfterMs } from './request.ts';
import { parseHeaders } from './secure.ts';

const now = Date.UTC(2026, 0, 1);

const pauses: readonly (readonly [string | undefined, number | undefined])[] = [
  [undefined, undefined],
  ['30', 30_000],
  [' 0 ', 0],
  [new Date(now + 90_000).toUTCString(), 90_000],
  [new Date(now - 90_000).toUTCString(), 0],
  ['99999999', 86_400_000],
  ['soon', undefined],
  ['-5', undefined],
];

for (const [header, ms] of pauses) test(`Retry-After "${header}" is ${ms} ms`, () => assert.equal(retryAfterMs(header, now), ms));

const url = 'wss://a.example.org/v1/opamp';
const body = (value: unknown) => JSON.stringify(value);

test('a refusal of our own servers keeps its code and sentence', () => {
  const ended = httpEnded(url, { status: 401, headers: {}, body: body({ code: 'revoked', sentence: 'certificate 0f was revoked' }) }, now);
  assert.deepEqual(ended, { kind: 'refused', code: 'revoked', sentence: 'certificate 0f was revoked (HTTP 401)' });
});

test('a refusal of others has the code of HTTP', () => {
  assert.deepEqual(httpEnded(url, { status: 403, headers: {}, body: '<html>' }, now), {
    kind: 'refused',
    code: 'http-403',
    sentence: `${url} answers HTTP 403`,
  });
});

const kinds: readonly (readonly [number, string])[] = [
  [429, 'unavailable'],
  [503, 'unavailable'],
  [500, 'lost'],
  [404, 'lost'],
  [200, 'lost'],
];
for (const [status, kind] of kinds)
  test(`HTTP ${status} is ${kind}`, () =>
    assert.equal(httpEnded(url, { status, headers: { 'retry-after': '5' }, body: '' }, now).kind, kind));

const redirects: readonly (readonly [string, string, string | undefined])[] = [
  [url, 'wss://b.example.org/v1/opamp', 'wss://b.example.org/v1/opamp'],
  [url, 'https://b.example.org/v1/opamp', 'https://b.example.org/v1/opamp'],
  [url, '/v2/opamp', 'wss://a.example.org/v2/opamp'],
  [url, 'ws://b.example.org/v1/opamp', undefined],
  [url, 'http://b.example.org/', undefined],
  [url, 'ftp://b.example.org/', undefined],
  ['ws://a.example.org/', 'wss://b.example.org/', 'wss://b.example.org/'],
];
for (const [from, location, target] of redirects)
  test(`from ${from} to ${location}: ${target ?? 'not followed'}`, () => assert.equal(redirectTarget(from, location), target));

test('headers are lines; comments and what is none are left out', () => {
  assert.deepEqual(parseHeaders('# a comment\n\nAuthorization: Bearer a:b\r\nX-Team:edge\nnonsense\n'), [
    ['Authorization', 'Bearer a:b'],
    ['X-Team', 'edge'],
  ]);
});
