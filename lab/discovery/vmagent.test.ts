import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discoveryPrograms } from './programs.ts';
import {
  type Discovery,
  eventually,
  freePort,
  put,
  startDiscovery,
  startExporter,
  startProgram,
  targetsOf,
  temporaryFolder,
} from './running.ts';

const capability = await discoveryPrograms();
const skip = capability.available ? false : capability.reason;

const configuration = (port: number) => `
scrape_configs:
  - job_name: named
    consul_sd_configs: [{ server: "127.0.0.1:${port}", services: [web], token: lab-reader }]
    relabel_configs: [{ source_labels: [__meta_consul_health], target_label: state }]
  - job_name: all
    consul_sd_configs: [{ server: "127.0.0.1:${port}", token: lab-reader }]
  - job_name: tagged
    consul_sd_configs: [{ server: "127.0.0.1:${port}", tags: [blue], node_meta: { rack: r1 }, token: lab-reader }]
  - job_name: http
    http_sd_configs: [{ url: "http://127.0.0.1:${port}/v1/prometheus/http_sd?service=web", authorization: { credentials: lab-reader } }]
`;

test('vmagent finds services by the Consul API and by http_sd, and follows every change', { skip }, async () => {
  assert.ok(capability.available);
  using folder = temporaryFolder();
  await using exporter = await startExporter();
  await using first = await startDiscovery(folder);
  const port = await freePort();
  await using program = startProgram(capability.programs.vmagent, [
    `-promscrape.config=${folder.write('vmagent.yml', configuration(first.port))}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    `-remoteWrite.url=http://127.0.0.1:${exporter.port}/write`,
    `-remoteWrite.tmpDataPath=${folder.path}/vmagent`,
    '-promscrape.consulSDCheckInterval=1s',
    '-promscrape.httpSDCheckInterval=1s',
  ]);
  const states = (pool: string, wanted: readonly string[]) =>
    eventually(`${pool}: ${wanted.join(', ') || 'empty'}`, program, async () => {
      const targets = await targetsOf(port, pool);
      const found = targets.map(({ discoveredLabels: of, labels }) =>
        `${of.__address__} ${of.__meta_consul_dc ?? ''} ${labels.state ?? ''}`.trim(),
      );
      assert.deepEqual(found.sort(), wanted);
    });
  const remote = `127.0.0.9:${exporter.port}`;
  const here = `127.0.0.1:${exporter.port}`;
  const web = { Name: 'web', Address: '127.0.0.1', Port: exporter.port, Check: { TTL: '5m', Status: 'passing' } };
  const rack = {
    Node: 'rack-node',
    Address: '127.0.0.9',
    NodeMeta: { rack: 'r1' },
    Service: { Service: 'cache', Port: exporter.port, Tags: ['blue'] },
  };

  await put(first, 'agent/service/register', web);
  await put(first, 'catalog/register', rack);
  await states('named', [`${here} dc1 passing`]);
  await states('all', [`${here} dc1`, `${remote} dc1`]);
  await states('tagged', [`${remote} dc1`]);
  await states('http', [here]);

  await put(first, 'agent/check/fail/service:web');
  await states('named', [`${here} dc1 critical`]); // consul_sd lists unhealthy ones too and leaves it to relabelling
  await states('http', []);

  await first[Symbol.asyncDispose]();
  await using second: Discovery = await startDiscovery(folder, { http: first.port, dns: first.dnsPort });
  await put(second, 'agent/check/pass/service:web');
  await states('named', [`${here} dc1 passing`]);
  await states('all', [`${here} dc1`, `${remote} dc1`]);
  await put(second, 'agent/service/deregister/web');
  await states('named', []);
  await states('all', [`${remote} dc1`]);
});
