import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import test from 'node:test';
import type { ConnectedOptions } from '../testing/connected.ts';
import { connected, fileWith } from '../testing/connected.ts';
import { until } from '../testing/log.ts';
import { allServerCapabilities, type ScriptedServer, startScriptedServer } from '../testing/opamp-server.ts';

const to = (server: ScriptedServer, more: Partial<ConnectedOptions['server']> = {}) => ({ endpoints: [server.url], ...more });
const hash = (byte: number) => new Uint8Array(32).fill(byte);
const capabilities = allServerCapabilities;

for (const transport of ['websocket', 'http'] as const) {
  test(`${transport}: everything is said once, what changes is said, and what does not is not`, async () => {
    await using server = await startScriptedServer();
    await using agent = await connected({ server: to(server, { transport }), heartbeatMs: 100 });
    await until(() => server.heard.length >= 3, 'heartbeats come');
    const [first, second] = server.heard;
    assert.equal(first?.message.agentDescription?.nonIdentifyingAttributes[0]?.key, 'host.name');
    assert.equal(first?.message.health?.healthy, true);
    assert.deepEqual(first?.message.customCapabilities?.capabilities.length, 3);
    assert.equal(second?.message.agentDescription, undefined);
    assert.equal(second?.message.health, undefined);
    const before = server.heard.length;
    agent.connection.report.health({ healthy: false, status: 'broken', lastError: 'x', sinceMs: 1, components: {} });
    await until(() => server.heard.slice(before).some((one) => one.message.health?.status === 'broken'), 'the new health comes');
    const numbers = server.heard.map((one) => one.message.sequenceNum);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => BigInt(index + 1)),
      'no number is left out',
    );
    assert.ok(server.heard.every((one) => one.transport === transport && one.message.capabilities !== 0n));
  });

  test(`${transport}: the server that asks for everything gets it`, async () => {
    await using server = await startScriptedServer();
    await using agent = await connected({ server: to(server, { transport }), heartbeatMs: 50 });
    await agent.log.heard('agent.connection.connected');
    await until(() => server.heard.length >= 2, 'it speaks');
    let asked = false;
    server.answer = () => {
      const flags = asked ? 0n : 1n;
      asked = true;
      return { flags };
    };
    const before = server.heard.length;
    await until(() => server.heard.slice(before).some((one) => one.message.agentDescription !== undefined), 'the full state');
    const full = server.heard.slice(before).find((one) => one.message.agentDescription !== undefined);
    assert.ok(full?.message.health !== undefined && full.message.customCapabilities !== undefined);
  });

  test(`${transport}: a configuration is delivered once, however often it is sent, until its status is reported`, async () => {
    await using server = await startScriptedServer();
    const config = (byte: number) => ({
      remoteConfig: {
        configHash: hash(byte),
        config: { configMap: { 'a.yaml': { body: Buffer.from('x: 1'), contentType: 'text/yaml' } } },
      },
    });
    server.answer = () => ({ capabilities, ...config(1) });
    await using agent = await connected({ server: to(server, { transport }), heartbeatMs: 30 });
    await until(() => server.heard.length >= 5, 'it was sent several times');
    assert.equal(agent.configs.length, 1);
    assert.deepEqual(agent.configs[0], {
      hash: hash(1),
      files: [{ name: 'a.yaml', contentType: 'text/yaml', body: new Uint8Array(Buffer.from('x: 1')) }],
    });
    agent.connection.report.remoteConfig({ hash: hash(1), status: 'failed', error: 'no' });
    await until(() => server.heard.some((one) => one.message.remoteConfigStatus?.errorMessage === 'no'), 'the status is reported');
    server.answer = () => ({ capabilities, ...config(2) });
    await until(() => agent.configs.length === 2, 'another one is delivered');
  });

  test(`${transport}: a custom message is the server's when it has answered it`, async () => {
    await using server = await startScriptedServer();
    server.answer = () => ({ capabilities, customCapabilities: { capabilities: ['io.fairlead.host/v1'] } });
    await using agent = await connected({ server: to(server, { transport }) });
    await agent.log.heard('agent.connection.connected');
    await agent.connection.send('io.fairlead.host/v1', 'report', Buffer.from('{"a":1}'));
    const message = server.heard.find((one) => one.message.customMessage !== undefined)?.message.customMessage;
    assert.deepEqual(
      [message?.capability, message?.type, Buffer.from(message?.data ?? []).toString()],
      ['io.fairlead.host/v1', 'report', '{"a":1}'],
    );
    await assert.rejects(agent.connection.send('org.example.other/v1', 'x', new Uint8Array()), /does not know org\.example\.other\/v1/);
    server.answer = ({ message: { customMessage } }) =>
      customMessage === undefined ? {} : { errorResponse: { type: 1, errorMessage: 'that is no report' } };
    await assert.rejects(agent.connection.send('io.fairlead.host/v1', 'report', Buffer.from('!')), /that is no report/);
    assert.equal(agent.connection.state().kind, 'connected', 'a bad request does not end the connection');
  });

  test(`${transport}: goodbye is the last message`, async () => {
    await using server = await startScriptedServer();
    const agent = await connected({ server: to(server, { transport }) });
    await until(() => server.heard.length > 0, 'it speaks');
    await agent[Symbol.asyncDispose]();
    assert.notEqual(server.heard.at(-1)?.message.agentDisconnect, undefined);
    await assert.rejects(agent.connection.send('io.fairlead.host/v1', 'x', new Uint8Array()), /not connected/);
  });

  test(`${transport}: a server that asks for a pause gets it`, async () => {
    await using server = await startScriptedServer();
    server.answer = () => ({
      errorResponse: { type: 2, errorMessage: 'too much', details: { case: 'retryInfo', value: { retryAfterNanoseconds: 600_000_000n } } },
    });
    await using agent = await connected({ server: to(server, { transport }) });
    const waiting = await agent.log.heard('agent.connection.waiting');
    assert.ok(Number(waiting.fields.waitMs) >= 600 && Number(waiting.fields.waitMs) <= 901, `${waiting.fields.waitMs}`);
    server.answer = () => ({ capabilities });
    await until(() => server.heard.length >= 2, 'it comes back');
    const [first, second] = server.heard;
    assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 590);
  });

  test(`${transport}: 503 with Retry-After is a pause as well`, async () => {
    await using server = await startScriptedServer();
    server.refuse = () => ({ status: 503, headers: { 'retry-after': '1' } });
    await using agent = await connected({ server: to(server, { transport }) });
    const waiting = await agent.log.heard('agent.connection.waiting');
    assert.ok(Number(waiting.fields.waitMs) >= 990 && Number(waiting.fields.waitMs) <= 1_501, `${waiting.fields.waitMs}`);
    server.refuse = undefined;
    await until(() => server.heard.length >= 1, 'it comes back');
  });

  test(`${transport}: the plane's address is the one that is used`, async () => {
    await using server = await startScriptedServer();
    await using agent = await connected({ server: to(server, { transport }), planes: { control: { localAddress: '127.0.0.77' } } });
    await until(() => server.heard.length > 0, 'it speaks');
    await agent.log.heard('agent.connection.connected');
    assert.equal(server.heard[0]?.remoteAddress, '127.0.0.77');
    const state = agent.connection.state();
    assert.equal(state.kind === 'connected' && state.localAddress, '127.0.0.77');
  });

  test(`${transport}: a bearer token from a file goes to a server that is none of ours`, async () => {
    await using stack = new AsyncDisposableStack();
    const server = stack.use(await startScriptedServer());
    server.refuse = ({ headers }) => (headers.authorization === 'Bearer s3cret' ? undefined : { status: 401 });
    const headersFile = await fileWith(stack, '# for the collector fleet\nAuthorization: Bearer s3cret\n');
    const agent = stack.use(await connected({ server: to(server, { transport, headersFile }), heartbeatMs: 50 }));
    await until(() => server.heard.length >= 2, 'it speaks');
    assert.match(agent.connection.uid, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    if (transport === 'http') assert.equal(server.heard[0]?.headers['opamp-instance-uid'], agent.connection.uid);
  });

  test(`${transport}: a redirect is followed to where it leads`, async () => {
    await using target = await startScriptedServer();
    await using server = await startScriptedServer();
    server.refuse = () => ({ status: 307, headers: { location: target.url.replace('ws:', 'http:') } });
    await using _agent = await connected({ server: to(server, { transport }) });
    await until(() => target.heard.length > 0, 'it speaks with the other one');
    assert.equal(server.heard.length, 0);
  });

  test(`${transport}: a server that no longer answers is left`, async () => {
    await using server = await startScriptedServer();
    await using agent = await connected({ server: to(server, { transport, replyTimeout: '300ms' }), heartbeatMs: 100 });
    await until(() => server.heard.length >= 2, 'it speaks');
    server.answer = () => undefined;
    const { fields } = await agent.log.heard('agent.connection.lost');
    assert.match(String(fields.reason), /did not answer within 300 ms/);
    server.answer = () => ({ capabilities });
    await agent.log.heard('agent.connection.connected', 2);
  });

  test(`${transport}: a new UID is taken by an agent without certificate, and kept`, async () => {
    await using server = await startScriptedServer();
    const wanted = '0192bbbb-0000-7000-8000-0123456789ab';
    const bytes = Buffer.from(wanted.replaceAll('-', ''), 'hex');
    server.answer = ({ message }) => ({
      capabilities,
      ...(Buffer.compare(message.instanceUid, bytes) === 0 ? {} : { agentIdentification: { newInstanceUid: bytes } }),
    });
    await using agent = await connected({ server: to(server, { transport }), heartbeatMs: 50 });
    await until(() => agent.connection.uid === wanted, 'it is another one');
    await until(() => Buffer.compare(server.heard.at(-1)?.message.instanceUid ?? bytes.subarray(1), bytes) === 0, 'and says so');
    assert.equal(agent.keeper.current()?.uid, wanted);
  });
}

test('a heartbeat is timed from the last message and not from the last heartbeat', async () => {
  await using server = await startScriptedServer();
  await using agent = await connected({ server: to(server), heartbeatMs: 500 });
  await until(() => server.heard.length === 1, 'it speaks');
  await new Promise((resolve) => setTimeout(resolve, 300));
  agent.connection.report.health({ healthy: true, status: 'changed', lastError: '', sinceMs: 1, components: {} });
  await until(() => server.heard.length === 3, 'the change and a heartbeat');
  const [, change, beat] = server.heard;
  assert.equal(change?.message.health?.status, 'changed');
  const pause = (beat?.atMs ?? 0) - (change?.atMs ?? 0);
  assert.ok(pause >= 490, `${pause} ms after the change`);
});

test('what the server says of its own accord is no acknowledgement', async () => {
  await using server = await startScriptedServer();
  const speaks = { capabilities, customCapabilities: { capabilities: ['io.fairlead.host/v1'] } };
  server.answer = () => speaks;
  await using agent = await connected({ server: to(server) });
  await agent.log.heard('agent.connection.connected');
  await agent.connection.send('io.fairlead.host/v1', 'first', new Uint8Array());
  let settled = false;
  server.answer = () => undefined;
  const sending = agent.connection.send('io.fairlead.host/v1', 'second', new Uint8Array()).then(() => {
    settled = true;
  });
  await until(() => server.heard.at(-1)?.message.customMessage?.type === 'second', 'it was sent');
  const said = server.heard.length;
  server.push({ remoteConfig: { configHash: hash(9), config: { configMap: {} } } });
  await until(() => agent.configs.length === 1 && server.heard.length > said, 'the push arrived, and the agent asks for a certain answer');
  assert.equal(settled, false, 'the push is not the answer');
  server.push({});
  await sending;
});

test('a message that is too large is not sent, and its sender is told', async () => {
  await using server = await startScriptedServer();
  server.answer = () => ({ capabilities, customCapabilities: { capabilities: ['io.fairlead.host/v1'] } });
  const limits = { maxBytes: 100_000, maxDepth: 64, maxFields: 20_000 };
  await using agent = await connected({ server: to(server), timing: { limits } });
  await agent.log.heard('agent.connection.connected');
  await assert.rejects(
    agent.connection.send('io.fairlead.host/v1', 'report', new Uint8Array(200_000)),
    /200\d+ bytes is larger than the limit of 100000/,
  );
  agent.connection.report.effectiveConfig([{ name: 'a', contentType: 'text/yaml', body: new Uint8Array(200_000) }]);
  await agent.log.heard('agent.connection.too-large', 2);
  await agent.connection.send('io.fairlead.host/v1', 'report', new Uint8Array(10));
  assert.ok(server.heard.every((one) => one.message.effectiveConfig === undefined));
});

test('a server that sends too much, or something else, is left and tried again', async () => {
  await using server = await startScriptedServer();
  await using agent = await connected({ server: to(server), timing: { limits: { maxBytes: 10_000, maxDepth: 64, maxFields: 1_000 } } });
  await agent.log.heard('agent.connection.connected');
  server.push({ remoteConfig: { configHash: hash(1), config: { configMap: { a: { body: new Uint8Array(20_000), contentType: '' } } } } });
  await agent.log.heard('agent.connection.connected', 2);
  for (const socket of server.sockets) socket.send(Buffer.from([1, 2, 3]));
  await agent.log.heard('agent.connection.malformed');
  await agent.log.heard('agent.connection.connected', 3);
  for (const socket of server.sockets) socket.send('text');
  await agent.log.heard('agent.connection.connected', 4);
  assert.equal(agent.configs.length, 0);
});

test('a restart is declined and nothing happens', async () => {
  await using server = await startScriptedServer();
  await using agent = await connected({ server: to(server), heartbeatMs: 50 });
  await agent.log.heard('agent.connection.connected');
  server.push({ command: { type: 0 } });
  await agent.log.heard('agent.connection.restart-declined');
  assert.equal(server.connections, 1);
});

test('the same server is not told again what it knows, another one is told everything', async () => {
  await using one = await startScriptedServer();
  await using other = await startScriptedServer();
  await using agent = await connected({ server: { endpoints: [one.url, other.url], order: 'listed' } });
  await until(() => one.heard.length === 1, 'it speaks');
  one.cut();
  // A connection that was so short counts as a failure, so the other one comes next.
  await until(() => other.heard.length === 1, 'it speaks with the other one');
  assert.notEqual(other.heard[0]?.message.agentDescription, undefined);
  other.cut();
  await until(() => one.heard.length === 2, 'and comes back');
  assert.notEqual(one.heard[1]?.message.agentDescription, undefined, 'another than the last one');
  assert.ok(agent.log.count('agent.connection.lost') >= 2);
});

test('reconnecting to the same server, only what changed is said', async () => {
  await using server = await startScriptedServer();
  await using agent = await connected({ server: to(server) });
  await until(() => server.heard.length === 1, 'it speaks');
  server.cut();
  await until(() => server.heard.length === 2, 'it is back');
  const { message } = server.heard[1] ?? {};
  assert.equal(message?.agentDescription, undefined);
  assert.equal(message?.sequenceNum, 2n);
  assert.notEqual(message?.customCapabilities, undefined, 'said once on each connection');
  assert.equal(agent.log.count('agent.connection.connected'), 2);
});

test('a dead server is left for a healthy one', async () => {
  const dead = await startScriptedServer();
  await dead[Symbol.asyncDispose]();
  await using alive = await startScriptedServer();
  await using agent = await connected({ server: { endpoints: [dead.url, alive.url], order: 'listed' } });
  await until(() => alive.heard.length > 0, 'it speaks');
  const { fields } = await agent.log.heard('agent.connection.failed');
  assert.match(String(fields.reason), /refuses the connection: nothing listens there/);
});

test('an interface stands for its address', async (t) => {
  const loopback = Object.entries(networkInterfaces()).find(([, list]) => list?.some((one) => one.address === '127.0.0.1'))?.[0];
  if (loopback === undefined) return t.skip('no interface has 127.0.0.1');
  await using server = await startScriptedServer();
  await using _agent = await connected({ server: to(server), planes: { control: { interface: loopback } } });
  await until(() => server.heard.length > 0, 'it speaks');
  assert.equal(server.heard[0]?.remoteAddress, '127.0.0.1');
});

test('a server of a family that the plane does not have is a sentence', async () => {
  await using agent = await connected({
    server: { endpoints: ['ws://[::1]:9/v1/opamp'] },
    planes: { control: { localAddress: '127.0.0.1' } },
  });
  const { fields } = await agent.log.heard('agent.connection.failed');
  assert.match(String(fields.reason), /has no IPv6 address, and the destination is IPv6/);
});

test('without heartbeats the transport is asked for a sign of life', async () => {
  await using server = await startScriptedServer();
  await using agent = await connected({ server: to(server), heartbeatMs: 0 });
  await until(() => server.heard.length === 1, 'it speaks');
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(server.heard.length, 1);
  assert.equal(agent.connection.state().kind, 'connected');
});
