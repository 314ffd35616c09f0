import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWorld, whyNot } from './world.ts';

const skip = await whyNot();

const configuration = (number: number, padding: number) => ({
  files: [{ name: 'edge.yaml', body: `# ${'x'.repeat(padding)}\nhost:\n  every: ${number}s\n` }],
});

test('on a full disk the server refuses changes with a sentence, keeps its agents, and goes on once there is room', { skip }, async (t) => {
  await using world = await openWorld({ hosts: 2, disk: '12m' });
  const { server } = world;
  const agents = await world.agents(2, (number) => (number === 2 ? { server: { transport: 'http' } } : {}));
  const online = () =>
    server.eventually('both are online', async () =>
      (await server.agents()).agents.filter(({ liveness }) => liveness.state === 'online').length === 2 ? true : undefined,
    );
  await online();
  await server.api('PUT', '/v1/configurations/edge', configuration(10, 0));
  const filler = `${server.dataDir}/filler`;
  await world.onDisk('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
  const { stdout } = await world.onDisk('df', ['--output=avail', '-B1', server.dataDir]);
  assert.match(stdout, /\n\s*0\s*$/);

  const accepted = [1];
  const refusals: string[] = [];
  for (let number = 2; number <= 6; number += 1) {
    const answer = await server.ask('PUT', '/v1/configurations/edge', configuration(10 + number, 200_000));
    if (answer.status < 300) accepted.push(accepted.length + 1);
    else refusals.push(`${answer.status} ${answer.text}`);
  }
  assert.ok(refusals.length > 0, 'nothing was refused');
  t.diagnostic(refusals[0] ?? '');
  for (const refusal of refusals) assert.match(refusal, /^5\d\d .*no room/);
  // Agents that come and go are the fleet's daily work; on a full disk too.
  await agents[0]?.process.kill();
  await agents[0]?.start();
  await online();
  assert.equal((await server.plain('/health/live')).status, 200);
  assert.deepEqual(agents[1]?.process.said('agent.connection.lost'), []);
  assert.equal((await server.metrics()).sum('fairlead_fleet_transitions_total', { to: 'offline' }), 0);

  await world.onDisk('rm', [filler]);
  const { version } = await server.eventually('changes are taken again', () =>
    server.api<{ version: { version: number } }>('PUT', '/v1/configurations/edge', configuration(59, 200_000)),
  );
  assert.equal(version.version, accepted.length + 1);
  await server.process.kill();
  await server.start();
  await online();
  const { versions } = await server.api<{ versions: readonly { version: number }[] }>('GET', '/v1/configurations/edge');
  assert.deepEqual(versions.map((one) => one.version).sort(), [...accepted, version.version]);
});
