import assert from 'node:assert/strict';
import { test } from 'node:test';
import { damaged, randomJson, seeded } from '../../json-bytes/random-json.ts';
import { outOf, textsOf, tryOut } from '../try-out.ts';
import { redactSettings } from './settings.ts';

const redact = (more: Readonly<Record<string, unknown>> = {}) => [{ type: 'redact', ...more }];
const text = { format: 'text' } as const;
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P';

test('secrets are replaced by what they are, and nothing around them', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['paid with 4111 1111 1111 1111, thanks', 'paid with [card], thanks'],
    ['5500-0000-0000-0004 378282246310005', '[card] [card]'],
    ['order 4111111111111112 and 1760000000123456789', 'order 4111111111111112 and 1760000000123456789'],
    ['id a4111111111111111 4111111111111111b', 'id a4111111111111111 4111111111111111b'],
    ['mail jürgen.x+y@mail.example.org, or a@b', 'mail [email], or a@b'],
    ['Authorization: Bearer abcdef0123456789==', 'Authorization: Bearer [token]'],
    ['authorization: basic dXNlcjpwYXNz', 'authorization: basic [token]'],
    ['a basic configuration, Basic Authentication', 'a basic configuration, Basic Authentication'],
    [`cookie=${jwt}; x`, 'cookie=[token]; x'],
    ['key AKIAIOSFODNN7EXAMPLE used', 'key [token] used'],
    ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'aws_secret_access_key = [token]'],
    [`push with ghp_${'a1'.repeat(18)} now`, 'push with [token] now'],
    ['postgres://app:s3cret@db.example.org/x', 'postgres://app:[url-password]@db.example.org/x'],
    ['-----BEGIN RSA PRIVATE KEY----- MIIE -----END RSA PRIVATE KEY----- end', '[private-key] end'],
    ['-----BEGIN PRIVATE KEY-----', '[private-key]'],
    ['nothing here', 'nothing here'],
  ];
  for (const [line, expected] of cases) assert.deepEqual(outOf(redact(), [line], text), [expected], line);
});

test('in JSON strings stay strings, numbers that are cards become one, and escapes hide nothing', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{"card":4111111111111111,"n":4111111111111112}', '{"card":"[card]","n":4111111111111112}'],
    ['{"m":"\\nbob@example.org\\"","k":"a\\\\b"}', '{"m":"\\n[email]\\"","k":"a\\\\b"}'],
    ['{"m":"bob\\u0040example.org"}', '{"m":"[email]"}'],
    ['{"m":"https:\\/\\/u:p4ss@example.org\\/"}', '{"m":"https:\\/\\/u:[url-password]@example.org\\/"}'],
    ['{"bob@example.org":1}', '{"[email]":1}'],
    ['{"a":"4111","b":"1111","c":"11111111"}', '{"a":"4111","b":"1111","c":"11111111"}'],
    ['{"m":"4111111111111111', '{"m":"[card]'],
    ['mail bob@example.org', 'mail [email]'],
  ];
  for (const [line, expected] of cases) assert.deepEqual(outOf(redact(), [line]), [expected], line);
});

test('bytes that are no text stay as they are beside what was replaced', () => {
  const record = Buffer.concat([Buffer.of(0xff, 0, 0xc3, 0x20), Buffer.from('bob@example.org'), Buffer.of(0x20, 0xfe)]);
  const made = tryOut(redact());
  const result = made.chain.apply(made.batch(['a', record, 'b'], { ...text, base: 50 }));
  assert.ok(result !== undefined && !(result instanceof Promise));
  assert.deepEqual(textsOf(result, 'latin1'), ['a', '\xff\0\xc3 [email] \xfe', 'b']);
  assert.deepEqual([result.positionOf(0), result.positionOf(2)], [50, 52 + record.length + 1]);
  result.free();
  result.receipt.release();
  assert.equal(made.pool.out, 0);
});

test('only what was asked for is replaced, by what was asked for, and a batch without any is the same one', () => {
  assert.deepEqual(outOf(redact({ kinds: ['card'], replacement: '***' }), ['a@example.org 4111111111111111'], text), ['a@example.org ***']);
  const made = tryOut(redact());
  const batch = made.batch(['{"a":"nothing"}']);
  assert.equal(made.chain.apply(batch), batch);
});

test('own patterns are replaced, with and without a text that they contain', () => {
  const own = (more: Readonly<Record<string, unknown>>) =>
    redact({ kinds: [], patterns: [{ name: 'customer', pattern: 'C-\\d{4}', ...more }] });
  const lines = ['C-1234 c-1234', '{"a":"x C-12345"}'];
  assert.deepEqual(outOf(own({}), lines), ['[customer] c-1234', '{"a":"x [customer]5"}']);
  assert.deepEqual(outOf(own({ contains: 'C-' }), lines), ['[customer] c-1234', '{"a":"x [customer]5"}']);
  assert.deepEqual(outOf(own({ ignoreCase: true, contains: 'C-' }), lines), ['[customer] [customer]', '{"a":"x [customer]5"}']);
  assert.deepEqual(outOf(redact({ kinds: [], patterns: [{ name: 'de', pattern: 'Größe \\d' }] }), ['Größe 5, ok'], text), ['[de], ok']);
});

test('settings that would do nothing, or everything, are refused', () => {
  const problem = (more: Readonly<Record<string, unknown>>) =>
    redactSettings.safeParse({ type: 'redact', ...more }).error?.issues.map(({ message }) => message);
  assert.deepEqual(problem({ kinds: [] }), ['nothing is to be redacted: name kinds or patterns']);
  assert.deepEqual(problem({ patterns: [{ name: 'x', pattern: 'a*' }] }), ['the pattern matches the empty text']);
  assert.match(problem({ patterns: [{ name: 'x', pattern: '(' }] })?.join() ?? '', /Invalid regular expression/);
});

test('well-formed JSON stays well-formed, and what is no secret stays byte by byte, for random records', () => {
  const seed = 20260807;
  const random = seeded(seed);
  const json = randomJson(random);
  const made = tryOut(redact());
  const secrets = ['bob@example.org', '4111111111111111', jwt, 'x://u:pw@h'];
  let replaced = 0;
  for (let round = 0; round < 1_500; round++) {
    const secret = random() < 0.5 ? JSON.stringify(secrets[Math.floor(random() * secrets.length)]) : '4111111111111111';
    const whole = `{"secret":${random() < 0.7 ? secret : '0'},"more":${json.object()}}`;
    const record = random() < 0.8 ? Buffer.from(whole) : damaged(Buffer.from(whole), random);
    const [out = ''] = made.run([record]);
    if (out !== record.toString()) replaced += 1;
    else continue;
    if (record.toString() !== whole) continue;
    const [before, after] = [whole, out].map((one) => JSON.parse(one));
    assert.match(after.secret, /\[(?:email|card|token|url-password)\]/);
    assert.deepEqual(after.more, before.more, `seed ${seed}: ${whole}`);
  }
  assert.ok(replaced > 500, String(replaced));
});

test('a long record that almost matches takes no more than linear time', () => {
  const started = performance.now();
  const long = [
    'a'.repeat(300_000),
    '1 '.repeat(150_000),
    'x://'.repeat(75_000),
    'eyJ'.repeat(100_000),
    '-----BEGIN PRIVATE KEY '.repeat(12_000),
  ];
  for (const line of long) outOf(redact(), [`${line} @ :// eyJ PRIVATE KEY earer  ecret`], text);
  assert.ok(performance.now() - started < 20_000);
});
