import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { gunzipSync, gzipSync } from 'node:zlib';
import { uuidv7 } from '../../core/uuid.ts';
import { decodeServerToAgent } from '../../protocol/wire.ts';
import { connectAgent, description, tlsOf } from './testing/agent.ts';
import { messageOf, post, type Reply, refusalIn } from './testing/http.ts';
import { startTestServer, testConfig } from './testing/server.ts';

function answerIn({ body }: Reply) {
  const decoded = decodeServerToAgent(body, 'http');
  assert.ok(decoded.ok);
  return decoded.message;
}

test('a poll is a message, and every answer over HTTP says what the server can', async () => {
  await using server = await startTestServer();
  const { port } = server;
  const identity = await server.enrol();
  for (const sequence of [1, 2]) {
    const reply = await post({ port, identity, body: messageOf(identity.uid, sequence, sequence === 1 ? description() : {}) });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['content-type'], 'application/x-protobuf');
    assert.notEqual(answerIn(reply).capabilities, 0n);
    assert.equal(answerIn(reply).flags, 0n);
  }
  assert.equal(server.fleet.get(identity.uid)?.connection?.transport, 'http');
});

test('one agent may poll and hold a WebSocket in turn', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  const body = (sequence: number) => messageOf(identity.uid, sequence, sequence === 1 ? description() : {});
  assert.equal((await post({ port: server.port, identity, body: body(1) })).status, 200);
  {
    await using agent = await connectAgent(server, identity, { sequence: 1n });
    assert.equal((await agent.ask()).flags, 0n);
    assert.equal(server.fleet.get(identity.uid)?.connection?.transport, 'websocket');
  }
  const back = await post({ port: server.port, identity, body: body(3) });
  assert.equal(answerIn(back).flags, 0n);
});

test('what is no message is refused with its status and a sentence', async () => {
  await using server = await startTestServer();
  const { port } = server;
  const identity = await server.enrol();
  const good = messageOf(identity.uid, 1);
  const gzip = { 'content-encoding': 'gzip' };
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const cases: readonly (readonly [string, Parameters<typeof post>[0], number, string])[] = [
    ['another path', { port, path: '/', body: good }, 404, 'not-found'],
    ['GET', { port, method: 'GET' }, 405, 'method-not-allowed'],
    ['another type', { port, body: good, headers: { 'content-type': 'application/json' } }, 415, 'content-type'],
    ['another encoding', { port, body: good, headers: { 'content-encoding': 'br' } }, 415, 'content-encoding'],
    ['no gzip', { port, body: good, headers: gzip }, 400, 'broken-compression'],
    ['cut gzip', { port, body: gzipSync(good).subarray(0, 20), headers: gzip }, 400, 'broken-compression'],
    ['no protobuf', { port, body: Buffer.from('hello') }, 400, 'malformed'],
    ['a cut message', { port, body: good.subarray(0, 10) }, 400, 'truncated'],
    ['an empty body', { port }, 400, 'bad-uid'],
    ['too large', { port, body: Buffer.alloc(5 * 1024 * 1024) }, 413, 'too-large'],
    ['too large when it is unpacked', { port, body: bomb, headers: gzip }, 413, 'too-large'],
  ];
  for (const [name, request, status, code] of cases) {
    const reply = await post({ ...request, identity });
    assert.equal(reply.status, status, name);
    assert.equal(refusalIn(reply).code, code, name);
    assert.ok(refusalIn(reply).sentence.length > 10, name);
  }
  assert.equal((await post({ port, identity, body: good })).status, 200);
});

test('gzip is understood, and used where it is asked for and helps', async () => {
  await using server = await startTestServer();
  const { port } = server;
  const identity = await server.enrol();
  server.configurations.want(testConfig(1, 'same line\n'.repeat(2_000)));
  const body = gzipSync(messageOf(identity.uid, 1, { ...description(), remoteConfigStatus: {} }));
  const reply = await post({ port, identity, body, headers: { 'content-encoding': 'gzip', 'accept-encoding': 'gzip, deflate' } });
  assert.equal(reply.headers['content-encoding'], 'gzip');
  assert.ok(reply.body.length < 1_000);
  assert.ok(answerIn({ ...reply, body: gunzipSync(reply.body) }).remoteConfig);
  const plain = await post({ port, identity, body: messageOf(identity.uid, 2), headers: { 'accept-encoding': 'gzip;q=0' } });
  assert.equal(plain.headers['content-encoding'], undefined);
});

test('a message of another agent than the certificate says is refused, and nothing of it counts', async () => {
  await using server = await startTestServer();
  const [one, two] = [await server.enrol(), await server.enrol()];
  const reply = await post({ port: server.port, identity: one, body: messageOf(two.uid, 1, description({ rack: 'stolen' })) });
  assert.equal(reply.status, 400);
  assert.match(answerIn(reply).errorResponse?.errorMessage ?? '', new RegExp(`${one.uid}.*${two.uid}`));
  assert.equal(server.fleet.get(two.uid)?.record.attributes.rack, undefined);
});

test('an agent that asks for its uid gets the one of its certificate', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  const reply = await post({ port: server.port, identity, body: messageOf(uuidv7(1), 1, { flags: 1n, ...description() }) });
  assert.equal(Buffer.from(answerIn(reply).agentIdentification?.newInstanceUid ?? []).toString('hex'), identity.uid.replaceAll('-', ''));
});

test('an agent that says too much is told to wait, the others are not', async () => {
  await using server = await startTestServer({ settings: { messageBurst: 3, messagesPerSecond: 1 } });
  const { port } = server;
  const [loud, quiet] = [await server.enrol(), await server.enrol()];
  for (const sequence of [1, 2, 3]) assert.equal((await post({ port, identity: loud, body: messageOf(loud.uid, sequence) })).status, 200);
  const refused = await post({ port, identity: loud, body: messageOf(loud.uid, 4) });
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  assert.equal((await post({ port, identity: quiet, body: messageOf(quiet.uid, 1) })).status, 200);
});

test('a client that sends its request byte by byte is not waited for', async () => {
  await using server = await startTestServer({ settings: { requestTimeout: '1s' } });
  const identity = await server.enrol();
  for (const begin of [
    '',
    'POST /v1/opamp HTTP/1.1\r\nHost: x\r\nX-A: ',
    `POST /v1/opamp HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 100\r\n\r\nabc`,
  ]) {
    const socket = connect({ host: '127.0.0.1', port: server.port, ...tlsOf(identity) });
    let text = '';
    socket.on('data', (data: Buffer) => {
      text += data.toString();
    });
    socket.on('error', () => {});
    if (begin !== '') socket.write(begin);
    await new Promise((resolve) => socket.once('close', resolve));
    if (begin !== '') assert.match(text, /^HTTP\/1\.1 408 /, begin);
  }
});

test('headers without end are refused', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  const reply = await post({ port: server.port, identity, headers: { 'x-long': 'a'.repeat(40_000) } });
  assert.equal(reply.status, 431);
});
