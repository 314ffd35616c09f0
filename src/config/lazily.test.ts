import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { SourceText } from '../core/text.ts';
import { inputSchema } from './json-schema.ts';
import { lazily, ofType } from './lazily.ts';
import { readSettings } from './read.ts';

function definition() {
  const built: string[] = [];
  const kind = <Shape extends z.core.$ZodShape>(name: string, shape: Shape) =>
    ofType(name, () => {
      built.push(name);
      return z.strictObject({ type: z.literal(name).describe('Which.'), ...shape }).describe(`A ${name}.`);
    });
  const examples = { examples: ['raw-logs'] };
  const file = kind('file', { path: z.string() });
  const kafka = kind('kafka', { topic: lazily(() => z.string().describe('Where to.').meta(examples)) });
  const schema = z.strictObject({ sinks: z.record(z.string(), z.discriminatedUnion('type', [file, kafka])).prefault({}) });
  return { built, schema };
}

const problems = (text: string): readonly string[] => {
  const read = readSettings(definition().schema, new SourceText('agent.yaml', text));
  assert.ok(!read.ok, 'it must be refused');
  return read.problems.map(({ message, hint }) => `${message}; ${hint}`);
};

test('only the kinds that settings name are built', () => {
  const { built, schema } = definition();
  assert.deepEqual(schema.parse({}), { sinks: {} });
  assert.deepEqual(built, []);
  assert.deepEqual(schema.parse({ sinks: { a: { type: 'file', path: '/x' } } }), { sinks: { a: { type: 'file', path: '/x' } } });
  assert.deepEqual([...new Set(built)], ['file']);
});

test('what is wrong in a kind is said as if it had been built at once', () => {
  assert.deepEqual(problems('sinks: { a: { type: kafak } }'), ['sinks.a.type: "kafak" is not one of file, kafka; did you mean "kafka"?']);
  assert.deepEqual(problems('sinks: { a: { type: kafka, topik: x } }'), [
    'sinks.a.topic is missing; for example topic: raw-logs',
    'unknown key "topik" in sinks.a; did you mean "topic"?',
  ]);
});

test('the JSON Schema shows all kinds with descriptions and examples', () => {
  const text = JSON.stringify(inputSchema(definition().schema));
  for (const part of ['A file.', 'A kafka.', 'Where to.', 'raw-logs']) assert.ok(text.includes(part), part);
});
