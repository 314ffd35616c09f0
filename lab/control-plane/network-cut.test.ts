import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openWorld, whyNot } from './world.ts';

const skip = await whyNot();

const count = 5;

test('who is cut off goes suspect, offline and online again, and nobody else does', { skip }, async () => {
  await using world = await openWorld({ hosts: count });
  const { server, network } = world;
  // The second one gives its connection up and makes another one; the first one's connection outlives the cut.
  const agents = await world.agents(count, (number) => ({ server: { replyTimeout: number === 2 ? '2s' : '5m' } }));
  const all = () =>
    server.eventually('all are online', async () => {
      const { agents: views } = await server.agents();
      return views.length === count && views.every(({ liveness }) => liveness.state === 'online') ? true : undefined;
    });
  await all();
  const ofAgent = (name: string, from = 0) =>
    server
      .transitions()
      .slice(from)
      .filter((one) => one.name === name)
      .map(({ from: before, to }) => `${before} → ${to}`);

  await network.unplug('host-1');
  await network.drop('host-2');
  const cutAt = Date.now();
  for (const name of ['agent-1', 'agent-2'])
    await server.process.event('fleet.liveness', (one) => one.name === name && one.to === 'offline');
  await agents[1]?.process.event('agent.connection.lost');
  const cutMs = Date.now() - cutAt;
  assert.ok(cutMs > 3_500, `offline after ${cutMs} ms with a ttl of 4.5 s`);
  assert.equal((await server.agents()).brake, undefined, 'two of five are no mass failure');
  await network.plug('host-1');
  await network.undrop('host-2');
  await all();
  for (const name of ['agent-1', 'agent-2'])
    assert.deepEqual(ofAgent(name), ['enrolled → online', 'online → suspect', 'suspect → offline', 'offline → online'], name);
  for (const name of ['agent-3', 'agent-4', 'agent-5']) assert.deepEqual(ofAgent(name), ['enrolled → online'], name);
  assert.equal(agents[0]?.process.all('agent.connection.connected').length, 1, 'the first one kept its connection');
  assert.equal(agents[1]?.process.all('agent.connection.connected').length, 2, 'the second one made another one');
  assert.equal((await server.metrics()).sum('fairlead_fleet_transitions_total', { to: 'offline' }), 2);
});

test('when all are cut off at once the brake holds, says so, and nobody is evicted', { skip }, async (t) => {
  await using world = await openWorld({ hosts: count });
  const { server, network } = world;
  await world.agents(count, (number) => ({ server: { replyTimeout: number % 2 === 0 ? '2s' : '5m' } }));
  const states = async () => (await server.agents()).agents.map(({ liveness }) => liveness.state);
  const all = () =>
    server.eventually('all are online', async () => {
      const now = await states();
      return now.length === count && now.every((state) => state === 'online') ? true : undefined;
    });
  await all();
  const hosts = Array.from({ length: count }, (_, index) => `host-${index + 1}`);
  await Promise.all(hosts.map((host) => network.drop(host)));
  const said = await server.process.event('fleet.brake-on');
  t.diagnostic(String(said.sentence));
  assert.match(String(said.sentence), /5 of 5 agents \(100 %\) are silent at once.*none is declared offline/);
  await sleep(6_000); // longer than another ttl
  const { brake } = await server.agents();
  assert.match(brake ?? '', /silent at once/);
  assert.deepEqual(await states(), Array(count).fill('suspect'));
  const held = await server.metrics();
  assert.equal(held.sum('fairlead_fleet_brake_engaged'), 1);
  assert.equal(held.sum('fairlead_liveness_silent_agents'), count);

  await Promise.all(hosts.map((host) => network.undrop(host)));
  await all();
  await server.process.event('fleet.brake-off');
  assert.equal((await server.agents()).brake, undefined);
  const after = await server.metrics();
  assert.equal(after.sum('fairlead_fleet_brake_engaged'), 0);
  assert.equal(after.sum('fairlead_fleet_transitions_total', { to: 'offline' }), 0, 'evictions');
  assert.deepEqual(
    server.transitions().filter(({ to }) => to === 'offline' || to === 'expired'),
    [],
  );
});
