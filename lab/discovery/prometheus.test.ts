import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../command.ts';
import { discoveryPrograms } from './programs.ts';
import { eventually, freePort, put, startDiscovery, startExporter, startProgram, targetsOf, temporaryFolder } from './running.ts';

const capability = await discoveryPrograms();
const skip = capability.available ? false : capability.reason;

const configuration = (discoveryPort: number) => `
global: { scrape_interval: 1s }
scrape_configs:
  - job_name: web
    http_sd_configs:
      - url: http://127.0.0.1:${discoveryPort}/v1/prometheus/http_sd?service=web&selector=tier%3Dfront
        refresh_interval: 1s
        authorization: { credentials: lab-reader }
    relabel_configs:
      - { source_labels: [__meta_fairlead_node], target_label: node }
  - job_name: agents
    http_sd_configs:
      - url: http://127.0.0.1:${discoveryPort}/v1/prometheus/http_sd?service=fairlead-agent
        refresh_interval: 1s
        authorization: { credentials: lab-reader }
`;

test('Prometheus scrapes what http_sd lists, loses what is unhealthy, and keeps its targets over a restart', { skip }, async () => {
  assert.ok(capability.available);
  const { prometheus, promtool } = capability.programs;
  using folder = temporaryFolder();
  await using exporter = await startExporter();
  await using first = await startDiscovery(folder);
  const file = folder.write('prometheus.yml', configuration(first.port));
  assert.match((await run(promtool, ['check', 'config', file])).stdout, /SUCCESS/);
  const port = await freePort();
  const args = [`--config.file=${file}`, `--storage.tsdb.path=${folder.path}/data`, `--web.listen-address=127.0.0.1:${port}`];
  await using program = startProgram(prometheus, args);
  const pool = (name: string, wanted: readonly string[]) =>
    eventually(`pool ${name} is ${wanted.join(', ') || 'empty'}`, program, async () => {
      const targets = await targetsOf(port, name);
      assert.deepEqual(
        targets.map(({ labels, health }) => `${labels.instance} ${labels.node ?? ''} ${health}`.replace('  ', ' ')),
        wanted,
      );
    });

  await put(first, 'agent/service/register', {
    Name: 'web',
    Address: '127.0.0.1',
    Port: exporter.port,
    Meta: { tier: 'front' },
    Check: { TTL: '5m', Status: 'passing' },
  });
  const agent = { name: 'edge-1', address: '127.0.0.1', metricsUrl: `http://127.0.0.1:${exporter.port}/agent` };
  first.registry.setAgentNode('01a205db-1450-7f31-a6fa-a596207d4d59', agent);
  const there = [`127.0.0.1:${exporter.port} control-1 up`];
  await pool('web', there);
  await pool('agents', [`127.0.0.1:${exporter.port} up`]);

  await put(first, 'agent/check/fail/service:web');
  await pool('web', []);
  first.registry.setAgentLiveness('01a205db-1450-7f31-a6fa-a596207d4d59', 'offline');
  await pool('agents', []);
  await put(first, 'agent/check/pass/service:web');
  await pool('web', there);

  await first[Symbol.asyncDispose]();
  await using second = await startDiscovery(folder, { http: first.port, dns: first.dnsPort });
  await pool('web', there);
  await put(second, 'agent/service/deregister/web');
  await pool('web', []);
});

test('our metrics are as promtool wants them', { skip }, async () => {
  assert.ok(capability.available);
  using folder = temporaryFolder();
  await using discovery = await startDiscovery(folder);
  await put(discovery, 'agent/service/register', { Name: 'web', Port: 80, Check: { TTL: '5m', Status: 'passing' } });
  await put(discovery, 'agent/check/fail/service:web');
  const text = await discovery.metrics.metrics();
  assert.match(text, /^fairlead_discovery_services 1$/m);
  const { code, stdout, stderr } = await run(capability.programs.promtool, ['check', 'metrics'], { input: text });
  assert.deepEqual([code, stdout, stderr], [0, '', '']);
});
