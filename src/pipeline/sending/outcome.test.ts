import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomeOf, retryAfterMs } from './outcome.ts';

const answer = (status: number, headers = {}, body = '') => ({ status, headers, body: Buffer.from(body) });

test('what follows from each status', () => {
  const cases = [
    ['delivered', [200, 201, 202, 204]],
    ['refused', [400, 413, 422]],
    ['unreachable', [502, 504]],
    ['busy', [408, 425, 429, 500, 503, 507]],
    ['denied', [301, 302, 304, 401, 403, 404, 405, 406, 410, 411, 415, 501, 505]],
  ] as const;
  for (const [kind, statuses] of cases)
    for (const status of statuses) assert.equal(outcomeOf(answer(status), 0).kind, kind, String(status));
});

test('a proxy that says when to come back is asked for nothing before', () => {
  assert.deepEqual(outcomeOf(answer(502, { 'retry-after': '3' }), 0), { kind: 'busy', reason: 'HTTP 502', askedMs: 3_000 });
});

test('Retry-After is seconds or a date, and nothing else', () => {
  const now = Date.parse('2026-11-23T01:02:03Z');
  const cases = [
    ['120', 120_000],
    [' 0 ', 0],
    ['1.5', 1_500],
    ['Mon, 23 Nov 2026 01:02:13 GMT', 10_000],
    ['Mon, 23 Nov 2026 01:00:00 GMT', 0],
    ['soon', undefined],
    ['-1x', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const;
  for (const [header, expected] of cases) assert.equal(retryAfterMs(header, now), expected, header);
});

test('the reason is the first line that was said, without what a terminal would obey', () => {
  assert.deepEqual(outcomeOf(answer(400, {}, `\r\n  bad \u001b[31mthing\nmore`), 0), {
    kind: 'refused',
    reason: 'HTTP 400: bad  [31mthing',
  });
  const long = outcomeOf(answer(400, {}, 'é'.repeat(5_000)), 0);
  assert.ok(long.kind === 'refused' && long.reason.length < 320);
});
