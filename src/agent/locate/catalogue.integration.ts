import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import Consul from 'consul';
import { silentLog } from '../../observe/log.ts';
import { createConsulHandler } from '../../server/discovery/consul.ts';
import { serve, testRegistry } from '../../server/discovery/testing.ts';
import { connected, fileWith } from '../testing/connected.ts';
import { until } from '../testing/log.ts';
import { startScriptedServer } from '../testing/opamp-server.ts';

/** What Consul answers to `/v1/health/service/:name?passing`, as far as it matters. */
const entry = (address: string, port: number, node = '192.0.2.99') => ({
  Node: { ID: '', Node: 'n1', Address: node, Datacenter: 'dc1' },
  Service: { ID: `s-${port}`, Service: 'fairlead', Tags: [], Address: address, Port: port },
  Checks: [{ CheckID: 'service:s', Status: 'passing' }],
});

async function consul() {
  const asked: IncomingMessage[] = [];
  const state = { status: 200, body: '[]' };
  const server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(state.status, { 'content-type': 'application/json' }).end(state.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  return { asked, state, url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void server.close() };
}

for (const kind of ['consul', 'registry'] as const) {
  test(`${kind}: only passing instances are asked for, with the token and the tag`, async () => {
    await using stack = new AsyncDisposableStack();
    const catalogue = stack.use(await consul());
    const server = stack.use(await startScriptedServer());
    catalogue.state.body = JSON.stringify([entry('127.0.0.1', server.port)]);
    const tokenFile = await fileWith(stack, 's3cret\n');
    stack.use(
      await connected({
        server: { [kind]: { url: catalogue.url, service: 'fleet a/b', tag: 'eu', datacenter: 'dc1', tokenFile, secure: false } },
      }),
    );
    await until(() => server.heard.length > 0, 'it speaks');
    const [request] = catalogue.asked;
    assert.equal(request?.url, '/v1/health/service/fleet%20a%2Fb?passing=true&stale=true&tag=eu&dc=dc1');
    assert.equal(request?.headers['x-consul-token'], 's3cret');
  });
}

test('an instance without an address of its own is at its node', async () => {
  await using catalogue = await consul();
  await using server = await startScriptedServer();
  catalogue.state.body = JSON.stringify([entry('', server.port, '127.0.0.1')]);
  await using _agent = await connected({ server: { consul: { url: catalogue.url, secure: false } } });
  await until(() => server.heard.length > 0, 'it speaks');
});

test('when its server dies, the agent goes to the one that is passing then', async () => {
  await using catalogue = await consul();
  const one = await startScriptedServer();
  await using other = await startScriptedServer();
  catalogue.state.body = JSON.stringify([entry('127.0.0.1', one.port)]);
  await using _agent = await connected({ server: { consul: { url: catalogue.url, secure: false } } });
  await until(() => one.heard.length > 0, 'it speaks');
  catalogue.state.body = JSON.stringify([entry('127.0.0.1', other.port)]);
  await one[Symbol.asyncDispose]();
  await until(() => other.heard.length > 0, 'it moved');
});

test('no passing instance is a sentence, and the agent waits', async () => {
  await using catalogue = await consul();
  await using agent = await connected({ server: { consul: { url: catalogue.url } } });
  const { fields } = await agent.log.heard('agent.connection.waiting');
  assert.equal(fields.reason, 'Consul service fairlead names no healthy server');
});

test('a catalogue that refuses or speaks of something else is a sentence', async () => {
  await using catalogue = await consul();
  catalogue.state.status = 403;
  catalogue.state.body = 'Permission denied';
  await using agent = await connected({ server: { consul: { url: catalogue.url } } });
  assert.match(String((await agent.log.heard('agent.locate.failed')).fields.reason), /HTTP 403 Permission denied/);
  catalogue.state.status = 200;
  catalogue.state.body = '{"leader": true}';
  const { length } = agent.log.said;
  await until(
    () => agent.log.said.slice(length).some((one) => /does not answer as Consul does/.test(String(one.fields.reason))),
    'it is said',
  );
});

test('with the real registry, a server whose check fails is left out when the agent looks again', async () => {
  await using stack = new AsyncDisposableStack();
  const { registry } = stack.use(await testRegistry());
  const { url, port } = stack.use(await serve(createConsulHandler({ registry, authorise: () => 'operator', log: silentLog })));
  const client = new Consul({ host: '127.0.0.1', port });
  const one = stack.use(await startScriptedServer());
  const other = stack.use(await startScriptedServer());
  for (const [id, server] of [
    ['one', one],
    ['other', other],
  ] as const) {
    await client.agent.service.register({
      id,
      name: 'fairlead',
      address: '127.0.0.1',
      port: server.port,
      check: { name: 'alive', ttl: '60s', timeout: '5s' },
    });
  }
  await client.agent.check.pass('service:one');
  stack.use(await connected({ server: { registry: { url, secure: false } } }));
  await until(() => one.heard.length > 0, 'it speaks with the one that passes');
  await client.agent.check.pass('service:other');
  await client.agent.check.fail('service:one');
  one.cut();
  await until(() => other.heard.length > 0, 'it moved to the one that passes now');
});
