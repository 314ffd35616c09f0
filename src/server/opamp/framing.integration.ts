import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerErrorResponseType } from '../../protocol/opamp.ts';
import { decodeServerToAgent } from '../../protocol/wire.ts';
import { connectAgent, description } from './testing/agent.ts';
import { messageOf } from './testing/http.ts';
import { closeCode, frameBytes, opcodes, rawWebSocket } from './testing/raw-websocket.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

const framed = (message: Uint8Array) => Buffer.concat([Buffer.from([0]), message]);

/** The server is unharmed: somebody else is served. */
async function servesOthers(server: TestServer): Promise<void> {
  const identity = await server.enrol();
  await using good = await connectAgent(server, identity);
  assert.equal((await good.ask(description())).errorResponse, undefined);
}

function messageIn(payload: Buffer) {
  const decoded = decodeServerToAgent(payload, 'websocket');
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.sentence);
  return decoded.message;
}

test('the bytes of a handshake and a heartbeat by hand are answered', async () => {
  await using server = await startTestServer();
  const { uid, ...identity } = await server.enrol();
  await using raw = await rawWebSocket(server.port, { uid, ...identity });
  raw.write(frameBytes(framed(messageOf(uid, 1))));
  const { payload, fin } = await raw.frame(opcodes.binary);
  assert.equal(fin, true);
  assert.equal(payload[0], 0);
  assert.deepEqual(Buffer.from(messageIn(payload).instanceUid).toString('hex'), uid.replaceAll('-', ''));
});

test('a message in fragments with a ping between them is one message, and the ping is answered', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  await using raw = await rawWebSocket(server.port, identity);
  const message = framed(messageOf(identity.uid, 1, description()));
  raw.write(frameBytes(message.subarray(0, 7), { fin: false }));
  raw.write(frameBytes(Buffer.from('are you there'), { opcode: opcodes.ping }));
  raw.write(frameBytes(message.subarray(7, 30), { fin: false, opcode: opcodes.continuation }));
  raw.write(frameBytes(message.subarray(30), { opcode: opcodes.continuation }));
  assert.equal((await raw.frame(opcodes.pong)).payload.toString(), 'are you there');
  assert.equal(messageIn((await raw.frame(opcodes.binary)).payload).errorResponse, undefined);
});

test('a message without the header of a zero is taken from old clients', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  await using raw = await rawWebSocket(server.port, identity);
  raw.write(frameBytes(messageOf(identity.uid, 1)));
  assert.equal(messageIn((await raw.frame(opcodes.binary)).payload).errorResponse, undefined);
});

test('bytes that are no message are answered as a bad request, and the connection ends with the code that says why', async () => {
  await using server = await startTestServer();
  const cases: readonly (readonly [string, (uid: string) => Uint8Array, number])[] = [
    ['a header that is not zero', (uid) => Buffer.concat([Buffer.from([1]), messageOf(uid, 1)]), 1002],
    ['a message that breaks off', (uid) => framed(messageOf(uid, 1)).subarray(0, 9), 1007],
    ['random bytes', () => framed(Buffer.from('deadbeefdeadbeef', 'hex')), 1007],
    ['a uid of three bytes', () => framed(Buffer.from([0x0a, 3, 1, 2, 3])), 1008],
    ['nothing', () => framed(new Uint8Array()), 1008],
    ['another uid', () => framed(messageOf('01890000-0000-7000-8000-000000000009', 1)), 1008],
    ['nesting without end', (uid) => framed(Buffer.concat([messageOf(uid, 1), nested(200)])), 1008],
  ];
  for (const [name, bytes, code] of cases) {
    const identity = await server.enrol();
    await using raw = await rawWebSocket(server.port, identity);
    raw.write(frameBytes(bytes(identity.uid)));
    const { errorResponse, ...others } = messageIn((await raw.frame(opcodes.binary)).payload);
    assert.equal(errorResponse?.type, ServerErrorResponseType.BAD_REQUEST, name);
    assert.ok((errorResponse?.errorMessage.length ?? 0) > 10, name);
    assert.deepEqual([others.flags, others.capabilities, others.remoteConfig], [0n, 0n, undefined], name);
    assert.equal(closeCode(await raw.frame(opcodes.close)), code, name);
  }
  await servesOthers(server);
});

test('frames that break the rules of WebSocket end the connection with the code of the rule', async () => {
  await using server = await startTestServer({ settings: { maxMessage: '64KiB' } });
  const long = Buffer.alloc(126);
  const cases: readonly (readonly [string, Buffer, number])[] = [
    ['a text', frameBytes(Buffer.from('hello'), { opcode: opcodes.text }), 1003],
    ['a text that is not UTF-8', frameBytes(Buffer.from([0xff, 0xfe]), { opcode: opcodes.text }), 1007],
    ['no mask', frameBytes(Buffer.from([0]), { masked: false }), 1002],
    ['a reserved bit', frameBytes(Buffer.from([0]), { reserved: 4 }), 1002],
    ['an opcode that does not exist', frameBytes(Buffer.from([0]), { opcode: 5 }), 1002],
    ['a continuation of nothing', frameBytes(Buffer.from([0]), { opcode: opcodes.continuation }), 1002],
    ['a ping in fragments', frameBytes(Buffer.from([0]), { opcode: opcodes.ping, fin: false }), 1002],
    ['a ping that is too long', frameBytes(long, { opcode: opcodes.ping }), 1002],
    ['a frame that claims to be larger than allowed', frameBytes(Buffer.alloc(10), { length: 10_000_000 }), 1009],
    ['a frame that claims to be larger than anything', frameBytes(Buffer.alloc(10), { length: 2 ** 60 }), 1009],
    [
      'fragments that are too large together',
      Buffer.concat([frameBytes(Buffer.alloc(60_000), { fin: false }), frameBytes(Buffer.alloc(60_000), { opcode: opcodes.continuation })]),
      1009,
    ],
  ];
  for (const [name, bytes, code] of cases) {
    const identity = await server.enrol();
    await using raw = await rawWebSocket(server.port, identity);
    raw.write(bytes);
    assert.equal(closeCode(await raw.frame(opcodes.close)), code, name);
  }
  await servesOthers(server);
});

test('a connection that breaks off in the middle of a frame leaves nothing behind', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  const raw = await rawWebSocket(server.port, identity);
  raw.write(frameBytes(framed(messageOf(identity.uid, 1))));
  await raw.frame(opcodes.binary);
  raw.write(frameBytes(Buffer.alloc(1_000)).subarray(0, 500));
  await raw[Symbol.asyncDispose]();
  await using again = await connectAgent(server, identity, { sequence: 1n });
  assert.equal((await again.ask()).flags, 0n);
});

/** Health inside health: field 5 of the message, then field 6 (a map) with its value in field 2, again and again. */
function nested(depth: number): Buffer {
  let inner = Buffer.from([0x08, 1]);
  for (let level = 0; level < depth; level++) {
    const entry = Buffer.concat([Buffer.from([0x12]), varint(inner.length), inner]);
    inner = Buffer.concat([Buffer.from([0x32]), varint(entry.length), entry]);
  }
  return Buffer.concat([Buffer.from([0x2a]), varint(inner.length), inner]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
