import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { defaultAttributeLimits, flattenAttributes, toAttributes } from './attributes.ts';
import { AnyValueSchema, KeyValueSchema } from './opamp.ts';
import { readFixtures } from './testing/fixtures.ts';
import { decodeAgentToServer } from './wire.ts';

const text = (key: string, value: string) =>
  create(KeyValueSchema, { key, value: create(AnyValueSchema, { value: { case: 'stringValue', value } }) });

test('values of every kind become texts', () => {
  const [fixture] = readFixtures('agent-to-server').filter(({ name }) => name === 'agent-description');
  const decoded = decodeAgentToServer(fixture?.body ?? new Uint8Array(), 'http');
  assert.ok(decoded.ok);
  assert.deepEqual(flattenAttributes(decoded.message.agentDescription?.nonIdentifyingAttributes ?? []), {
    values: {
      'os.type': 'linux',
      'host.name': 'größe-Ω',
      spot: 'true',
      offset: '-5',
      cpus: '1.5',
      zones: 'a,2',
      'k8s.pod': 'web-0',
      'k8s.labels.app': 'web',
      raw: '00ff10',
      none: '',
    },
    dropped: 0,
  });
});

test('texts survive the way there and back, sorted by key', () => {
  const values = { b: '2', a: '1', __proto__x: '3' };
  const attributes = toAttributes(values);
  assert.deepEqual(
    attributes.map(({ key }) => key),
    ['__proto__x', 'a', 'b'],
  );
  assert.deepEqual(flattenAttributes(attributes), { values, dropped: 0 });
});

test('a key __proto__ is a key and nothing more', () => {
  const { values } = flattenAttributes([text('__proto__', 'x')]);
  assert.deepEqual(Object.entries(values), [['__proto__', 'x']]);
  assert.equal(Object.getPrototypeOf(values), Object.prototype);
});

test('the last of two equal keys holds', () => assert.deepEqual(flattenAttributes([text('a', '1'), text('a', '2')]).values, { a: '2' }));

test('what does not fit is counted: too many, a key that is too long or empty; a long value is cut', () => {
  const limits = { ...defaultAttributeLimits, maxCount: 2, maxKeyLength: 3, maxValueLength: 4 };
  const pairs = [text('a', 'abcdef'), text('long', 'x'), text('', 'x'), text('b', 'abcd'), text('c', 'x'), text('a', 'again')];
  assert.deepEqual(flattenAttributes(pairs, limits), { values: { a: 'aga…', b: 'abcd' }, dropped: 3 });
});

test('long bytes are cut like long texts', () => {
  const value = create(AnyValueSchema, { value: { case: 'bytesValue', value: new Uint8Array(1_000_000).fill(0xab) } });
  const { values } = flattenAttributes([create(KeyValueSchema, { key: 'raw', value })], { ...defaultAttributeLimits, maxValueLength: 6 });
  assert.deepEqual(values, { raw: 'ababa…' });
});
