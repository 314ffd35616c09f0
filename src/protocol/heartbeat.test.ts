import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { encodeHeartbeat } from './heartbeat.ts';
import { AgentToServerSchema } from './opamp.ts';
import { encode, type Framing } from './wire.ts';

const framings: readonly Framing[] = ['websocket', 'http'];

test('what is encoded is what the general encoder writes, for numbers of every length', () => {
  const uid = Uint8Array.from({ length: 16 }, (_, at) => at);
  for (let bits = 0n; bits < 64n; bits++)
    for (const framing of framings) {
      const beat = { uid, sequence: 1n << bits, capabilities: (1n << bits) - 1n };
      const message = create(AgentToServerSchema, { instanceUid: uid, sequenceNum: beat.sequence, capabilities: beat.capabilities });
      assert.deepEqual({ ok: true, bytes: encodeHeartbeat(beat, framing) }, encode(AgentToServerSchema, message, framing));
    }
});

test('a uid of another length is never sent', () => {
  assert.throws(() => encodeHeartbeat({ uid: new Uint8Array(15), sequence: 1n, capabilities: 1n }, 'http'), RangeError);
});
