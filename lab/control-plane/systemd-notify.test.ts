import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { notifyPrograms, receiverScript } from './notify-programs.ts';
import { Program } from './program.ts';
import { serverHost } from './server.ts';
import { openWorld, type World, whyNot } from './world.ts';

const skip = await whyNot();
const programs = await notifyPrograms();
const without = skip || (programs.available ? false : programs.reason);

/** What systemd would hear: each datagram is some lines. */
async function listen(world: World) {
  const path = join(world.folder, 'notify.sock');
  const receiver = new Program({ network: world.network, host: 'host-1', program: 'perl', args: ['-e', receiverScript, path] });
  await world.server.eventually('the socket is there', async () => (existsSync(path) ? true : undefined));
  return { path, receiver, lines: () => receiver.stdout.split('\n').filter((line) => line !== '' && line !== 'BARRIER=1') };
}

test('systemd is told when the agent is ready, what it does, that it reloads and that it stops', { skip: without }, async () => {
  assert.ok(programs.available);
  await using world = await openWorld({ hosts: 1 });
  const { server, network } = world;
  const { path, receiver, lines } = await listen(world);
  await using _receiver = receiver;
  const agent = world.agent(1, await world.joining(), { server: { replyTimeout: '2s' } });
  await agent.start({ NOTIFY_SOCKET: path, PATH: `${programs.programs.path}:${process.env.PATH}`, WATCHDOG_USEC: '4000000' });
  const heard = (what: RegExp, from = 0) =>
    server.eventually(`systemd hears ${what}; it heard ${lines().join(' | ')}`, async () =>
      lines()
        .slice(from)
        .find((line) => what.test(line)) === undefined
        ? undefined
        : true,
    );
  await heard(/^READY=1$/);
  await heard(new RegExp(`^MAINPID=${agent.process.pid}$`));
  await heard(/^STATUS=connected to wss:/);
  await heard(/^WATCHDOG=1$/);

  const before = lines().length;
  await server.api('PUT', '/v1/configurations/edge', { files: [{ body: 'host: { every: 20s }\n' }] });
  await server.api('PUT', '/v1/assignments/everybody', { selector: '', configuration: 'edge' });
  await heard(/^RELOADING=1$/, before);
  await heard(/^MONOTONIC_USEC=\d+$/, before);
  await heard(/^READY=1$/, before);

  const cut = lines().length;
  await network.drop(serverHost);
  await heard(/^STATUS=(looking for a server|waiting to try again)/, cut);
  await network.undrop(serverHost);
  await heard(/^STATUS=connected to wss:/, cut);

  assert.deepEqual(await agent.process.stop(), { code: 0, signal: null });
  await heard(/^STOPPING=1$/);
  assert.equal(lines().at(-1), 'STATUS=stopping');
});

test('without systemd, or without its program, the agent runs all the same', { skip }, async () => {
  await using world = await openWorld({ hosts: 1 });
  const agent = world.agent(1, await world.joining());
  // env(1) sets it for the agent alone: nsenter is still found.
  await agent.start({ NOTIFY_SOCKET: join(world.folder, 'nobody.sock') }, [], ['/usr/bin/env', 'PATH=/nonexistent']);
  const failed = await agent.process.event('agent.health.notify-failed');
  assert.match(failed.message, /there is no program systemd-notify/);
  assert.equal((await agent.http('/health/ready')).status, 200);
  assert.equal(agent.process.all('agent.health.notify-failed').length, 1, 'said once');
});
