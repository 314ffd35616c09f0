import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectAgent, description, type TestAgent } from './testing/agent.ts';
import { messageOf } from './testing/http.ts';
import { seededRandom } from './testing/random.ts';
import { closeCode, frameBytes, opcodes, rawWebSocket } from './testing/raw-websocket.ts';
import { startTestServer } from './testing/server.ts';

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
const forMs = 2_500;

/** Flips, cuts, doubles and inserts: what a broken client or a hostile one makes of a message. */
function mutate(bytes: Buffer, random: () => number): Buffer {
  const at = Math.floor(random() * bytes.length);
  const end = at + Math.floor(random() * 8);
  switch (Math.floor(random() * 5)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      return flipped;
    }
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes, bytes.subarray(at)]);
    case 3:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(Array.from({ length: 4 }, () => Math.floor(random() * 256))),
        bytes.subarray(at),
      ]);
    default:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
  }
}

const legal = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1013]);

test(`mutated messages and frames leave the server unharmed (seed ${seed})`, { timeout: 120_000 }, async () => {
  const random = seededRandom(seed);
  await using server = await startTestServer({ settings: { messagesPerSecond: 1_000_000, messageBurst: 1_000_000, maxMessage: '64KiB' } });
  const identity = await server.enrol();
  const bystander: TestAgent = await connectAgent(server, await server.enrol());
  await bystander.ask(description());
  const message = Buffer.concat([
    Buffer.from([0]),
    messageOf(identity.uid, 1, { ...description(), health: { healthy: true, componentHealthMap: { a: { healthy: false } } } }),
  ]);
  const codes = new Map<number, number>();
  let rounds = 0;
  for (const endMs = performance.now() + forMs; performance.now() < endMs; rounds++) {
    const raw = await rawWebSocket(server.port, identity);
    // Every second round breaks the message, the other one the frame around it.
    const bytes = rounds % 2 === 0 ? frameBytes(mutate(message, random)) : mutate(frameBytes(message), random);
    raw.write(bytes);
    raw.write(frameBytes(Buffer.from([3, 0xe8]), { opcode: opcodes.close }));
    raw.socket.end();
    const code = await raw.frame(opcodes.close).then(closeCode, () => 1000); // a frame that was cut ends without a word
    codes.set(code, (codes.get(code) ?? 0) + 1);
    assert.ok(legal.has(code), `close code ${code}`);
    await raw[Symbol.asyncDispose]();
    if (rounds % 20 === 0) assert.equal((await bystander.ask()).errorResponse, undefined);
  }
  assert.ok(rounds > 20, `${rounds} rounds`);
  assert.ok(codes.size > 2, JSON.stringify([...codes]));
  assert.equal((await bystander.ask()).errorResponse, undefined);
  await bystander[Symbol.asyncDispose]();
});
