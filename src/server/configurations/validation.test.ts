import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatOrigin } from '../../core/origin.ts';
import { validator } from './validation.ts';

const problemsOf = (name: string, contentType: string, body: string) =>
  validator()([{ name, contentType, body }], 'other').map(({ origin, message }) => `${formatOrigin(origin)} ${message}`);

const cases: readonly (readonly [name: string, contentType: string, body: string, expected: RegExp | undefined])[] = [
  ['a.yaml', 'text/yaml', 'a: 1\n---\nb: 2\n', undefined],
  ['a.yaml', '', 'a: [1', /^a\.yaml:1:6 not YAML/],
  ['', 'application/yaml; charset=utf-8', 'a: 1\na: 2\n', /^<config>:2:1 not YAML: Map keys must be unique/],
  ['a', 'application/x-yaml', 'a: "x\nb: 1\n', /^a:/],
  ['a.json', 'application/json', '{"a": 1}', undefined],
  ['a.json', 'application/json', '{\n  "a": hello\n}', /^a\.json:2:8 not JSON: Unexpected token 'h'/],
  ['a.json', '', '{"a": 1,}', /^a\.json:1:9 not JSON/],
  ['a.json', 'application/json', '{"a": tru', /^a\.json:1:10 not JSON: Unexpected end/],
  ['a.json', 'application/json', '{"a": "x', /^a\.json:1:9 not JSON: Unterminated string/],
  ['a.json', 'application/json', '', /^a\.json:1:1 not JSON/],
  ['a.json', 'application/json', '[1, 2 3]', /^a\.json:1:7 not JSON/],
  ['a.conf', 'text/plain', '{ nothing of ours', undefined],
  ['a.toml', 'application/toml', 'a = [', undefined],
  ['a.yaml', 'text/yaml', `a: ${'['.repeat(100_000)}`, /^a\.yaml:1:204 nested deeper than 200/],
];
for (const [name, contentType, body, expected] of cases)
  test(`${name || 'a nameless file'} of type "${contentType}" with ${JSON.stringify(body.slice(0, 20))}: ${expected?.source ?? 'fine'}`, () => {
    const problems = problemsOf(name, contentType, body);
    if (expected === undefined) assert.deepEqual(problems, []);
    else assert.match(problems[0] ?? '', expected);
  });

test('the validator of a kind is asked when the syntax is right, and only for its kind', () => {
  const asked: string[] = [];
  const validate = validator({
    'fairlead-agent': (files, kind) => {
      asked.push(`${kind} ${files.length}`);
      return [];
    },
  });
  validate([{ name: 'a', contentType: 'text/yaml', body: 'a: 1' }], 'fairlead-agent');
  validate([{ name: 'a', contentType: 'text/yaml', body: 'a: [' }], 'fairlead-agent');
  validate([{ name: 'a', contentType: 'text/yaml', body: 'a: 1' }], 'otel-collector');
  assert.deepEqual(asked, ['fairlead-agent 1']);
});
