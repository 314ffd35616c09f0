import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { paced } from './pace.ts';
import { openWorld, whyNot } from './world.ts';

const skip = await whyNot();

const { ttl, ttlMs, pausedMs, replyTimeout } = paced(
  { ttl: '5s', ttlMs: 5_000, pausedMs: 16_000, replyTimeout: '4s' },
  { ttl: '20s', ttlMs: 20_000, pausedMs: 60_000, replyTimeout: '30s' },
);

test('a server that stands still for several ttl evicts nobody when it goes on', { skip }, async (t) => {
  await using world = await openWorld({ hosts: 3, server: { liveness: { heartbeatInterval: '1s', ttl } } });
  const { server } = world;
  // The second one gives its connection up meanwhile, and knocks; the first one never notices.
  const agents = await world.agents(3, (number) => ({
    server: { ...(number === 3 ? { transport: 'http' } : {}), replyTimeout: number === 2 ? replyTimeout : '5m' },
  }));
  await server.eventually('all are online', async () => {
    const { agents: views } = await server.agents();
    return views.length === 3 && views.every(({ liveness }) => liveness.state === 'online') ? true : undefined;
  });
  const marks = agents.map((agent) => agent.process.mark);

  server.process.signal('SIGSTOP');
  await sleep(pausedMs); // the pause itself
  server.process.signal('SIGCONT');
  const gaveUp = await agents[1]?.process.event('agent.connection.lost', undefined, marks[1]);
  assert.match(String(gaveUp?.reason), /answer/);
  await agents[1]?.process.event('agent.connection.connected', undefined, marks[1]);
  await sleep(2 * ttlMs); // whoever would be evicted is evicted by then

  const evictions = server.transitions().filter(({ to }) => to === 'offline' || to === 'expired');
  assert.deepEqual(evictions, []);
  assert.deepEqual(
    (await server.agents()).agents.map(({ liveness }) => liveness.state),
    ['online', 'online', 'online'],
  );
  const metrics = await server.metrics();
  const unobserved = metrics.sum('fairlead_liveness_unobserved_seconds_total');
  assert.ok(unobserved > pausedMs / 1_000 - 4 && unobserved < pausedMs / 1_000 + 5, `${unobserved} s were not observed`);
  assert.equal(metrics.sum('fairlead_fleet_transitions_total', { to: 'offline' }), 0);
  assert.deepEqual(agents[0]?.process.said('agent.connection.lost'), []);
  t.diagnostic(
    `paused for ${pausedMs} ms with a ttl of ${ttl}: ${unobserved.toFixed(1)} s unobserved, ${server.transitions().length} transitions`,
  );
});
