import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectionsOf } from './network.ts';
import { Program } from './program.ts';
import { serverAddress, serverHost } from './server.ts';
import { hostAddress, openWorld, whyNot } from './world.ts';

const skip = await whyNot();

/** In the same network as the first address, so that either would do and only the settings decide. */
const second = '10.98.0.99';
const receiverPort = 9000;

for (const { what, planes, control, data } of [
  {
    what: 'by address',
    planes: { control: { localAddress: second }, data: { localAddress: hostAddress(1) } },
    control: second,
    data: hostAddress(1),
  },
  { what: 'by interface', planes: { control: { interface: 'eth0' }, data: { interface: 'eth1' } }, control: hostAddress(1), data: second },
])
  test(`control and data leave from the addresses that are set for them, ${what}`, { skip }, async () => {
    await using world = await openWorld({ hosts: 1, addresses: { 'host-1': [second] } });
    const { server, network } = world;
    await using receiver = new Program({
      network,
      host: serverHost,
      program: process.execPath,
      args: [join(import.meta.dirname, 'receiver.ts'), serverAddress, String(receiverPort)],
    });
    await receiver.event('receiver.ready');
    const agent = world.agent(1, await world.joining(), {
      planes,
      links: [{ name: 'logs', to: `http://${serverAddress}:${receiverPort}/logs`, every: '1s' }],
    });
    await agent.start();
    const asked = await receiver.event('receiver.request');
    assert.equal(asked.remote, data);
    const view = await server.eventually('the server sees it', async () => {
      const one = await server.agent(agent.name);
      return one.connection === undefined ? undefined : one;
    });
    assert.equal(view.connection?.remote.replace(/:\d+$/, ''), control);
    const lines = await connectionsOf(network, 'host-1');
    assert.ok(
      lines.some((line) => line.startsWith(`${control}:`) && line.endsWith(` ${serverAddress}:8443`)),
      lines.join('\n'),
    );
    assert.deepEqual(
      receiver.all('receiver.request', ({ remote }) => remote !== data),
      [],
    );
    // Joining was control as well.
    assert.match(
      String(server.process.all('enrolment.enrolled')[0]?.message ?? server.process.all('fleet.enrolled')[0]?.message),
      /agent-1/,
    );
  });

for (const [what, planes, missing] of [
  ['an address', { control: { localAddress: '10.98.0.77' } }, /10\.98\.0\.77/],
  ['an interface', { data: { interface: 'eth7' } }, /eth7/],
] as const)
  test(`an agent whose plane names ${what} that is not there refuses to start and names what is`, { skip }, async () => {
    await using world = await openWorld({ hosts: 1 });
    const agent = world.agent(1, await world.joining(), { planes });
    const process = agent.spawn();
    assert.deepEqual(await process.ended, { code: 3, signal: null });
    assert.match(process.stderr, missing);
    assert.match(process.stderr, what === 'an address' ? /10\.98\.0\.11/ : /eth0/);
    assert.equal((await world.server.agents()).agents.length, 0);
  });
