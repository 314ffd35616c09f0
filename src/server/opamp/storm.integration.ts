import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../../core/clock.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { connectAgent, description, type TestAgent, until } from './testing/agent.ts';
import { startTestServer, type TestIdentity, testConfig } from './testing/server.ts';

const agents = 200;

async function counted(server: Awaited<ReturnType<typeof startTestServer>>, sample: string): Promise<number> {
  const line = (await server.registry.metrics()).split('\n').find((one) => one.startsWith(`${sample} `));
  return Number(line?.split(' ')[1] ?? 0);
}

/** Comes back until it is let in, as every agent does. */
async function insist(server: Awaited<ReturnType<typeof startTestServer>>, identity: TestIdentity): Promise<TestAgent> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await connectAgent(server, identity);
    } catch (error) {
      if (attempt > 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
    }
  }
}

test(`${agents} agents that come back at once after a restart all get in, nobody was offline, and who is connected is heard meanwhile`, {
  timeout: 180_000,
}, async () => {
  await using store = await openSqliteStore({ path: ':memory:', clock: systemClock });
  const identities: TestIdentity[] = [];
  {
    await using first = await startTestServer({ store });
    for (let number = 0; number < agents; number++) identities.push(await first.enrol(`agent-${number}`));
    const all = await Promise.all(identities.map((identity) => insist(first, identity)));
    await Promise.all(all.map((agent) => agent.ask(description())));
    await until(() => [...first.fleet.all()].every(({ record }) => record.liveness.state === 'online'), 'all online');
  }
  // Few at once and a short queue, so that the gate has to hold and to drop on a fast machine too.
  await using server = await startTestServer({ store, settings: { handshakesAtOnce: 4, handshakesPerSecond: 50, handshakeWait: '1s' } });
  const states: string[] = [];
  server.fleet.onChange((change) => change.kind === 'liveness' && states.push(change.to));
  const early = await insist(server, identities[0] ?? assert.fail());
  await early.ask(description());

  let slowestMs = 0;
  let storm = true;
  const heartbeats = (async () => {
    while (storm) {
      const sentAt = performance.now();
      await early.ask();
      slowestMs = Math.max(slowestMs, performance.now() - sentAt);
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
  })();
  const back = await Promise.all(identities.slice(1).map((identity) => insist(server, identity)));
  await Promise.all(back.map((agent) => agent.ask({ ...description(), remoteConfigStatus: {} })));
  storm = false;
  await heartbeats;

  assert.equal(await counted(server, 'fairlead_opamp_websockets'), agents);
  assert.ok((await counted(server, 'fairlead_opamp_handshakes_total{result="dropped"}')) > 0);
  assert.ok(slowestMs < 5_000, `a heartbeat took ${slowestMs} ms`);
  assert.deepEqual(
    states.filter((state) => state === 'offline' || state === 'suspect'),
    [],
  );

  server.configurations.want(testConfig(1));
  const pushedAt = performance.now();
  const pushed = await Promise.all(back.map((agent) => agent.next()));
  assert.ok(pushed.every(({ remoteConfig }) => remoteConfig !== undefined));
  assert.ok(performance.now() - pushedAt < 15_000);
});

test('connections that say nothing do not keep agents from shaking hands', async () => {
  await using server = await startTestServer({ settings: { handshakesAtOnce: 2, handshakeTimeout: '1s' } });
  const identity = await server.enrol();
  const silent = Array.from({ length: 4 }, () => connectTcp(server.port, '127.0.0.1').on('error', () => {}));
  await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  await using agent = await connectAgent(server, identity);
  assert.equal((await agent.ask(description())).errorResponse, undefined);
  assert.ok((await counted(server, 'fairlead_opamp_handshakes_total{result="failed"}')) >= 2);
  for (const socket of silent) socket.destroy();
});

test('more connections than are allowed are dropped before TLS', async () => {
  await using server = await startTestServer({ settings: { maxConnections: 2 } });
  const [one, two] = [await server.enrol(), await server.enrol()];
  await using first = await connectAgent(server, one);
  await using second = await connectAgent(server, two);
  await assert.rejects(connectAgent(server, await server.enrol()), /ECONNRESET|socket hang up|disconnected/);
  assert.equal((await first.ask(description())).errorResponse, undefined);
  assert.equal((await second.ask(description())).errorResponse, undefined);
});
