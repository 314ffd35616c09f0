import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverAddress } from './server.ts';
import { openWorld, whyNot } from './world.ts';

const skip = await whyNot();

const lifetimeMs = 20_000;
const windowMs = 10_000;
const ca = { serverNames: [serverAddress], agentCertificateLifetime: '20s', backdate: '5s', renewWindow: '10s' };
/** Two seconds, suspect after three: a renewal that costs a heartbeat shows, and a busy machine does not. */
const liveness = { heartbeatInterval: '2s', ttl: '20s' };

test('short-lived certificates are renewed without a missed heartbeat; who was away comes back within the window and not after it', {
  skip,
}, async (t) => {
  await using world = await openWorld({ hosts: 4, server: { ca, liveness } });
  const { server } = world;
  const agents = await world.agents(4, (number) => (number === 2 ? { server: { transport: 'http' } } : {}));
  const [steady, polling, early, late] = agents;
  assert.ok(steady !== undefined && polling !== undefined && early !== undefined && late !== undefined);
  await server.eventually('all are online', async () =>
    (await server.agents()).agents.filter(({ liveness: { state } }) => state === 'online').length === 4 ? true : undefined,
  );
  const before = agents.map((agent) => agent.identity());
  const ends = [early, late].map((agent) => agent.identity().notAfterMs);
  await early.process.stop();
  await late.process.stop();

  // Expired, and within the window; then past it.
  await sleep((ends[0] ?? 0) + windowMs / 3 - Date.now());
  await early.start();
  assert.equal(early.identity().uid, before[2]?.uid);
  assert.notEqual(early.identity().serial, before[2]?.serial);
  assert.equal(early.process.all('agent.join.renewing')[0]?.way, 'the enrolment server');
  await sleep((ends[1] ?? 0) + windowMs + 2_000 - Date.now());
  const process = late.spawn();
  const refused = await process.until(
    'the late one is refused',
    () => process.all('agent.join.refused')[0] ?? process.all('agent.join.renewal-failed')[0] ?? process.all('agent.join.failed')[0],
  );
  t.diagnostic(refused.message);
  assert.match(refused.message, /token/);
  assert.deepEqual(process.said('agent.connection.connected'), []);
  assert.equal(late.identity().uid, before[3]?.uid, 'it keeps its identity');

  // Meanwhile the others had more than one certificate after another.
  for (const agent of [steady, polling]) {
    await agent.process.until(`three certificates of ${agent.name}`, () =>
      agent.process.all('agent.join.renewed').length >= 3 ? true : undefined,
    );
    assert.deepEqual(
      server
        .transitions()
        .filter(({ name }) => name === agent.name)
        .map(({ to }) => to),
      ['online'],
      `${agent.name} missed no heartbeat`,
    );
    const metrics = await agent.metrics();
    assert.equal(metrics.sum('fairlead_agent_certificate_renewals_total', { outcome: 'failed' }), 0);
    assert.equal(
      metrics.sum('fairlead_agent_certificate_renewals_total', { outcome: 'renewed' }),
      agent.process.all('agent.join.renewed').length,
    );
    const end = metrics.sum('fairlead_agent_certificate_end_timestamp_seconds') * 1_000;
    assert.ok(end > Date.now() && end <= Date.now() + lifetimeMs, new Date(end).toISOString());
    assert.equal(agent.identity().uid, before[agents.indexOf(agent)]?.uid);
    const connections = agent.process.all('agent.connection.connected').length;
    assert.equal(metrics.sum('fairlead_agent_connects_total'), connections, 'every connection is counted');
    assert.ok(agent === polling || connections >= 4, `${connections} connections: each certificate takes a new one`);
    t.diagnostic(`${agent.name}: ${agent.process.all('agent.join.renewed').length} renewals, ${connections} connections`);
  }
  const served = await server.metrics();
  assert.equal(served.sum('fairlead_opamp_connections_cut_total', { reason: 'expired' }), 0);
  assert.ok(served.sum('fairlead_ca_certificates_issued_total', { kind: 'agent' }) >= 4 + 3 + 3 + 1);
});

test('a revoked agent is cut off within a second and refused with the reason, over both transports', { skip }, async () => {
  await using world = await openWorld({ hosts: 3 });
  const { server } = world;
  const agents = await world.agents(3, (number) => (number === 2 ? { server: { transport: 'http' } } : {}));
  const [socket, polling, other] = agents;
  assert.ok(socket !== undefined && polling !== undefined && other !== undefined);
  for (const agent of [socket, polling]) {
    const from = agent.process.mark;
    const asked = performance.now();
    await server.api('POST', `/v1/agents/${agent.name}/revoke`, { reason: 'the host was stolen' });
    const refused = await agent.process.event('agent.connection.refused', undefined, from);
    const ms = performance.now() - asked;
    // Over HTTP there is no connection to cut: it hears of it with its next heartbeat.
    assert.ok(ms < (agent === polling ? 2_500 : 1_000), `${agent.name} was cut after ${ms} ms`);
    assert.match(refused.message, /revoked/);
    await server.eventually('nobody takes it for connected', async () =>
      (await server.agent(agent.name)).connection === undefined ? true : undefined,
    );
    await agent.process.kill();
    const again = agent.spawn();
    const reason = await again.event('agent.connection.refused');
    assert.match(reason.message, /is revoked: the host was stolen/);
    assert.deepEqual(again.said('agent.connection.connected'), []);
  }
  assert.equal(other.process.all('agent.connection.connected').length, 1);
  assert.deepEqual(other.process.said('agent.connection.lost'), []);
  assert.match(JSON.stringify(await server.api('GET', '/v1/audit')), /agent\.revoke/);
});
