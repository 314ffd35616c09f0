import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWorld, whyNot } from './world.ts';

const skip = await whyNot();

test('an agent that is told to end says goodbye, over both transports: it is stopped, and nobody misses it', { skip }, async () => {
  await using world = await openWorld({ hosts: 2 });
  const { server } = world;
  const agents = await world.agents(2, (number) => (number === 2 ? { server: { transport: 'http' } } : {}));
  for (const { name } of agents) await server.process.event('fleet.liveness', (one) => one.name === name && one.to === 'online');
  for (const agent of agents) {
    assert.deepEqual(await agent.process.stop(), { code: 0, signal: null });
    const next = await server.process.event('fleet.liveness', (one) => one.name === agent.name && one.to !== 'online');
    assert.equal(next.to, 'stopped', next.message);
  }
});

test('a server that is told to end tells its agents to come back, and they do', { skip }, async () => {
  await using world = await openWorld({ hosts: 2, server: { liveness: { heartbeatInterval: '1s', ttl: '12s' } } });
  const { server } = world;
  const agents = await world.agents(2, (number) => (number === 2 ? { server: { transport: 'http' } } : {}));
  const marks = agents.map((agent) => agent.process.mark);
  assert.deepEqual(await server.process.stop(), { code: 0, signal: null });
  assert.equal(server.process.all('server.stopped').length, 1);
  await server.start();
  await Promise.all(agents.map((agent, index) => agent.process.event('agent.connection.connected', undefined, marks[index])));
  await server.eventually('both are online', async () =>
    (await server.agents()).agents.every(({ liveness, connection }) => liveness.state === 'online' && connection !== undefined)
      ? true
      : undefined,
  );
  assert.deepEqual(
    server.transitions().filter(({ to }) => to === 'offline' || to === 'expired'),
    [],
  );
});
