import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { seeded } from '../json-bytes/random-json.ts';
import { condition, operand } from './field.ts';
import { parseCondition, parseOperand, sayMistake } from './parse.ts';

const field = (...path: readonly [string, ...string[]]) => ({ kind: 'field', path });

test('conditions are read as they are meant', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['level == "debug"', { kind: 'in', operand: field('level'), values: ['debug'] }],
    ["user.name != 'x'", { kind: 'not', part: { kind: 'in', operand: field('user', 'name'), values: ['x'] } }],
    ['status >= 500', { kind: 'order', operand: field('status'), order: '>=', number: 500 }],
    ['message contains "a\\tb"', { kind: 'text', operand: field('message'), operator: 'contains', text: 'a\tb' }],
    ['path matches /^\\/a[/]b/i', { kind: 'matches', operand: field('path'), pattern: /^\/a[/]b/i }],
    ['exists(user.id)', { kind: 'exists', operand: field('user', 'id') }],
    ['exists == 1', { kind: 'in', operand: field('exists'), values: [1] }],
    ['tag "frontend"', { kind: 'tag', tag: 'frontend' }],
    ['tag == "x"', { kind: 'in', operand: field('tag'), values: ['x'] }],
    ['label.env == "prod"', { kind: 'in', operand: { kind: 'label', name: 'env' }, values: ['prod'] }],
    ['"label".env == null', { kind: 'in', operand: field('label', 'env'), values: [null] }],
    ['"a.b" in [1, -2.5e1, true, false]', { kind: 'in', operand: field('a.b'), values: [1, -25, true, false] }],
    ['codes.404 not in ["x"]', { kind: 'not', part: { kind: 'in', operand: field('codes', '404'), values: ['x'] } }],
    ['record startsWith "\\u00e9"', { kind: 'text', operand: { kind: 'record' }, operator: 'startsWith', text: 'é' }],
    [
      'tag "a" or not tag "b" && (tag "c" || !tag "d")',
      {
        kind: 'or',
        parts: [
          { kind: 'tag', tag: 'a' },
          {
            kind: 'and',
            parts: [
              { kind: 'not', part: { kind: 'tag', tag: 'b' } },
              {
                kind: 'or',
                parts: [
                  { kind: 'tag', tag: 'c' },
                  { kind: 'not', part: { kind: 'tag', tag: 'd' } },
                ],
              },
            ],
          },
        ],
      },
    ],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parseCondition(text), { ok: true, value: expected }, text);
});

test('a mistake is said with its place', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', '1:1 expected a field, found the end'],
    ['level = "x"', '1:7 one = compares nothing; write =='],
    ['level == debug', '1:10 expected a value ("text" in quotes, a number, true, false or null), found debug'],
    ['level ==\n  "debug" and\n  status > "5"', '3:12 expected a number after >, found "5"'],
    ['status => 5', '1:8 one = compares nothing; write =='],
    ['level == "debug', '1:10 this " is not closed on its line'],
    ['path matches /a', '1:14 this regular expression is not closed on its line; write /…/'],
    ['path matches /a/g', '1:17 the flag g is not known; there are i, m, s and u'],
    ['path matches /(/', '1:14 this is no regular expression: Unterminated group'],
    ['path matches "a"', '1:14 expected a regular expression: /…/, found "a"'],
    ['a == "\\q"', '1:7 \\q is no escape; write \\\\ for a backslash'],
    ['a == 1 b == 2', '1:8 expected "and", "or" or the end, found b'],
    ['(a == 1', '1:8 expected "and", "or" or ")", found the end'],
    ['a in [1 2]', '1:9 expected "," or "]", found 2'],
    ['a ~ 1', '1:3 "~" means nothing here'],
  ];
  for (const [text, expected] of cases) {
    const read = parseCondition(text);
    assert.equal(read.ok ? 'read' : sayMistake(text, read), expected, text);
  }
  const misspelt = parseCondition('message contain "x"');
  assert.match(misspelt.ok ? '' : misspelt.problem, /did you mean "contains"\?, found contain$/);
  assert.equal(parseCondition(`${'('.repeat(1_000)}a == 1${')'.repeat(1_000)}`).ok, false);
  assert.equal(parseCondition(`${'not '.repeat(10_000)}a == 1`).ok, false);
});

test('a field alone is read too', () => {
  assert.deepEqual(parseOperand('user."first name"'), { ok: true, value: field('user', 'first name') });
  assert.deepEqual(parseOperand('label.env'), { ok: true, value: { kind: 'label', name: 'env' } });
  assert.equal(parseOperand('a b').ok, false);
  assert.equal(operand().parse('trace_id'), 'trace_id');
});

test('as a setting it stays a text, and a mistake is an issue', () => {
  const settings = z.strictObject({ when: condition() });
  assert.deepEqual(settings.parse({ when: 'a == 1' }), { when: 'a == 1' });
  const refused = settings.safeParse({ when: 'a == ' });
  assert.deepEqual(
    refused.error?.issues.map(({ path, message }) => [path, message]),
    [[['when'], '1:6 expected a value, found the end']],
  );
});

test('any text is read or refused, and the place of a mistake lies in it', () => {
  const seed = 20260807;
  const random = seeded(seed);
  const pieces = [
    'level',
    '==',
    '!=',
    '"x"',
    "'",
    '(',
    ')',
    'and',
    'or',
    'not',
    '/a/',
    '/',
    '5',
    '-',
    '.',
    'in',
    '[',
    ']',
    ',',
    ' ',
    '\\',
    '\n',
    'tag',
    'exists',
    '💥',
    '\0',
  ];
  let right = 0;
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: Math.floor(random() * 9) }, () => pieces[Math.floor(random() * pieces.length)]).join(
      random() < 0.7 ? ' ' : '',
    );
    const read = parseCondition(text);
    if (read.ok) right += 1;
    else assert.ok(read.at >= 0 && read.at <= text.length && read.problem !== '', `seed ${seed}: ${text}`);
  }
  assert.ok(right > 10, `only ${right} were right`);
});
