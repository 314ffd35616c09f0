import assert from 'node:assert/strict';
import test from 'node:test';
import { readAnswer } from './enrolment.ts';

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  readAnswer({ ok: true, status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }, 0);

const problem = (code: string, status: number) => ({ status, title: `it is ${code}`, code, hint: 'do this' });

const cases: readonly (readonly [string, ReturnType<typeof answer>, Partial<ReturnType<typeof answer>>])[] = [
  [
    'a used-up token',
    answer(401, problem('token-used-up', 401)),
    { kind: 'refused', code: 'token-used-up', sentence: 'it is token-used-up; do this' },
  ],
  ['a server that is busy', answer(503, problem('busy', 503), { 'retry-after': '7' }), { kind: 'failed', retryAfterMs: 7_000 }],
  ['too many requests', answer(429, problem('too-many-requests', 429)), { kind: 'failed' }],
  ['a refusal that only a newer server knows', answer(400, problem('wrong-moon', 400)), { kind: 'refused', code: 'wrong-moon' }],
  ['a fault that only a newer server knows', answer(500, problem('moon-is-down', 500)), { kind: 'failed' }],
  ['a page of something in between', answer(200, '<html>'), { kind: 'failed' }],
  ['an identity that is none', answer(200, { uid: 'x' }), { kind: 'failed' }],
  [
    'a request that waits',
    answer(202, { pendingId: 'p', keyFingerprint: 'sha256:00', retryAfterMs: 5 }),
    { kind: 'pending', retryAfterMs: 5 },
  ],
];

for (const [what, read, expected] of cases) test(`${what} is ${expected.kind}`, () => assert.deepEqual({ ...read, ...expected }, read));
