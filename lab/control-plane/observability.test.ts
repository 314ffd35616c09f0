import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../command.ts';
import { discoveryPrograms } from '../discovery/programs.ts';
import { healthPort } from './agent.ts';
import { ask } from './http.ts';
import { middle, middleAddress } from './network.ts';
import { Program } from './program.ts';
import { serverAddress, serverHost } from './server.ts';
import { hostAddress, openWorld, whyNot } from './world.ts';

const skip = await whyNot();
const programs = await discoveryPrograms();
const withoutPrometheus = skip || (programs.available ? false : programs.reason);

test('metrics of server and agent are clean for promtool, and Prometheus scrapes both by what http_sd lists', {
  skip: withoutPrometheus,
}, async () => {
  assert.ok(programs.available);
  const { prometheus, promtool } = programs.programs;
  await using world = await openWorld({ hosts: 1 });
  const { server, network, folder } = world;
  const [agent] = await world.agents(1, () => ({
    links: [{ name: 'server-health', to: `http://${serverAddress}:8446/health`, every: '1s' }],
    services: [{ name: 'orders', port: healthPort, check: { kind: 'tcp', every: '1s' } }],
  }));
  assert.ok(agent !== undefined);
  await agent.process.event('agent.link.first-up', ({ link }) => link === 'server-health');
  await server.api('PUT', '/v1/configurations/edge', { files: [{ body: 'host: { every: 20s }\n' }] });
  await server.api('PUT', '/v1/assignments/everybody', { selector: '', configuration: 'edge' });
  await agent.process.event('agent.remote.applied');
  for (const [who, metrics] of [
    ['server', await server.metrics()],
    ['agent', await agent.metrics()],
  ] as const) {
    const { code, stdout, stderr } = await run(promtool, ['check', 'metrics'], { input: metrics.text });
    assert.deepEqual([code, stdout, stderr], [0, '', ''], who);
    assert.ok(metrics.names.size > 30, `${who} has ${metrics.names.size} series names`);
    assert.deepEqual(
      [...metrics.names].filter((name) => !/^(fairlead_|process_|nodejs_)/.test(name)),
      [],
      who,
    );
  }

  mkdirSync(join(folder, 'prometheus'));
  const file = join(folder, 'prometheus', 'prometheus.yml');
  writeFileSync(
    file,
    `
global: { scrape_interval: 1s }
scrape_configs:
  - job_name: server
    static_configs: [{ targets: ['${serverAddress}:8446'] }]
  - job_name: agents
    http_sd_configs:
      - url: http://${serverAddress}:8500/v1/prometheus/http_sd?service=fairlead-agent
        refresh_interval: 1s
`,
  );
  const checked = await run(promtool, ['check', 'config', file]);
  assert.equal(checked.code, 0, checked.stderr);
  await using program = new Program({
    network,
    host: middle,
    program: prometheus,
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'prometheus', 'data')}`,
      `--web.listen-address=${middleAddress}:9090`,
    ],
  });
  const target = { ...server.target(), host: middleAddress, port: 9090 };
  const plain = { relay: target.relay, host: target.host, port: target.port };
  const query = async (expression: string): Promise<readonly (readonly [instance: string, value: string])[]> => {
    const { text } = await ask(plain, 'GET', `/api/v1/query?query=${encodeURIComponent(expression)}`);
    // Prometheus' documented answer to an instant query.
    const { data } = JSON.parse(text) as { data: { result: { metric: Record<string, string>; value: [number, string] }[] } };
    return data.result.map(({ metric, value }) => [metric.instance ?? '', value[1]] as const);
  };
  const scraped = (expression: string, wanted: readonly (readonly [string, string])[]) =>
    server.eventually(`${expression} is ${JSON.stringify(wanted)}; ${program.stderr.slice(-1_000)}`, async () => {
      const found = await query(expression);
      assert.deepEqual(found, wanted);
      return found;
    });
  await scraped('up{job="server"}', [[`${serverAddress}:8446`, '1']]);
  await scraped('fairlead_fleet_agents{state="online"}', [[`${serverAddress}:8446`, '1']]);
  await scraped('up{job="agents"}', [[`${hostAddress(1)}:${healthPort}`, '1']]);
  await scraped('fairlead_agent_connected', [[`${hostAddress(1)}:${healthPort}`, '1']]);
});

test('requests to the API arrive as spans at an OTLP receiver', { skip }, async () => {
  await using world = await openWorld({ hosts: 0, server: { traces: { endpoint: `http://${middleAddress}:4318` } } });
  const { server, network } = world;
  // Not there at first: spans that cannot be delivered are said to be lost, and nothing else happens.
  await server.agents();
  await server.process.event('server.spans-lost');
  await using receiver = new Program({
    network,
    host: middle,
    program: process.execPath,
    args: [join(import.meta.dirname, 'receiver.ts'), middleAddress, '4318'],
  });
  await receiver.event('receiver.ready');
  await server.agents();
  const got = await receiver.event('receiver.request');
  assert.deepEqual([got.method, got.path, got.contentType], ['POST', '/v1/traces', 'application/json']);
  const body = JSON.parse(String(got.body));
  const [resource] = body.resourceSpans;
  const attributes = Object.fromEntries(
    resource.resource.attributes.map(({ key, value }: { key: string; value: { stringValue: string } }) => [key, value.stringValue]),
  );
  assert.equal(attributes['service.name'], 'fairlead-server');
  assert.equal(attributes['service.instance.id'], 'control-1');
  const spans = resource.scopeSpans.flatMap((scope: { spans: unknown[] }) => scope.spans);
  assert.ok(spans.length > 0);
  for (const span of spans) {
    assert.match(span.traceId, /^[0-9a-f]{32}$/);
    assert.match(span.spanId, /^[0-9a-f]{16}$/);
    assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano), 'it ends after it began');
    const ageMs = Date.now() - Number(BigInt(span.endTimeUnixNano) / 1_000_000n);
    assert.ok(ageMs >= -1_000 && ageMs < 60_000, `it ended ${ageMs} ms ago`);
  }
  assert.match(JSON.stringify(spans), /listAgents|\/v1\/agents/);
});

test('live and ready say what probes need, on the server and on the agent', { skip }, async () => {
  await using world = await openWorld({ hosts: 2 });
  const { server, network } = world;
  assert.deepEqual([(await server.plain('/health/live')).status, (await server.plain('/health/ready')).status], [200, 200]);
  assert.equal((await server.plain('/health/nothing')).status, 404);
  const [usual, strict] = await world.agents(2, (number) => ({
    server: { replyTimeout: '2s' },
    links: [{ name: 'health', to: `http://${serverAddress}:8446/health`, every: '1s', timeout: '500ms', downAfter: 1, upAfter: 1 }],
    ...(number === 2 ? { health: { readiness: { server: true, links: true } } } : {}),
  }));
  assert.ok(usual !== undefined && strict !== undefined);
  for (const agent of [usual, strict]) {
    await agent.process.event('agent.link.first-up', ({ link }) => link === 'health');
    assert.equal((await agent.http('/health/live')).status, 200);
    await server.eventually(`${agent.name} is ready`, async () => ((await agent.http('/health/ready')).status === 200 ? true : undefined));
  }

  await network.drop(serverHost);
  for (const agent of [usual, strict]) {
    await agent.process.event('agent.link.down', ({ link }) => link === 'health');
    await agent.process.event('agent.link.down', ({ link }) => link === 'control');
    assert.equal((await agent.http('/health/live')).status, 200, 'it works on its last good configuration');
  }
  assert.equal((await usual.http('/health/ready')).status, 200, 'being alone is no reason by default');
  const { status, text } = await strict.http('/health/ready');
  assert.equal(status, 503);
  // The shape that src/agent/health/server.ts answers with.
  const { reasons } = JSON.parse(text) as { reasons: readonly { reason: string; sentence: string }[] };
  assert.deepEqual(reasons.map(({ reason }) => reason).sort(), ['link', 'server']);
  await network.undrop(serverHost);
  await server.eventually('it is ready again', async () => ((await strict.http('/health/ready')).status === 200 ? true : undefined));
});
