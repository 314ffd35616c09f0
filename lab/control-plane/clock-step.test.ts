import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { serverAddress } from './server.ts';
import { openWorld, whyNot } from './world.ts';

const skip = await whyNot();

const hour = 3_600_000;
const preload = ['--import', join(import.meta.dirname, 'clock-step.ts')];

for (const [direction, stepMs] of [
  ['an hour ahead', hour],
  ['an hour back', -hour],
] as const)
  test(`an agent whose clock is set ${direction} stays, times its outages right and renews in peace`, { skip }, async () => {
    await using world = await openWorld({
      hosts: 2,
      // Renewed some ten seconds after it was issued; with the clock ahead it looks expired to whoever asks the wall.
      server: {
        liveness: { heartbeatInterval: '1s', ttl: '20s' },
        ca: { serverNames: [serverAddress], agentCertificateLifetime: '20s', backdate: '10s' },
      },
    });
    const { server, network } = world;
    const joining = await world.joining({ uses: 2 });
    const cut = world.agent(1, joining, {
      server: { replyTimeout: '2s' },
      links: [{ name: 'server-health', to: `${serverAddress}:8446`, every: '1s', timeout: '500ms' }],
    });
    const steady = world.agent(2, joining);
    for (const agent of [cut, steady]) await agent.start({ FAIRLEAD_LAB_STEP_MS: String(stepMs) }, preload);
    await cut.process.event('agent.link.first-up');

    await network.unplug('host-1');
    const cutAt = performance.now();
    await cut.process.event('agent.link.down', ({ link }) => link === 'server-health');
    await cut.process.event('agent.connection.lost');
    for (const agent of [cut, steady]) {
      agent.process.signal('SIGUSR2');
      await agent.process.event('lab.clock-stepped');
    }
    const mark = steady.process.mark;
    await network.plug('host-1');
    await cut.process.event('agent.link.up', ({ link }) => link === 'server-health');
    const outageMs = performance.now() - cutAt;
    const outages = await server.eventually('both outages are delivered', async () => {
      const found = await server.outages('agent-1');
      return found.length === 2 && found.every(({ end }) => end !== undefined) ? found : undefined;
    });
    assert.deepEqual(outages.map(({ link }) => link).sort(), ['control', 'server-health']);
    for (const { link, durationMs, from, end } of outages) {
      assert.ok(durationMs >= 0 && durationMs < outageMs + 15_000, `${link}: ${durationMs} ms of ${outageMs} ms`);
      // Both moments as the agent's clock showed them, so the step is between them.
      const shown = Date.parse(end ?? '') - Date.parse(from);
      assert.ok(Math.abs(shown - durationMs - stepMs) < 2_000, `${link}: from ${from} to ${end} in ${durationMs} ms`);
    }

    // Ahead, every certificate looks expired to it and is renewed; back, none looks due, so that it is cut off when one ends and asks
    // the enrolment server. Either way it goes on by itself, and nobody takes it for dead.
    const renewed = await steady.process.event('agent.join.renewed', undefined, mark);
    await steady.process.event('agent.join.renewed', (one) => one !== renewed, mark);
    steady.process.signal('SIGUSR2');
    const back = steady.process.mark;
    await steady.process.event('agent.join.renewed', undefined, back);
    await server.eventually('it is connected on the right time again', async () =>
      (await server.agent('agent-2')).connection === undefined ? undefined : true,
    );
    for (const agent of [cut, steady]) assert.deepEqual(agent.process.said('agent.join.refused'), [], agent.name);
    if (stepMs > 0) assert.deepEqual(steady.process.said('agent.connection.refused'), []);
    assert.deepEqual(
      server.transitions().filter(({ to }) => to === 'offline' || to === 'expired'),
      [],
    );
  });
