/** A client that nobody here wrote: @elastic/opamp-client-node, over HTTP and mutual TLS. */
import assert from 'node:assert/strict';
import { subscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { createOpAMPClient, DIAG_CH_SEND_FAIL, DIAG_CH_SEND_SCHEDULE } from '@elastic/opamp-client-node';
import { agentCapabilityBits } from '../../protocol/capabilities.ts';
import { RemoteConfigStatuses } from '../../protocol/opamp.ts';
import { connectAgent, description, tlsOf, until } from './testing/agent.ts';
import { messageOf, post } from './testing/http.ts';
import { startTestServer, type TestIdentity, testConfig } from './testing/server.ts';

interface Failure {
  readonly err: unknown;
  readonly retryAfterMs: number | null;
}

/** What the client says of itself on its diagnostics channels. */
function listen() {
  const failures: Failure[] = [];
  const delays: number[] = [];
  subscribe(DIAG_CH_SEND_FAIL, (message) => failures.push(message as Failure)); // its documented shape
  subscribe(DIAG_CH_SEND_SCHEDULE, (message) => delays.push((message as { readonly delayMs: number }).delayMs));
  return { failures, delays };
}

function client(port: number, identity: TestIdentity, heartbeatIntervalSeconds = 30) {
  const configs: string[] = [];
  const made = createOpAMPClient({
    endpoint: `https://127.0.0.1:${port}/v1/opamp`,
    instanceUid: identity.uid,
    connect: tlsOf(identity),
    heartbeatIntervalSeconds,
    diagEnabled: true,
    capabilities: BigInt(agentCapabilityBits(['acceptsRemoteConfig', 'reportsRemoteConfig'])),
    onMessage({ remoteConfig }) {
      if (remoteConfig === undefined) return;
      configs.push(Buffer.from(remoteConfig.config?.configMap['fairlead.yaml']?.body ?? []).toString());
      made.setRemoteConfigStatus({ lastRemoteConfigHash: remoteConfig.configHash, status: RemoteConfigStatuses.APPLIED });
    },
  });
  made.setAgentDescription({
    identifyingAttributes: { 'service.name': 'elastic' },
    nonIdentifyingAttributes: { 'host.name': 'web-1', cpus: 4 },
  });
  return { client: made, configs };
}

test('it connects, reports itself, gets a configuration, and its status arrives', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  server.configurations.want(testConfig(1));
  const elastic = client(server.port, identity);
  elastic.client.start();
  await until(() => server.fleet.get(identity.uid)?.record.config.status === 'applied', 'applied');
  await elastic.client.shutdown();
  const record = server.fleet.get(identity.uid)?.record;
  assert.deepEqual(elastic.configs, ['version: 1\n']);
  assert.equal(record?.config.hash, testConfig(1).hash);
  assert.deepEqual(record.attributes, { 'host.name': 'web-1', cpus: '4' });
  assert.equal(record.labels['service.name'], 'elastic');
  assert.equal(record.liveness.state, 'online');
});

test('its heartbeats are counted, and it answers when it is asked for everything', async () => {
  await using server = await startTestServer();
  const { port } = server;
  const identity = await server.enrol();
  const elastic = client(port, identity, 0.1);
  elastic.client.start();
  await until(
    async () => /fairlead_opamp_messages_total\{transport="http",kind="heartbeat"\} [3-9]/.test(await server.registry.metrics()),
    'heartbeats',
  );
  // A message that it did not send: the next one of its own is a gap, and what we hold may be wrong.
  await post({ port, identity, body: messageOf(identity.uid, 900, description({ 'host.name': 'wrong' })) });
  await until(() => server.fleet.get(identity.uid)?.record.attributes['host.name'] === 'web-1', 'the full state');
  await elastic.client.shutdown();
});

test('429 with Retry-After makes it wait, at least the 30 s that the specification recommends', async () => {
  const { failures, delays } = listen();
  await using server = await startTestServer({ settings: { messageBurst: 2, messagesPerSecond: 1 } });
  const identity = await server.enrol();
  const elastic = client(server.port, identity, 0.1);
  elastic.client.start();
  await until(() => failures.some(({ err }) => String(err).includes('429')), '429');
  const refused = failures.find(({ err }) => String(err).includes('429'));
  assert.ok((refused?.retryAfterMs ?? 0) >= 1_000);
  // 30 s, and a tenth of it as jitter.
  await until(() => (delays.at(-1) ?? 0) >= 27_000, 'a long delay');
  await elastic.client.shutdown();
});

test('503 while the server stops is understood as well', async () => {
  const { failures } = listen();
  const server = await startTestServer({ settings: { drain: '10s' } });
  const holding = await connectAgent(server, await server.enrol());
  await holding.ask(description());
  const identity = await server.enrol();
  const elastic = client(server.port, identity, 0.1);
  elastic.client.start();
  await until(() => server.fleet.get(identity.uid)?.record.liveness.state === 'online', 'online');
  holding.socket.pause(); // keeps the server from being done at once
  const stopping = server[Symbol.asyncDispose]();
  await until(() => failures.some(({ err }) => String(err).includes('503')), '503');
  assert.ok((failures.find(({ err }) => String(err).includes('503'))?.retryAfterMs ?? 0) >= 1_000);
  await elastic.client.shutdown();
  holding.socket.terminate();
  await stopping;
});
