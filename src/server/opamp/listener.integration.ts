import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { Registry } from 'prom-client';
import { WebSocket } from 'ws';
import { RemoteConfigStatuses } from '../../protocol/opamp.ts';
import { connectAgent, description, TestAgent, until } from './testing/agent.ts';
import { startTestServer, testConfig } from './testing/server.ts';

test('an agent connects, reports itself and is online', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol('web-1');
  await using agent = await connectAgent(server, identity);
  const answer = await agent.ask({ ...description(), health: { healthy: true, status: 'ready' } });
  assert.notEqual(answer.capabilities, 0n);
  assert.equal(answer.flags, 0n);
  assert.ok(answer.customCapabilities?.capabilities.includes('io.fairlead.host/v1'));
  await until(() => server.fleet.get(identity.uid)?.record.liveness.state === 'online', 'online');
  const live = server.fleet.get(identity.uid);
  assert.equal(live?.record.attributes['host.name'], 'web-1');
  assert.equal(live?.connection?.transport, 'websocket');
  assert.equal(live?.health[0]?.status, 'ready');
  assert.deepEqual(await agent.ask().then(({ capabilities, flags }) => ({ capabilities, flags })), { capabilities: 0n, flags: 0n });
});

test('a configuration is pushed, and not sent again once the agent has its hash, whatever became of it', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  await using agent = await connectAgent(server, identity);
  await agent.ask({ ...description(), remoteConfigStatus: {} });
  server.configurations.want(testConfig(1));
  const { remoteConfig } = await agent.next();
  assert.equal(Buffer.from(remoteConfig?.configHash ?? []).toString('hex'), testConfig(1).hash);
  assert.equal(Buffer.from(remoteConfig?.config?.configMap['fairlead.yaml']?.body ?? []).toString(), 'version: 1\n');
  const failed = {
    lastRemoteConfigHash: remoteConfig?.configHash ?? new Uint8Array(),
    status: RemoteConfigStatuses.FAILED,
    errorMessage: 'no such file',
  };
  assert.equal((await agent.ask({ remoteConfigStatus: failed })).remoteConfig, undefined);
  assert.equal(server.fleet.get(identity.uid)?.record.config.status, 'failed');
  assert.deepEqual(server.configurations.observations, [identity.uid]);
  assert.equal((await agent.ask()).remoteConfig, undefined);
});

test('two listeners on one address: the second one says who has to give way, in one sentence', async () => {
  await using server = await startTestServer();
  await assert.rejects(startTestServer({ settings: { listen: `127.0.0.1:${server.port}` } }), {
    code: 'FAIRLEAD_LISTEN',
    message: `the listener of agents (agents.listen) cannot listen on 127.0.0.1:${server.port}: another process listens there`,
  });
});

test('without TLS an agent is believed on a loopback address, and the server does not start on another one', async () => {
  await assert.rejects(startTestServer({ settings: { listen: '0.0.0.0:0', insecureWithoutTls: true } }), { code: 'FAIRLEAD_USAGE' });
  await using server = await startTestServer({ settings: { insecureWithoutTls: true } });
  const { uid } = await server.enrol();
  const socket = new WebSocket(server.listener.url);
  await using agent = new TestAgent(socket, uid, 0n);
  await new Promise((resolve) => socket.once('open', resolve));
  assert.equal((await agent.ask(description())).errorResponse, undefined);
  assert.equal(server.fleet.get(uid)?.record.attributes['host.name'], 'web-1');
});

test('the server certificate is exchanged without closing a connection', async () => {
  await using server = await startTestServer({ ca: { serverCertificateLifetime: '10s', backdate: '9s' } });
  const identity = await server.enrol();
  await using agent = await connectAgent(server, identity);
  await agent.ask(description());
  const serial = async () => {
    const peer = connect({ host: '127.0.0.1', port: server.port, ca: identity.bundlePem, cert: identity.chainPem, key: identity.keyPem });
    await new Promise((resolve, reject) => peer.once('secureConnect', resolve).once('error', reject));
    const { serialNumber } = peer.getPeerCertificate();
    peer.destroy();
    return serialNumber;
  };
  const before = await serial();
  await until(async () => (await serial()) !== before, 'another certificate', 30_000);
  assert.equal((await agent.ask()).errorResponse, undefined);
});

test('bytes that are no TLS end the connection', async () => {
  await using server = await startTestServer();
  const socket = connectTcp(server.port, '127.0.0.1').on('error', () => {});
  socket.write('GET /v1/opamp HTTP/1.1\r\nHost: x\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
});

test('every metric has a name and a help that promtool accepts', async () => {
  await using server = await startTestServer();
  assert.ok(server.registry instanceof Registry);
  for (const { name, help, type } of await server.registry.getMetricsAsJSON()) {
    assert.match(name, /^fairlead_(opamp|fleet)_[a-z_]+$/);
    assert.ok(help.length > 5, name);
    assert.equal(name.endsWith('_total'), String(type) === 'counter', name);
  }
});
