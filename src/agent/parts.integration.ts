import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { hostReport } from '../protocol/host-report.ts';
import { outageReport } from '../protocol/outages.ts';
import { testParts } from './testing/parts.ts';

const limit = { timeout: 120_000 };

async function listening() {
  const server = createServer((socket) => socket.on('error', () => {}).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port, // listens on TCP
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

test(
  'an agent is live and ready without its server, and reports host, health and configuration as soon as there is one',
  limit,
  async () => {
    await using agent = await testParts();
    assert.equal((await agent.ask('/health/live')).status, 200);
    assert.equal((await agent.ask('/health/ready')).status, 200);
    assert.match((await agent.ask('/metrics')).text, /^fairlead_agent_ready 1$/m);
    agent.connection.connect();
    // A look that had begun before the connection came is sent too.
    const { value } = await agent.connection.waitFor(
      (sent) => sent.capability === 'io.fairlead.host/v1' && hostReport.parse(sent.value).links.some(({ state }) => state === 'up'),
    );
    const report = hostReport.parse(value);
    const { port } = agent.parts.healthAddress ?? { port: 0 };
    assert.ok(
      report.listeners.some((one) => one.port === port && one.process?.pid === process.pid),
      'its own listener is not in the report',
    );
    assert.partialDeepStrictEqual(report.links, [{ name: 'control', host: '192.0.2.1', port: 8443, state: 'up' }]);
    assert.ok(agent.connection.healths.at(-1)?.healthy);
    assert.match(new TextDecoder().decode(agent.connection.configs.at(-1)?.[0]?.body), /interval: 30s/);
  },
);

test('an agent whose server is away stays ready', limit, async () => {
  await using agent = await testParts();
  agent.connection.disconnect('connection refused');
  assert.equal((await agent.ask('/health/ready')).status, 200);
});

test('a configuration whose link cannot be reached is rolled back, one that works stays, also over a restart', limit, async () => {
  await using server = await listening();
  const remote = 'remote: {settle: 200ms}';
  const { dataDir } = await (async () => {
    await using agent = await testParts({ text: remote });
    agent.offer(1, `links: [{name: good, to: "127.0.0.1:${server.port}"}]`);
    await agent.connection.status('applied', 1);
    agent.offer(2, 'links: [{name: bad, to: "127.0.0.1:1"}]');
    const failed = await agent.connection.status('failed', 2);
    assert.match(failed.error, /^links\/bad is down: connection refused \(ECONNREFUSED 127\.0\.0\.1:1\)$/);
    return agent;
  })();
  await using agent = await testParts({ text: remote, dataDir });
  assert.deepEqual(
    agent.connection.statuses.map(({ hash, status }) => [hash[0], status]),
    [[2, 'failed']],
  );
  assert.match(new TextDecoder().decode(agent.connection.configs[0]?.[0]?.body), /name: good/);
  agent.offer(1, `links: [{name: good, to: "127.0.0.1:${server.port}"}]`);
  await agent.connection.status('applied', 1);
});

test('outages are delivered once the server answers, and a portion that it did not take is sent again', limit, async () => {
  await using agent = await testParts({ text: 'links: [{name: dead, to: "127.0.0.1:1", every: 1h, required: false}]' });
  const { connection } = agent;
  const refused = Promise.withResolvers<void>();
  connection.answer = async ({ capability }) => {
    if (capability !== 'io.fairlead.outages/v1') return;
    refused.resolve();
    throw new Error('the connection ended before the server answered');
  };
  connection.connect();
  await refused.promise;
  connection.answer = undefined;
  connection.disconnect('reset');
  connection.connect();
  const outagesOf = (value: unknown) => outageReport.parse(value).outages;
  const control = await connection.waitFor(
    ({ capability, value }) =>
      capability === 'io.fairlead.outages/v1' && outagesOf(value).some(({ link, toMs }) => link === 'control' && toMs !== undefined),
  );
  assert.partialDeepStrictEqual(
    outagesOf(control.value).find(({ link }) => link === 'control'),
    { to: 'wss://127.0.0.1:8443/v1/opamp', lastError: 'reset', how: 'recovered' },
  );
  const dead = await connection.waitFor(
    ({ capability, value }) => capability === 'io.fairlead.outages/v1' && outagesOf(value).some(({ link }) => link === 'dead'),
  );
  assert.equal(outagesOf(dead.value).find(({ link }) => link === 'dead')?.toMs, undefined);
});

test('a configuration that kills the agent twice is refused by the third', limit, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fairlead-deadly-'));
  const program = fileURLToPath(new URL('testing/dies-while-applying.ts', import.meta.url));
  const run = () => {
    const { signal, stdout, stderr } = spawnSync(process.execPath, [program, dataDir], { encoding: 'utf8', timeout: 60_000 });
    return [signal, stdout.trim(), stderr];
  };
  assert.deepEqual(run(), ['SIGKILL', '[]', '']);
  assert.deepEqual(run(), ['SIGKILL', '[]', '']);
  const sentence = 'the agent ended 2 times while this configuration was starting; it is not tried again';
  assert.deepEqual(run(), [null, `["9 failed"]\n${sentence}`, '']);
});
