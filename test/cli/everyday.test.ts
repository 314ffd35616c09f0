/** The cases that people meet every day, word for word as they write them: they must come out right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fairlead } from './fairlead.ts';

interface Everyday {
  readonly name: string;
  readonly input: string;
  readonly args?: string;
  /** Rules of the errors and warnings, in order. */
  readonly rules?: readonly string[];
  readonly says?: RegExp;
  /** Verdicts of the links, in order. */
  readonly links?: readonly string[];
}

const toTheHost =
  'docker run -d --add-host host.docker.internal:host-gateway -e AGENT_ENDPOINT=http://host.docker.internal:9090 my-monitoring-agent\n';
const atLocalhost = 'docker run -d -e AGENT_ENDPOINT=http://localhost:9090 my-monitoring-agent\n';
const exporterOnLoopback = 'docker run -d --name node-exporter PORTS prom/node-exporter:v1.6.0 --web.listen-address=127.0.0.1:9100\n';
const known = '--docker 28 --platform linux --host-firewall open --host-listener 9090';

const cases: readonly Everyday[] = [
  {
    name: 'localhost for a service on the host',
    input: atLocalhost,
    args: known,
    rules: ['R01'],
    says: /localhost inside the container is the container itself; what listens on 9090 runs on the host/,
  },
  { name: 'localhost, and nothing is known of the host', input: atLocalhost, rules: ['R01'] },
  { name: 'host.docker.internal with host-gateway', input: toTheHost, args: known, rules: [], links: ['reachable'] },
  { name: 'host.docker.internal, and nothing is known of the host', input: toTheHost, rules: [], links: ['undetermined'] },
  {
    name: "the host's firewall does not admit the bridge's subnet",
    input: toTheHost,
    args: '--platform linux --host-firewall drop --host-listener 9090',
    rules: ['R16'],
    says: /the host's firewall drops what comes from the container's subnet/,
    links: ['unreachable'],
  },
  {
    name: 'the service of the host listens on loopback only',
    input: toTheHost,
    args: '--platform linux --host-firewall open --host-listener 127.0.0.1:9090',
    links: ['unreachable'],
  },
  {
    name: 'host.docker.internal without host-gateway on Linux',
    input: toTheHost.replace(/--add-host \S+ /, ''),
    args: known,
    rules: ['R03'],
    links: ['unreachable'],
  },
  {
    name: 'an exporter on 127.0.0.1 in its container, published',
    input: exporterOnLoopback.replace('PORTS', '-p 9100:9100'),
    rules: ['R02'],
    says: /the published port 9100 leads nowhere/,
  },
  {
    name: 'an exporter on 127.0.0.1 in its container, not published',
    input: exporterOnLoopback.replace('PORTS', ''),
    rules: ['R02'],
    says: /nothing outside of it can connect/,
  },
  {
    name: 'an exporter on the default bridge, published',
    input: 'docker run -d --network bridge -p 9100:9100 --name node-exporter prom/node-exporter:v1.6.0\n',
    rules: [],
  },
  {
    name: 'a network of their own gives names',
    input:
      'docker network create --driver bridge agent_network\ndocker run -d --name exporter --network agent_network prom/node-exporter:v1.6.0\ndocker run -d --name agent-1 --network agent_network -e SCRAPE_URL=http://exporter:9100 my-agent\n',
    rules: [],
    links: ['reachable'],
  },
  {
    name: 'the default bridge used with names',
    input:
      'docker run -d --name exporter prom/node-exporter:v1.6.0\ndocker run -d --name agent-1 -e SCRAPE_URL=http://exporter:9100 my-agent\n',
    rules: ['R04'],
    links: ['unreachable'],
  },
  {
    name: 'host mode with ports',
    input: 'services:\n  web:\n    image: prom/prometheus:v2.53.0\n    network_mode: host\n    ports: ["9090:9090"]\n',
    rules: ['R10'],
  },
];

for (const { name, input, args = '', rules, says, links } of cases) {
  test(name, async () => {
    const outcome = await fairlead(['check', '-', '--format', 'json', ...args.split(' ').filter((word) => word !== '')], { input });
    const report = JSON.parse(outcome.stdout);
    const found = report.findings.filter((finding: { severity: string }) => finding.severity !== 'info');
    if (rules !== undefined) {
      assert.deepEqual(
        found.map((finding: { ruleId: string }) => finding.ruleId),
        rules,
        outcome.stdout,
      );
      assert.equal(outcome.code, rules.length > 0 ? 1 : 0);
    }
    if (says !== undefined) assert.match(found[0].message, says);
    if (links !== undefined)
      assert.deepEqual(
        report.links.map((link: { verdict: { kind: string } }) => link.verdict.kind),
        links,
      );
  });
}

test('a port that is registered under another number than it is published: the corrected mapping is shown', async () => {
  const { stdout, code } = await fairlead(['check', 'registered-port']);
  assert.equal(code, 1);
  assert.match(stdout, /error\[R19\] registered-port\/services\.json:7:13 .*8080.*8081/);
  assert.match(stdout, /\+ docker run -d --name orders -p 8080:8080 /);
});

test('published on the loopback address of the container, the remote user sees what the engine does', async () => {
  const { stdout, code } = await fairlead(['reach', 'remote', 'node-exporter:9100', '-'], {
    input: exporterOnLoopback.replace('PORTS', '-p 9100:9100'),
  });
  assert.equal(code, 1);
  assert.match(stdout, /listener {2}× node-exporter listens on 127\.0\.0\.1:9100 only/);
});
