import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { type ServerToAgent, ServerToAgentSchema } from './opamp.ts';
import { encodeShared, encodeWithShared, nothingShared } from './pre-encoded.ts';
import { readFixtures } from './testing/fixtures.ts';
import { decodeServerToAgent } from './wire.ts';

const uid = Uint8Array.from({ length: 16 }, (_, at) => at + 1);

function received(bytes: Uint8Array): ServerToAgent {
  const decoded = decodeServerToAgent(bytes, 'websocket');
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.sentence);
  return decoded.message;
}

test('the shared part and the own one arrive as one message', () => {
  for (const fixture of readFixtures('server-to-agent').filter(({ name }) => name !== 'error-bad-request')) {
    const whole = decodeServerToAgent(fixture.body, 'http');
    assert.ok(whole.ok);
    const { instanceUid: _, flags, capabilities, $typeName: __, ...part } = whole.message;
    const bytes = encodeWithShared(uid, encodeShared(part), 'websocket', { flags, capabilities });
    assert.deepEqual(received(bytes), { ...whole.message, instanceUid: uid });
  }
});

test('an acknowledgement is a header, the uid and nothing else', () => {
  assert.deepEqual([...encodeWithShared(uid, nothingShared, 'websocket')], [0, 0x0a, 16, ...uid]);
  assert.deepEqual([...encodeWithShared(uid, nothingShared, 'http')], [0x0a, 16, ...uid]);
  assert.deepEqual(received(encodeWithShared(uid, nothingShared, 'websocket')), create(ServerToAgentSchema, { instanceUid: uid }));
});

test('one shared part serves many agents and is not changed by it', () => {
  const shared = encodeShared({
    remoteConfig: { configHash: Uint8Array.of(1, 2), config: { configMap: { a: { body: Uint8Array.of(9) } } } },
  });
  const before = shared.slice();
  const messages = [1, 2, 3].map((one) => received(encodeWithShared(new Uint8Array(16).fill(one), shared, 'websocket')));
  assert.deepEqual(
    messages.map((message) => message.instanceUid[0]),
    [1, 2, 3],
  );
  assert.ok(messages.every((message) => message.remoteConfig?.config?.configMap.a?.body[0] === 9));
  assert.deepEqual(shared, before);
});
