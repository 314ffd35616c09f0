import assert from 'node:assert/strict';
import test from 'node:test';
import { connected, temporaryFolder } from '../testing/connected.ts';
import { until } from '../testing/log.ts';
import { allServerCapabilities, type Heard, type Reply, startScriptedServer } from '../testing/opamp-server.ts';

const hash = (byte: number) => new Uint8Array(8).fill(byte);
const capabilities = allServerCapabilities;

type Opamp = NonNullable<NonNullable<Reply['connectionSettings']>['opamp']>;
const offer = (byte: number, opamp: Opamp): Reply => ({ connectionSettings: { hash: hash(byte), opamp } });
const statuses = (heard: readonly Heard[]) =>
  heard.flatMap(({ message }) => (message.connectionSettingsStatus === undefined ? [] : [message.connectionSettingsStatus]));
const [applied, failed] = [1, 3];

test('an interval is taken over without a new connection, and kept over a restart', async () => {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startScriptedServer());
  const dataDir = await temporaryFolder(stack);
  const settings = { server: { endpoints: [server.url] }, dataDir };
  const agent = await connected(settings);
  await agent.log.heard('agent.connection.connected');
  server.push(offer(1, { destinationEndpoint: server.url, heartbeatIntervalSeconds: 1n }));
  await until(() => statuses(server.heard).some((one) => one.status === applied), 'it is applied');
  const count = server.heard.length;
  await until(() => server.heard.length > count, 'a heartbeat comes after a second', 5_000);
  assert.equal(server.connections, 1);
  await agent[Symbol.asyncDispose]();
  const before = server.heard.length;
  const again = stack.use(await connected(settings));
  await again.log.heard('agent.connection.connected');
  await until(() => server.heard.length >= before + 2, 'the interval still holds', 5_000);
  const [status] = statuses(server.heard.slice(before));
  assert.deepEqual([status?.status, Buffer.from(status?.lastConnectionSettingsHash ?? [])], [applied, Buffer.from(hash(1))]);
});

test('an interval left out turns heartbeats off, as the specification says', async () => {
  await using server = await startScriptedServer();
  await using agent = await connected({ server: { endpoints: [server.url] }, heartbeatMs: 50 });
  await until(() => server.heard.length >= 2, 'it beats');
  server.push(offer(1, { destinationEndpoint: server.url }));
  await until(() => statuses(server.heard).some((one) => one.status === applied), 'it is applied');
  const count = server.heard.length;
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(server.heard.length, count);
  assert.equal(agent.connection.state().kind, 'connected');
});

for (const transport of ['websocket', 'http'] as const) {
  test(`${transport}: another server is tried before the present one is left, and remembered`, async () => {
    await using stack = new AsyncDisposableStack();
    const one = stack.use(await startScriptedServer());
    const other = stack.use(await startScriptedServer());
    const dataDir = await temporaryFolder(stack);
    const settings = { server: { endpoints: [one.url], transport }, dataDir, heartbeatMs: 50 };
    const headers = { headers: [{ key: 'X-Team', value: 'edge' }] };
    one.answer = () => ({ capabilities, ...offer(1, { destinationEndpoint: other.url, heartbeatIntervalSeconds: 1n, headers }) });
    const agent = await connected(settings);
    await until(() => statuses(other.heard).some((status) => status.status === applied), 'it is applied there');
    assert.notEqual(other.heard[0]?.message.agentDescription, undefined, 'the new server is told everything');
    assert.equal(other.heard[0]?.headers['x-team'], 'edge');
    assert.ok(
      one.heard.every((heard) => heard.message.agentDisconnect === undefined),
      'it did not say goodbye: it is not gone',
    );
    const state = agent.connection.state();
    assert.equal(state.kind === 'connected' && state.server, other.url);
    const numbers = [...one.heard, ...other.heard].map((heard) => heard.message.sequenceNum);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => BigInt(index + 1)),
      'one conversation over both',
    );
    await agent[Symbol.asyncDispose]();
    const count = one.heard.length;
    const before = other.heard.length;
    stack.use(await connected(settings));
    await until(() => other.heard.length > before, 'it goes there at once');
    assert.equal(one.heard.length, count);
  });

  test(`${transport}: a server that does not answer is no reason to leave the present one`, async () => {
    await using server = await startScriptedServer();
    const dead = await startScriptedServer();
    await dead[Symbol.asyncDispose]();
    await using silent = await startScriptedServer();
    silent.answer = () => undefined;
    await using agent = await connected({ server: { endpoints: [server.url], transport, replyTimeout: '300ms' }, heartbeatMs: 100 });
    await agent.log.heard('agent.connection.connected');
    for (const [byte, url] of [
      [1, dead.url],
      [2, silent.url],
    ] as const) {
      server.answer = ({ message }) => {
        const status = message.connectionSettingsStatus;
        return {
          capabilities,
          ...(status?.lastConnectionSettingsHash[0] === byte
            ? {}
            : offer(byte, { destinationEndpoint: url, heartbeatIntervalSeconds: 1n })),
        };
      };
      await until(
        () => statuses(server.heard).some((one) => one.status === failed && one.lastConnectionSettingsHash[0] === byte),
        `${url} failed`,
      );
      server.answer = () => ({ capabilities });
    }
    const reasons = statuses(server.heard)
      .filter((one) => one.status === failed)
      .map((one) => one.errorMessage);
    assert.match(reasons[0] ?? '', /nothing listens there/);
    assert.match(reasons.at(-1) ?? '', /did not answer within 300 ms/);
    assert.equal(agent.log.count('agent.connection.lost'), 0);
    const state = agent.connection.state();
    assert.equal(state.kind === 'connected' && state.server, server.url);
  });
}

test('settings that people write later come before an old offer', async () => {
  await using stack = new AsyncDisposableStack();
  const [one, other, third] = [
    stack.use(await startScriptedServer()),
    stack.use(await startScriptedServer()),
    stack.use(await startScriptedServer()),
  ];
  const dataDir = await temporaryFolder(stack);
  one.answer = () => ({ capabilities, ...offer(1, { destinationEndpoint: other.url, heartbeatIntervalSeconds: 1n }) });
  const agent = await connected({ server: { endpoints: [one.url] }, dataDir });
  await until(() => statuses(other.heard).some((status) => status.status === applied), 'it is applied there');
  await agent[Symbol.asyncDispose]();
  const before = other.heard.length;
  stack.use(await connected({ server: { endpoints: [third.url] }, dataDir }));
  await until(() => third.heard.length > 0, 'it goes where it is told to');
  assert.equal(other.heard.length, before);
});

const refused: readonly (readonly [string, Opamp, RegExp])[] = [
  ['no endpoint', { heartbeatIntervalSeconds: 1n }, /"" is no endpoint/],
  ['an endpoint of something else', { destinationEndpoint: 'ftp://example.org' }, /is no endpoint/],
  [
    'a header that splits the request',
    { destinationEndpoint: 'ws://127.0.0.1:1/', headers: { headers: [{ key: 'A', value: 'b\r\nC: d' }] } },
    /a header of the offer cannot be sent/,
  ],
  ['a certificate that is none', { destinationEndpoint: 'ws://127.0.0.1:1/', certificate: { cert: Buffer.from('x') } }, /cannot be read/],
];

for (const [what, opamp, reason] of refused) {
  test(`an offer with ${what} is refused with the reason`, async () => {
    await using server = await startScriptedServer();
    await using agent = await connected({ server: { endpoints: [server.url] } });
    await agent.log.heard('agent.connection.connected');
    server.push(offer(1, opamp));
    await until(() => statuses(server.heard).some((one) => one.status === failed), 'it is refused');
    assert.match(statuses(server.heard).find((one) => one.status === failed)?.errorMessage ?? '', reason);
    assert.equal(server.connections, 1);
  });
}
