import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fullOnly } from './pace.ts';
import { openWorld, whyNot } from './world.ts';

const skip = await whyNot();

test('a re-created container with the secret keeps its identity, and one without is another agent', { skip }, async () => {
  await using world = await openWorld({ hosts: 2 });
  const { server } = world;
  const secretFile = join(world.folder, 'replace-secret');
  writeFileSync(secretFile, 'a secret that the platform mounts into the container\n', { mode: 0o600 });
  const joining = await world.joining({ uses: 10 });
  const proven = world.agent(1, joining, { name: 'orders', server: { replaceSecretFile: secretFile } });
  const plain = world.agent(2, joining, { name: 'billing' });
  await proven.start();
  await plain.start();
  const before = { proven: proven.identity(), plain: plain.identity() };
  for (const agent of [proven, plain]) {
    await agent.process.kill();
    rmSync(agent.dataDir, { recursive: true });
    await agent.start();
  }

  const after = proven.identity();
  assert.deepEqual([after.uid, after.name], [before.proven.uid, 'orders']);
  assert.notEqual(after.serial, before.proven.serial);
  assert.equal(server.process.all('fleet.taken-over').length, 1);
  assert.notEqual(plain.identity().uid, before.plain.uid);
  assert.equal(plain.identity().name, 'billing-2');
  await server.eventually('the first billing is missed', async () =>
    (await server.agent('billing')).liveness.state === 'offline' ? true : undefined,
  );
  const { agents } = await server.agents();
  assert.deepEqual(
    agents.map(({ name, uid, liveness }) => [name, uid, liveness.state]),
    [
      ['billing', before.plain.uid, 'offline'],
      ['billing-2', plain.identity().uid, 'online'],
      ['orders', before.proven.uid, 'online'],
    ],
    'orders left no ghost',
  );
});

test('a wrong secret takes nothing over', { skip }, async () => {
  await using world = await openWorld({ hosts: 1 });
  const { server } = world;
  const secretFile = join(world.folder, 'replace-secret');
  writeFileSync(secretFile, 'the right secret of this container\n', { mode: 0o600 });
  const agent = world.agent(1, await world.joining({ uses: 10 }), { name: 'orders', server: { replaceSecretFile: secretFile } });
  await agent.start();
  const { uid } = agent.identity();
  await agent.process.kill();
  rmSync(agent.dataDir, { recursive: true });
  writeFileSync(secretFile, 'a secret that somebody guessed\n');
  const process = agent.spawn();
  const outcome = await process.until('it joins as somebody else or is refused', () =>
    process.events.find(({ event }) => ['agent.join.joined', 'agent.join.refused', 'agent.join.failed'].includes(event)),
  );
  assert.notEqual(outcome.uid, uid);
  assert.deepEqual(server.process.said('fleet.taken-over'), []);
});

test('an ephemeral agent is forgotten once it is gone for long enough', { skip: skip || fullOnly, timeout: 180_000 }, async () => {
  await using world = await openWorld({
    hosts: 1,
    server: { liveness: { heartbeatInterval: '1s', failThreshold: 4, expireAfter: '60s' } },
  });
  const { server } = world;
  const agent = world.agent(1, await world.joining({ ephemeral: true }), { name: 'batch' });
  await agent.start();
  assert.equal((await server.agent('batch')).ephemeral, true);
  await agent.process.kill();
  await server.process.event('fleet.removed', ({ name }) => name === 'batch', 0, 150_000);
  assert.deepEqual((await server.agents()).agents, []);
});
