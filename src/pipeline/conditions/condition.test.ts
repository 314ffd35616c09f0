import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBatch } from '../batch.ts';
import { FieldTable } from '../json-bytes/field-table.ts';
import { randomJson, seeded } from '../json-bytes/random-json.ts';
import { closingBrace } from '../json-bytes/scan.ts';
import { Receipt } from '../receipt.ts';
import type { Format, Stream } from '../stream.ts';
import { compileCondition, conditionOf } from './condition.ts';
import type { Expression, Literal, Operand } from './expression.ts';
import { orders, textOperators } from './expression.ts';

const streamOf = (format: Format): Stream => ({
  ...{ source: 'app', generation: '00000000000000aa', labels: { env: 'prod' }, tags: ['web'], format },
});

function batchOf(format: Format, records: readonly (string | Buffer)[]): LogBatch {
  const parts = records.map((record) => Buffer.from(record));
  const ends: number[] = [];
  for (const { length } of parts) ends.push((ends.at(-1) ?? -1) + 1 + length);
  const bytes = Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')]));
  const starts = ends.map((end, index) => end - (parts[index]?.length ?? 0));
  const columns = { starts: Uint32Array.from(starts), ends: Uint32Array.from(ends), count: records.length };
  return new LogBatch({ stream: streamOf(format), bytes, ...columns, base: 0, readAtMs: 0, receipt: new Receipt(() => {}) });
}

/** What the language means, said over parsed values. */
function expected(expression: Expression, text: string, format: Format): boolean {
  if ('parts' in expression)
    return expression.kind === 'and'
      ? expression.parts.every((part) => expected(part, text, format))
      : expression.parts.some((part) => expected(part, text, format));
  if ('part' in expression) return !expected(expression.part, text, format);
  if (expression.kind === 'tag') return expression.tag === 'web';
  const value = asParsed(expression.operand, text, format);
  if (expression.kind === 'exists') return value !== undefined;
  if (expression.kind === 'in') return expression.values.some((literal) => literal === value);
  if (expression.kind === 'matches') return typeof value === 'string' && expression.pattern.test(value);
  if (expression.kind === 'text') {
    if (typeof value !== 'string') return false;
    if (expression.operator === 'contains') return value.includes(expression.text);
    return expression.operator === 'startsWith' ? value.startsWith(expression.text) : value.endsWith(expression.text);
  }
  if (typeof value !== 'number') return false;
  const { order, number } = expression;
  return order === '<' ? value < number : order === '<=' ? value <= number : order === '>' ? value > number : value >= number;
}

function asParsed(operand: Operand, text: string, format: Format): unknown {
  if (operand.kind === 'record') return text;
  if (operand.kind === 'label') return operand.name === 'env' ? 'prod' : undefined;
  const bytes = Buffer.from(text);
  if (format === 'text' || closingBrace(bytes, 0, bytes.length) === -1) return operand.path.join('.') === 'message' ? text : undefined;
  let value: unknown = JSON.parse(text);
  for (const name of operand.path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

test('conditions hold for the records that they describe', () => {
  const records = [
    '{"level":"debug","status":200}',
    '{"level":"error","status":503,"user":{"id":7}}',
    '{"level":"error","status":"503","message":"took 5s: timeout"}',
    '{"note":"level debug","status":500.0,"path":"/health"}',
    'level debug, no object',
  ];
  const cases: readonly (readonly [string, string])[] = [
    ['level == "debug"', '10000'],
    ['level != "debug"', '01111'],
    ['status >= 500', '01010'],
    ['status == 500', '00010'],
    ['status in [200, "503"]', '10100'],
    ['exists(user.id)', '01000'],
    ['user.id == 7 or path matches /^.health$/', '01010'],
    ['message contains "timeout"', '00100'],
    ['message startsWith "level"', '00001'],
    ['record contains "debug"', '10011'],
    ['tag "web" and label.env == "prod"', '11111'],
    ['not tag "web"', '00000'],
    ['label.env startsWith "pre" || label.other == "x"', '00000'],
    ['not exists(label.other) and status < 300', '10000'],
  ];
  for (const [text, flags] of cases) assert.equal([...compileCondition(text).matches(batchOf('json', records))].join(''), flags, text);
  assert.equal([...compileCondition('level == "debug" or message contains "503"').matches(batchOf('text', records))].join(''), '01100');
});

test('bytes give the answer that parsing gives, for random conditions and records', () => {
  const seed = 20260807;
  const random = seeded(seed);
  const json = randomJson(random);
  // The lists below are not empty.
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const literal = (): Literal =>
    pick([json.text(), json.name(), 'debug', 500, 0, Number.POSITIVE_INFINITY, -7.25, 0.01, true, false, null]);
  const operand = (): Operand => {
    const kind = random();
    if (kind < 0.05) return { kind: 'record' };
    if (kind < 0.1) return { kind: 'label', name: pick(['env', 'none']) };
    return { kind: 'field', path: kind < 0.7 ? [json.name()] : kind < 0.8 ? ['message'] : [json.name(), json.name()] };
  };
  const leaf = (): Expression => {
    const kind = random();
    if (kind < 0.4) return { kind: 'in', operand: operand(), values: Array.from({ length: 1 + Math.floor(random() * 3) }, literal) };
    if (kind < 0.5) return { kind: 'order', operand: operand(), order: pick(orders), number: pick([0, 1, 500, -7.25, 1e300]) };
    if (kind < 0.75)
      return { kind: 'text', operand: operand(), operator: pick(textOperators), text: pick([json.text(), 'de', 'eve', '/', 'ï', '💥']) };
    if (kind < 0.85) return { kind: 'matches', operand: operand(), pattern: pick([/^d/, /eve/i, /^$/, /^.$/u, /\//]) };
    return kind < 0.95 ? { kind: 'exists', operand: operand() } : { kind: 'tag', tag: pick(['web', 'other']) };
  };
  const expression = (depth = 0): Expression => {
    const kind = random() + depth * 0.2;
    if (kind < 0.2) return { kind: pick(['and', 'or'] as const), parts: [expression(depth + 1), expression(depth + 1)] };
    return kind < 0.3 ? { kind: 'not', part: expression(depth + 1) } : leaf();
  };
  const table = new FieldTable();
  const held = [0, 0];
  for (let round = 0; round < 2_500; round++) {
    const format = random() < 0.9 ? 'json' : 'text';
    // Lone surrogates have no bytes.
    const records = Array.from({ length: 6 }, () => (random() < 0.9 ? json.object() : json.text()).toWellFormed());
    const asked = expression();
    const answers = records.map((record) => expected(asked, record, format));
    const batch = batchOf(format, records);
    const made = conditionOf('random', asked);
    const say = `seed ${seed}: ${JSON.stringify(asked)} on ${JSON.stringify(records)}`;
    assert.deepEqual([...made.matches(batch)].map(Boolean), answers, say);
    made.begin(batch.stream, batch.bytes, batch.bytes.length);
    for (const [index, answer] of answers.entries()) {
      const [start, end] = [batch.starts[index] ?? 0, batch.ends[index] ?? 0];
      const apart = format === 'json' && table.load(batch.bytes, start, end) ? table : undefined;
      assert.equal(made.holdsIn({ table: apart, bytes: batch.bytes, start, end }), answer, `in parts, ${say}`);
      held[answer ? 1 : 0] = (held[answer ? 1 : 0] ?? 0) + 1;
    }
  }
  assert.ok(Math.min(...held) > 2_000, String(held));
});

test('random bytes never throw', () => {
  const random = seeded(7);
  const made = ['level == "debug"', 'user.id > 5', 'message contains "x" or record matches /y/'].map(compileCondition);
  for (let round = 0; round < 3_000; round++) {
    const records = Array.from({ length: 4 }, () =>
      Buffer.from(Array.from({ length: Math.floor(random() * 30) }, () => '{}[]":,\\ulevidbg5 '.charCodeAt(Math.floor(random() * 17)))),
    );
    const batch = batchOf('json', records);
    for (const one of made) assert.equal(one.matches(batch).length, 4);
  }
});
