import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../core/clock.ts';
import { agentCapabilityBits } from '../../protocol/capabilities.ts';
import { type CustomKind, encodeCustomData } from '../../protocol/custom.ts';
import { type HostReport, hostReportKind } from '../../protocol/host-report.ts';
import { ConnectionSettingsStatuses, RemoteConfigStatuses, ServerErrorResponseType } from '../../protocol/opamp.ts';
import { outageReportKind } from '../../protocol/outages.ts';
import { servicesReportKind } from '../../protocol/services.ts';
import { createOutageJournal } from '../fleet/outages.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { connectAgent, description, type Say, until } from './testing/agent.ts';
import { messageOf, post } from './testing/http.ts';
import { startTestServer, testConfig } from './testing/server.ts';

const reportFullState = 1n;
const applied = (version: number): Say => ({
  remoteConfigStatus: { lastRemoteConfigHash: Buffer.from(testConfig(version).hash, 'hex'), status: RemoteConfigStatuses.APPLIED },
});

function custom<T>(kind: CustomKind<T>, value: T): Say {
  const encoded = encodeCustomData(kind, value);
  assert.ok(encoded.ok, encoded.ok ? '' : encoded.sentence);
  return { customMessage: { capability: kind.capability, type: kind.type, data: encoded.data } };
}

test('a message that was lost makes the server ask for everything, and what was left out is kept until then', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  await using agent = await connectAgent(server, identity);
  await agent.ask(description());
  agent.sequence += 1n;
  assert.equal((await agent.ask()).flags, reportFullState);
  assert.equal(server.fleet.get(identity.uid)?.record.attributes['host.name'], 'web-1');
  assert.equal((await agent.ask(description({ 'host.name': 'web-2' }))).flags, 0n);
  assert.equal(server.fleet.get(identity.uid)?.record.attributes['host.name'], 'web-2');
});

test('after a restart of the server nothing is sent that the agent has already', async () => {
  await using store = await openSqliteStore({ path: ':memory:', clock: systemClock });
  let uid: string;
  let sequence: bigint;
  let identity: Awaited<ReturnType<Awaited<ReturnType<typeof startTestServer>>['enrol']>>;
  {
    await using first = await startTestServer({ store });
    identity = await first.enrol();
    uid = identity.uid;
    first.configurations.want(testConfig(1));
    await using agent = await connectAgent(first, identity);
    assert.ok((await agent.ask({ ...description(), remoteConfigStatus: {} })).remoteConfig);
    assert.equal((await agent.ask(applied(1))).remoteConfig, undefined);
    sequence = agent.sequence;
  }
  await using second = await startTestServer({ store });
  second.configurations.want(testConfig(1));
  assert.equal(second.fleet.get(uid)?.record.liveness.state, 'online');
  await using agent = await connectAgent(second, identity, { sequence });
  const asked = await agent.ask();
  assert.deepEqual([asked.flags, asked.remoteConfig], [reportFullState, undefined]);
  assert.equal((await agent.ask({ ...description(), ...applied(1) })).remoteConfig, undefined);
  second.configurations.want(testConfig(2));
  assert.ok((await agent.next()).remoteConfig);
});

test('a configuration that changed while the server was away waits until the agent said what it has', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  server.fleet.report(identity.uid, { capabilities: 0x1003, config: { hash: testConfig(1).hash, status: 'applied', error: '' } });
  server.configurations.want(testConfig(2));
  await using agent = await connectAgent(server, identity, { sequence: 40n });
  const first = await agent.ask();
  assert.deepEqual([first.flags, first.remoteConfig], [reportFullState, undefined]);
  assert.equal((await agent.ask({ ...description(), ...applied(2) })).remoteConfig, undefined);
});

test('an agent that lost its disk gets its configuration again', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  server.fleet.report(identity.uid, { capabilities: 0x1003, config: { hash: testConfig(1).hash, status: 'applied', error: '' } });
  server.configurations.want(testConfig(1));
  await using agent = await connectAgent(server, identity);
  assert.ok((await agent.ask(description())).remoteConfig);
});

test('an agent that takes no configurations is offered none', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  server.configurations.want(testConfig(1));
  await using agent = await connectAgent(server, identity);
  const capabilities = BigInt(agentCapabilityBits(['reportsStatus', 'reportsHealth']));
  assert.equal((await agent.ask({ ...description(), capabilities })).remoteConfig, undefined);
  server.configurations.want(testConfig(2));
  await server.listener.pushed();
  assert.equal((await agent.ask({ capabilities })).remoteConfig, undefined);
});

test('an agent that never says which configuration it has gets each version once', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  const capabilities = BigInt(agentCapabilityBits(['reportsStatus', 'acceptsRemoteConfig']));
  server.configurations.want(testConfig(1));
  await using agent = await connectAgent(server, identity);
  assert.ok((await agent.ask({ ...description(), capabilities })).remoteConfig);
  await using again = await connectAgent(server, identity, { sequence: agent.sequence });
  assert.equal((await again.ask({ capabilities })).remoteConfig, undefined);
});

test('goodbye makes the agent stopped, an end of the connection without it does not', async () => {
  await using server = await startTestServer();
  const [polite, rude] = [await server.enrol(), await server.enrol()];
  {
    await using one = await connectAgent(server, polite);
    await using other = await connectAgent(server, rude);
    await one.ask(description());
    await other.ask(description());
    await one.ask({ agentDisconnect: {} });
  }
  const state = (uid: string) => server.fleet.get(uid)?.record.liveness.state;
  await until(() => state(polite.uid) === 'stopped', 'stopped');
  await until(() => server.fleet.get(rude.uid)?.connection === undefined, 'disconnected');
  assert.equal(state(rude.uid), 'online');
});

test('goodbye on a connection that was replaced is not goodbye of the agent', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  await using older = await connectAgent(server, identity);
  await older.ask(description());
  await using newer = await connectAgent(server, identity, { sequence: older.sequence });
  await newer.ask();
  older.sequence = newer.sequence;
  await older.ask({ agentDisconnect: {} });
  older.socket.close();
  await older.closed;
  await newer.ask();
  assert.equal(server.fleet.get(identity.uid)?.record.liveness.state, 'online');
  assert.equal(server.fleet.get(identity.uid)?.connection?.transport, 'websocket');
});

test('another heartbeat interval is offered with the whole of the settings, once, and remembered when it is applied', async () => {
  await using server = await startTestServer({ settings: { publicUrl: 'wss://fairlead.example.org:8443/v1/opamp' } });
  const identity = await server.enrol();
  await using agent = await connectAgent(server, identity);
  await agent.ask({ ...description(), remoteConfigStatus: {} });
  await server.fleet.setPolicy(identity.uid, { heartbeatIntervalMs: 10_000, ttlMs: 60_000 });
  const { connectionSettings } = await agent.next();
  assert.equal(connectionSettings?.opamp?.heartbeatIntervalSeconds, 10n);
  assert.equal(connectionSettings.opamp.destinationEndpoint, 'wss://fairlead.example.org:8443/v1/opamp');
  assert.match(Buffer.from(connectionSettings.opamp.certificate?.cert ?? []).toString(), /^-----BEGIN CERTIFICATE-----\n/);
  assert.match(Buffer.from(connectionSettings.opamp.certificate?.caCert ?? []).toString(), /^-----BEGIN CERTIFICATE-----/);
  assert.equal(connectionSettings.opamp.certificate?.privateKey.length, 0);
  const status = { lastConnectionSettingsHash: connectionSettings.hash, status: ConnectionSettingsStatuses.APPLIED };
  assert.equal((await agent.ask({ connectionSettingsStatus: status })).connectionSettings, undefined);
  assert.equal(server.fleet.get(identity.uid)?.record.heartbeatIntervalMs, 10_000);
});

const outage = (revision: number) => ({
  id: '01890000-0000-7000-8000-00000000000a',
  revision,
  link: 'kafka',
  to: 'kafka.example.org:9092',
  plane: 'data' as const,
  fromMs: 1_000,
  durationMs: 5,
  attempts: 2,
  lastError: 'ECONNREFUSED',
});

test('an outage is stored before the agent is told that it may forget it', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  await using agent = await connectAgent(server, identity);
  await agent.ask(description());
  assert.equal((await agent.ask(custom(outageReportKind, { outages: [outage(1)], dropped: 0 }))).errorResponse, undefined);
  assert.equal((await createOutageJournal(server.store).list(identity.uid))[0]?.id, outage(1).id);
});

test('an outage that cannot be stored is not acknowledged, and the answers keep their order', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  await using agent = await connectAgent(server, identity);
  await agent.ask(description());
  const commit = server.store.commit.bind(server.store);
  let fail = () => {};
  server.store.commit = () =>
    new Promise((_, reject) => {
      fail = () => reject(new Error('disk full'));
    });
  agent.send(custom(outageReportKind, { outages: [outage(1)], dropped: 0 }));
  agent.send();
  await until(() => String(fail) !== '() => {}', 'the commit');
  assert.equal(agent.unread, 0);
  fail();
  server.store.commit = commit;
  const refused = await agent.next();
  assert.equal(refused.errorResponse?.type, ServerErrorResponseType.UNAVAILABLE);
  assert.equal(refused.errorResponse?.details.case, 'retryInfo');
  assert.equal((await agent.next()).errorResponse, undefined);
  assert.deepEqual(await createOutageJournal(server.store).list(identity.uid), []);
});

const service = (id: string, status: 'passing' | 'critical') => ({
  id,
  name: 'web',
  address: '192.0.2.7',
  port: 80,
  tags: [],
  meta: {},
  check: { status, output: '', sinceMs: 1 },
});

test('services reach discovery whole, whether all of them or only what changed was said', async () => {
  const said: string[] = [];
  const services = {
    setAgentServices: (
      _uid: string,
      node: { readonly name: string; readonly address: string },
      all: readonly { readonly id: string; readonly check: { readonly status: string } }[],
    ) => void said.push(`${node.name} ${node.address} ${all.map(({ id, check }) => `${id}=${check.status}`).join(' ')}`),
    setAgentLiveness: (_uid: string, state: string) => void said.push(state),
  };
  await using server = await startTestServer({ services });
  const identity = await server.enrol('web-1');
  await using agent = await connectAgent(server, identity);
  await agent.ask(description());
  await agent.ask(custom(servicesReportKind, { full: true, services: [service('a', 'passing'), service('b', 'passing')], removed: [] }));
  await agent.ask(custom(servicesReportKind, { full: false, services: [service('b', 'critical')], removed: ['a'] }));
  await until(() => said.includes('online'), 'liveness');
  assert.deepEqual(
    said.filter((text) => text !== 'online'),
    ['web-1 127.0.0.1 a=passing b=passing', 'web-1 127.0.0.1 b=critical'],
  );
});

const emptyHost: HostReport = {
  collectedAtMs: 1,
  hostname: 'web-1',
  os: { name: 'linux' },
  kernel: '6.1',
  arch: 'x64',
  interfaces: [],
  routes: [],
  resolvers: { nameservers: [], search: [], options: [] },
  listeners: [],
  listenersComplete: true,
  planes: {},
  links: [],
  gaps: [],
};

test('a host report is kept, and one that is wrong is refused with the reason', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  await using agent = await connectAgent(server, identity);
  await agent.ask(description());
  const wrong = await agent.ask({
    customMessage: { capability: hostReportKind.capability, type: hostReportKind.type, data: Buffer.from('{"hostname":7}') },
  });
  assert.match(wrong.errorResponse?.errorMessage ?? '', /hostname|expected/i);
  assert.equal((await agent.ask(custom(hostReportKind, emptyHost))).errorResponse, undefined);
  assert.deepEqual(server.fleet.get(identity.uid)?.hostReport, emptyHost);
});

test('a custom message of a capability that nobody announced is ignored', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  await using agent = await connectAgent(server, identity);
  await agent.ask(description());
  assert.equal(
    (await agent.ask({ customMessage: { capability: 'org.example.other/v1', type: 'x', data: Buffer.from('x') } })).errorResponse,
    undefined,
  );
});

test('two agents with one identity are said to be two, and the second one has to wait', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol('web-1');
  await using original = await connectAgent(server, identity);
  await original.ask(description());
  await using copy = await connectAgent(server, identity, { sequence: 700n });
  for (let round = 0; round < 4; round++) {
    await copy.ask();
    await original.ask();
  }
  const conflict = server.fleet.get(identity.uid)?.conflict;
  assert.equal(conflict?.remotes.length, 2);
  assert.match(conflict.sentence, /copy/);
  assert.equal(server.log.said.filter(({ name }) => name === 'fleet.conflict').length, 1);
  assert.equal((await original.closed).code, 1008);
  await assert.rejects(connectAgent(server, identity, { sequence: original.sequence }), /429/);
  assert.equal((await copy.ask()).errorResponse, undefined);
});

test('when the server stops, agents are told to come back, each at another time', async () => {
  const server = await startTestServer();
  const agents = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const agent = await connectAgent(server, await server.enrol());
      await agent.ask(description());
      return agent;
    }),
  );
  const stopping = server[Symbol.asyncDispose]();
  const times = await Promise.all(
    agents.map(async (agent) => {
      const { errorResponse } = await agent.next();
      assert.equal(errorResponse?.type, ServerErrorResponseType.UNAVAILABLE);
      assert.equal((await agent.closed).code, 1001);
      return errorResponse.details.value?.retryAfterNanoseconds ?? 0n;
    }),
  );
  await stopping;
  assert.ok(times.every((time) => time >= 1_000_000_000n));
  assert.ok(new Set(times).size > 1);
});

test('an agent that does not answer the goodbye does not hold the server up', async () => {
  const server = await startTestServer({ settings: { drain: '200ms' } });
  const agent = await connectAgent(server, await server.enrol());
  await agent.ask(description());
  agent.socket.pause();
  const startedAt = performance.now();
  await server[Symbol.asyncDispose]();
  assert.ok(performance.now() - startedAt < 5_000);
  agent.socket.resume();
  await agent.closed;
});

test('a failure of ours ends one connection, or is answered 500, and not the server', async () => {
  await using server = await startTestServer();
  const [one, other] = [await server.enrol(), await server.enrol()];
  await using agent = await connectAgent(server, one);
  await using bystander = await connectAgent(server, other);
  await agent.ask(description());
  const { desired } = server.configurations;
  server.configurations.desired = () => {
    throw new Error('planted');
  };
  agent.send();
  assert.equal((await agent.closed).code, 1011);
  const failed = await post({ port: server.port, identity: one, body: messageOf(one.uid, 9) });
  assert.equal(failed.status, 500);
  server.configurations.desired = desired;
  assert.equal((await bystander.ask(description())).errorResponse, undefined);
  assert.equal(server.log.said.filter(({ name, fields }) => name === 'opamp.failed' && fields.cause === 'planted').length, 2);
});
