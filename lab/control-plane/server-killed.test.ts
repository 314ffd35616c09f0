import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openWorld, whyNot } from './world.ts';

const skip = await whyNot();

/** Longer than an agent's first three attempts at another connection may wait in all (1 + 2 + 4 s at most), as in real life. */
const liveness = { heartbeatInterval: '1s', ttl: '12s' };
const downMs = 3_000;

test('a server that is killed and started again: nobody is lost, enrols again or is configured again, and the outage is on record', {
  skip,
}, async () => {
  await using world = await openWorld({ hosts: 3, server: { liveness } });
  const { server } = world;
  const agents = await world.agents(3, (number) => (number === 3 ? { server: { transport: 'http' } } : {}));
  await server.api('PUT', '/v1/configurations/edge', { files: [{ body: 'host: { every: 20s }\n' }] });
  await server.api('PUT', '/v1/assignments/everybody', { selector: '', configuration: 'edge' });
  const configured = () =>
    server.eventually('all run edge 1', async () => {
      const { agents: views } = await server.agents();
      return views.length === 3 && views.every(({ config }) => config.status === 'applied' && config.hash === config.wanted)
        ? views
        : undefined;
    });
  const before = await configured();
  const identities = agents.map((agent) => agent.identity());
  assert.deepEqual(
    before.map(({ uid }) => uid),
    identities.map(({ uid }) => uid),
  );
  const applied = await Promise.all(agents.map(async (agent) => (await agent.metrics()).sum('fairlead_agent_remote_configurations_total')));
  assert.deepEqual(applied, [1, 1, 1]);
  const marks = agents.map((agent) => agent.process.mark);
  const enrolments = (await server.metrics()).sum('fairlead_fleet_enrolments_total');
  assert.equal(enrolments, 3);

  const killedAt = Date.now();
  await server.process.kill();
  await sleep(downMs); // the outage itself
  await server.start();
  const startedAt = Date.now();
  await Promise.all(agents.map((agent, index) => agent.process.event('agent.connection.connected', undefined, marks[index])));
  const backAt = Date.now();

  // Whoever would be lost is lost within a ttl.
  await sleep(12_000);
  assert.deepEqual(
    server.transitions().filter(({ to }) => to === 'offline' || to === 'expired'),
    [],
  );
  const metrics = await server.metrics();
  assert.equal(metrics.sum('fairlead_fleet_transitions_total', { to: 'offline' }), 0);
  assert.equal(metrics.sum('fairlead_fleet_agents', { state: 'online' }), 3);
  assert.equal(metrics.sum('fairlead_fleet_enrolments_total'), 0, 'enrolments of the second life');
  assert.equal(metrics.sum('fairlead_ca_certificates_issued_total', { kind: 'agent' }), 0);
  assert.equal(metrics.sum('fairlead_opamp_offers_total', { kind: 'config' }), 0, 'offers of the second life');
  assert.deepEqual(
    agents.map((agent) => agent.identity()),
    identities,
  );
  assert.deepEqual(
    await Promise.all(agents.map(async (agent) => (await agent.metrics()).sum('fairlead_agent_remote_configurations_total'))),
    [1, 1, 1],
  );
  assert.deepEqual(
    (await configured()).map(({ uid, config }) => [uid, config.version, config.hash]),
    before.map(({ uid, config }) => [uid, config.version, config.hash]),
  );

  for (const { name } of agents) {
    const [outage, ...others] = await server.eventually(`the outage of ${name}`, async () => {
      const found = await server.outages(name);
      return found[0]?.end === undefined ? undefined : found;
    });
    assert.deepEqual(others, [], name);
    assert.ok(outage !== undefined);
    assert.deepEqual([outage.link, outage.plane, outage.how], ['control', 'control', 'recovered']);
    const [from, end] = [Date.parse(outage.from), Date.parse(outage.end ?? '')];
    // Over HTTP it shows at the next heartbeat.
    assert.ok(from >= killedAt - 50 && from <= killedAt + 2_500, `${name}: began ${from - killedAt} ms after the server was killed`);
    assert.ok(end >= startedAt - 2_000 && end <= backAt + 1_000, `${name}: ended ${end - startedAt} ms after the start`);
    assert.ok(Math.abs(outage.durationMs - (end - from)) < 100, `${name}: ${outage.durationMs} ms from ${outage.from} to ${outage.end}`);
  }
});
