import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { encodeHeartbeat, type Heartbeat, peekHeartbeat } from './heartbeat.ts';
import { AgentToServerSchema } from './opamp.ts';
import { readFixtures } from './testing/fixtures.ts';
import { decodeAgentToServer, encode, type Framing } from './wire.ts';

const fixtures = readFixtures('agent-to-server');
const framings: readonly Framing[] = ['websocket', 'http'];
const framed = (body: Uint8Array, framing: Framing) => (framing === 'http' ? body : Uint8Array.of(0, ...body));

/** What the full decoder says, if the message holds nothing but a heartbeat. */
function decoded(bytes: Uint8Array, framing: Framing): Heartbeat | undefined {
  const full = decodeAgentToServer(bytes, framing);
  if (!full.ok) return undefined;
  const { instanceUid, sequenceNum, capabilities, ...rest } = full.message;
  const { $typeName: _, ...others } = rest;
  if (Object.values(others).some((value) => value !== undefined && value !== 0n)) return undefined;
  return { uid: instanceUid, sequence: sequenceNum, capabilities };
}

test('heartbeats are recognised, everything else is not, and the fields are those of the full decoder', () => {
  const found = fixtures.filter(({ body }) => {
    for (const framing of framings)
      assert.deepEqual(peekHeartbeat(framed(body, framing), framing), decoded(framed(body, framing), framing));
    return peekHeartbeat(body, 'http') !== undefined;
  });
  assert.deepEqual(found.map(({ name }) => name).sort(), ['heartbeat', 'heartbeat-large-numbers', 'heartbeat-uid-only']);
});

test('a heartbeat that breaks off anywhere is left to the full decoder, unless what is left is one', () => {
  for (const { body } of fixtures.filter(({ name }) => name.startsWith('heartbeat')))
    for (let length = 0; length < body.length; length++)
      assert.deepEqual(peekHeartbeat(body.subarray(0, length), 'http'), decoded(body.subarray(0, length), 'http'), `cut at ${length}`);
});

test('padded and repeated numbers read as the full decoder reads them, or not at all', () => {
  const uid = [0x0a, 16, ...Array(16).fill(1)];
  const cases = [
    [...uid, 0x10, 0x87, 0x80, 0x00], // 7 in three bytes
    [...uid, 0x10, 0x87, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], // in ten
    [...uid, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], // more than 64 bits
    [...uid, 0x10, 0x01, 0x10, 0x02, 0x20, 0x05, 0x20, 0x06], // the last one wins
    [...uid, 0x20, 0x05, 0x10, 0x01], // the other way round
  ];
  for (const bytes of cases) {
    const peeked = peekHeartbeat(Uint8Array.from(bytes), 'http');
    assert.ok(peeked !== undefined);
    assert.deepEqual(peeked, decoded(Uint8Array.from(bytes), 'http'));
  }
  assert.equal(peekHeartbeat(Uint8Array.from([...uid, ...Array(30).fill([0x10, 0x01]).flat()]), 'http'), undefined);
});

test('what is encoded is what the general encoder writes, for numbers of every length', () => {
  const uid = Uint8Array.from({ length: 16 }, (_, at) => at);
  for (let bits = 0n; bits < 64n; bits++)
    for (const framing of framings) {
      const beat = { uid, sequence: 1n << bits, capabilities: (1n << bits) - 1n };
      const message = create(AgentToServerSchema, { instanceUid: uid, sequenceNum: beat.sequence, capabilities: beat.capabilities });
      assert.deepEqual({ ok: true, bytes: encodeHeartbeat(beat, framing) }, encode(AgentToServerSchema, message, framing));
      assert.deepEqual(peekHeartbeat(encodeHeartbeat(beat, framing), framing), beat);
    }
});

test('a uid of another length is never sent', () => {
  assert.throws(() => encodeHeartbeat({ uid: new Uint8Array(15), sequence: 1n, capabilities: 1n }, 'http'), RangeError);
});
