import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { AgentToServerSchema, ServerToAgentSchema } from './opamp.ts';
import { expectedOf, plainOf } from './testing/expected.ts';
import { type Direction, encodeFields, type Fixture, readFixtures } from './testing/fixtures.ts';
import { decode, decodeAgentToServer, decodeServerToAgent, defaultWireLimits, encode, type Framing } from './wire.ts';

const schemas = { 'agent-to-server': AgentToServerSchema, 'server-to-agent': ServerToAgentSchema } as const;
const all: readonly (Fixture & { readonly direction: Direction })[] = (['agent-to-server', 'server-to-agent'] as const).flatMap(
  (direction) => readFixtures(direction).map((fixture) => ({ ...fixture, direction })),
);
const framed = (body: Uint8Array, framing: Framing) => (framing === 'http' ? body : Uint8Array.of(0, ...body));

test('there is a fixture for every field of both messages', () => {
  for (const direction of ['agent-to-server', 'server-to-agent'] as const) {
    const seen = new Set(all.filter((one) => one.direction === direction).flatMap(({ fields }) => fields.map(({ name }) => name)));
    assert.deepEqual([...seen].sort(), schemas[direction].fields.map(({ name }) => name).sort());
  }
});

for (const { direction, name, fields, body } of all) {
  const schema = schemas[direction];

  test(`${direction}/${name}: the bytes are what the comments beside them say`, () => assert.deepEqual(encodeFields(fields), [...body]));

  test(`${direction}/${name}: decodes to what the comments say, and encodes to the same bytes, in both framings`, () => {
    for (const framing of ['websocket', 'http'] as const) {
      const decoded = decode(schema, framed(body, framing), framing);
      assert.ok(decoded.ok, decoded.ok ? '' : decoded.sentence);
      assert.deepEqual(plainOf(schema, decoded.message), expectedOf(schema, fields));
      assert.deepEqual(encode(schema, decoded.message, framing), { ok: true, bytes: framed(body, framing) });
    }
  });

  test(`${direction}/${name}: broken off anywhere it is a clear failure, or a message of fewer fields`, () => {
    for (let length = 0; length < body.length; length++) {
      const decoded = decode(schema, body.subarray(0, length), 'http');
      const atBoundary = fields.some((_, count) => encodeFields(fields.slice(0, count)).length === length);
      if (decoded.ok) assert.ok(atBoundary, `cut at ${length}`);
      else {
        assert.equal(decoded.code, 'truncated', `cut at ${length}: ${decoded.sentence}`);
        assert.match(decoded.sentence, /^\w+(\.\w+)? at byte \d+ breaks off; the message has \d+ bytes$/);
      }
    }
  });
}

const heartbeat = all.find(({ name }) => name === 'heartbeat')?.body ?? new Uint8Array();

test('a message without the header is taken as that of an old client when it begins with instance_uid', () => {
  const decoded = decodeAgentToServer(heartbeat, 'websocket');
  assert.equal(decoded.ok && decoded.message.sequenceNum, 7n);
});

test('any other header is refused by its first byte', () => {
  const cases = { '01': [1, ...heartbeat], '80': [0x80, 0x00, ...heartbeat], '10': [0x10, 0x07] };
  for (const [digits, bytes] of Object.entries(cases))
    assert.deepEqual(decodeAgentToServer(Uint8Array.from(bytes), 'websocket'), {
      ok: false,
      code: 'bad-header',
      sentence: `the message begins with 0x${digits}; it must begin with a zero byte`,
    });
  assert.deepEqual(decodeAgentToServer(new Uint8Array(0), 'websocket'), {
    ok: false,
    code: 'bad-header',
    sentence: 'the message is empty; it must begin with a zero byte',
  });
});

test('a header alone is an empty message, which lacks its uid', () => {
  assert.equal(decode(AgentToServerSchema, Uint8Array.of(0), 'websocket').ok, true);
  const decoded = decodeAgentToServer(Uint8Array.of(0), 'websocket');
  assert.deepEqual(decoded, { ok: false, code: 'bad-uid', sentence: 'instance_uid has 0 bytes and not 16' });
});

test('a server may leave the uid out of an error, and of nothing else', () => {
  const error = all.find(({ name }) => name === 'error-bad-request')?.body ?? new Uint8Array();
  assert.equal(decodeServerToAgent(error, 'http').ok, true);
  assert.equal(decodeServerToAgent(new Uint8Array(0), 'http').ok, false);
  assert.equal(decodeServerToAgent(Uint8Array.of(0x0a, 1, 9, ...error), 'http').ok, false);
});

test('what is too large is refused both ways, the header counted', () => {
  const limits = { ...defaultWireLimits, maxBytes: heartbeat.length };
  assert.equal(decodeAgentToServer(heartbeat, 'http', limits).ok, true);
  assert.deepEqual(decodeAgentToServer(Uint8Array.of(0, ...heartbeat), 'websocket', limits), {
    ok: false,
    code: 'too-large',
    sentence: `the message has ${heartbeat.length + 1} bytes; at most ${heartbeat.length} are accepted`,
  });
  const message = create(AgentToServerSchema, { instanceUid: new Uint8Array(16) });
  assert.equal(encode(AgentToServerSchema, message, 'http', 18).ok, true);
  assert.equal(encode(AgentToServerSchema, message, 'websocket', 18).ok, false);
});

test('fields of the future are dropped, whatever their wire type', () => {
  const future = [
    [0xf8, 0x7f, 0x05], // 2047, varint
    [0xf9, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8], // 64 bits
    [0xfa, 0x7f, 0x02, 0xff, 0xff], // bytes
    [0xfd, 0x7f, 1, 2, 3, 4], // 32 bits
    [0xfb, 0x7f, 0x08, 0x01, 0x13, 0x14, 0xfc, 0x7f], // a group with a group inside
  ];
  const plain = decodeAgentToServer(heartbeat, 'http');
  for (const extra of future) assert.deepEqual(decodeAgentToServer(Uint8Array.of(...heartbeat, ...extra), 'http'), plain);
});

test('an enum value of the future stays a number', () => {
  const decoded = decode(AgentToServerSchema, Uint8Array.of(0x3a, 0x02, 0x10, 0x63), 'http');
  assert.equal(decoded.ok && decoded.message.remoteConfigStatus?.status, 99);
});

test('a text that is no UTF-8 is refused', () => {
  const decoded = decode(AgentToServerSchema, Uint8Array.of(0x3a, 0x03, 0x1a, 0x01, 0xff), 'http');
  assert.ok(!decoded.ok);
  assert.equal(decoded.code, 'malformed');
  assert.match(decoded.sentence, /^AgentToServer does not decode: /);
});

test('a map key named __proto__ is a key like any other', () => {
  const key = new TextEncoder().encode('__proto__');
  const entry = [0x0a, key.length, ...key, 0x12, 0x02, 0x0a, 0x00];
  const bytes = Uint8Array.of(0x32, entry.length + 4, 0x0a, entry.length + 2, 0x0a, entry.length, ...entry);
  const decoded = decode(AgentToServerSchema, bytes, 'http');
  assert.ok(decoded.ok);
  const map = decoded.message.effectiveConfig?.configMap?.configMap ?? {};
  assert.deepEqual(Object.keys(map), ['__proto__']);
  assert.equal(Object.getPrototypeOf(map), Object.prototype);
});
