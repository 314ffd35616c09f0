/**
 * The cases that people meet every day, as they write them, and what Fairlead has to say to each, word for word. everyday.test.ts asks
 * the product; `npm run lab -- fixes --only everyday` and lab/fixes.test.ts run the same inputs on real engines.
 */
import type { Severity, Source, Symptom, VerdictKind } from '../../src/network/answer.ts';

export interface EverydayCase {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** Flags of the command line that state facts, without their dashes: `host-firewall=drop`. */
  readonly flags: readonly string[];
  /** Errors and warnings, in the order of the report. */
  readonly findings: readonly ExpectedFinding[];
  /** What the links dial → verdict and symptom. */
  readonly links: readonly ExpectedAnswer[];
  /** Questions that no link asks. */
  readonly asked: readonly (ExpectedAnswer & { readonly from: Source })[];
  /** What the product does not say as it should yet. */
  readonly todo?: string;
}

export interface ExpectedFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly at: string;
  readonly message: string;
  /** Titles of the fixes; below each the lines that it writes. */
  readonly fixes: readonly string[];
}

export interface ExpectedAnswer {
  /** `http://localhost:9090`; an address that the engine gives is `@CONTAINER@NETWORK:PORT`. */
  readonly to: string;
  readonly verdict: VerdictKind;
  readonly symptom: Symptom;
  /** The facts that are missing, as sentences. */
  readonly missing?: readonly string[];
}

const host: Source = { kind: 'host' };
const remote: Source = { kind: 'remote' };
const from = (workloadId: string): Source => ({ kind: 'workload', workloadId });

const linux = 'platform=linux';
const open = 'host-firewall=open';

const atLocalhost = 'docker run -d -e AGENT_ENDPOINT=http://localhost:9090 my-monitoring-agent\n';
const toTheHost =
  'docker run -d --add-host host.docker.internal:host-gateway -e AGENT_ENDPOINT=http://host.docker.internal:9090 my-monitoring-agent\n';
const exporter = (more: string): string =>
  `docker run -d --name node-exporter ${more}prom/node-exporter:v1.6.0 --web.listen-address=127.0.0.1:9100\n`;
const bystander = 'docker run -d --name agent my-monitoring-agent\n';

export const everydayCases: readonly EverydayCase[] = [
  {
    name: 'localhost for a service on the host, of which nothing is known',
    files: { 'run.sh': atLocalhost },
    flags: [],
    findings: [
      {
        rule: 'R01',
        severity: 'warning',
        at: 'run.sh:1:40',
        message:
          'my-monitoring-agent dials http://localhost:9090, but localhost inside the container is the container itself; nothing there is known to listen on 9090.',
        fixes: [
          'suggestion: dial the host by its name: http://host.docker.internal:9090\ndocker run -d -e AGENT_ENDPOINT=http://host.docker.internal:9090 --add-host host.docker.internal:host-gateway my-monitoring-agent',
        ],
      },
    ],
    links: [
      {
        to: 'http://localhost:9090',
        verdict: 'undetermined',
        symptom: 'refused',
        missing: ['what listens on port 9090/tcp of my-monitoring-agent, and on which address'],
      },
    ],
    asked: [],
  },
  {
    name: 'localhost for a service on the host that is known to listen',
    files: { 'run.sh': atLocalhost },
    flags: [linux, open, 'host-listener=9090'],
    findings: [
      {
        rule: 'R01',
        severity: 'error',
        at: 'run.sh:1:40',
        message:
          'my-monitoring-agent dials http://localhost:9090, but localhost inside the container is the container itself; what listens on 9090 runs on the host.',
        fixes: [
          'suggestion: dial the host by its name: http://host.docker.internal:9090\ndocker run -d -e AGENT_ENDPOINT=http://host.docker.internal:9090 --add-host host.docker.internal:host-gateway my-monitoring-agent',
        ],
      },
    ],
    links: [
      {
        to: 'http://localhost:9090',
        verdict: 'undetermined',
        symptom: 'refused',
        missing: ['what listens on port 9090/tcp of my-monitoring-agent, and on which address'],
      },
    ],
    asked: [],
  },
  {
    name: 'localhost for a service on the host, in Compose',
    files: {
      'compose.yaml':
        'services:\n  agent:\n    image: my-monitoring-agent\n    environment:\n      - AGENT_ENDPOINT=http://localhost:9090\n',
    },
    flags: [linux, open, 'host-listener=9090'],
    findings: [
      {
        rule: 'R01',
        severity: 'error',
        at: 'compose.yaml:5:31',
        message:
          'agent dials http://localhost:9090, but localhost inside the container is the container itself; what listens on 9090 runs on the host.',
        fixes: [
          'suggestion: dial the host by its name: http://host.docker.internal:9090\ncompose.yaml: "localhost" → "host.docker.internal"\ncompose.yaml: "" → "    extra_hosts:\n      - host.docker.internal:host-gateway\n"',
        ],
      },
    ],
    links: [
      {
        to: 'http://localhost:9090',
        verdict: 'undetermined',
        symptom: 'refused',
        missing: ['what listens on port 9090/tcp of agent, and on which address'],
      },
    ],
    asked: [],
  },
  {
    name: 'host.docker.internal, and nothing is known',
    files: { 'run.sh': toTheHost },
    flags: [],
    findings: [],
    links: [
      {
        to: 'http://host.docker.internal:9090',
        verdict: 'undetermined',
        symptom: 'timeout',
        missing: [
          "whether the host's firewall admits the containers' subnets (--host-firewall)",
          'what listens on port 9090/tcp of the host, and on which address',
        ],
      },
    ],
    asked: [],
  },
  {
    name: 'host.docker.internal, the service listens on all addresses and the firewall is open',
    files: { 'run.sh': toTheHost },
    flags: [linux, open, 'host-listener=0.0.0.0:9090'],
    findings: [],
    links: [{ to: 'http://host.docker.internal:9090', verdict: 'reachable', symptom: 'ok' }],
    asked: [],
  },
  {
    name: 'host.docker.internal, the service listens on all addresses and nothing is known of the firewall',
    files: { 'run.sh': toTheHost },
    flags: [linux, 'host-listener=0.0.0.0:9090'],
    findings: [],
    links: [
      {
        to: 'http://host.docker.internal:9090',
        verdict: 'ambiguous',
        symptom: 'timeout',
        missing: ["whether the host's firewall admits the containers' subnets (--host-firewall)"],
      },
    ],
    asked: [],
  },
  {
    name: 'host.docker.internal, the service listens on loopback only',
    files: { 'run.sh': toTheHost },
    flags: [linux, open, 'host-listener=127.0.0.1:9090'],
    findings: [
      {
        rule: 'R02',
        severity: 'error',
        at: 'run.sh:1:85',
        message:
          'my-monitoring-agent dials http://host.docker.internal:9090, but the service on port 9090 of the host listens on 127.0.0.1 only, where packets of containers do not arrive.',
        fixes: [
          "manual: make that service listen on 172.17.0.1:9090 (docker0's address, to which host-gateway leads; the containers of this host reach it there), or on 0.0.0.0:9090, which other machines reach as well unless the host's firewall keeps them out",
        ],
      },
    ],
    links: [{ to: 'http://host.docker.internal:9090', verdict: 'unreachable', symptom: 'refused' }],
    asked: [],
  },
  {
    name: "the host's firewall does not admit the bridge's subnet",
    files: { 'run.sh': toTheHost },
    flags: [linux, 'host-firewall=drop', 'host-listener=0.0.0.0:9090'],
    findings: [
      {
        rule: 'R16',
        severity: 'error',
        at: 'run.sh:1:85',
        message:
          "my-monitoring-agent dials http://host.docker.internal:9090, but the host's firewall drops what comes from the container's subnet.",
        fixes: ['manual: admit the subnet, for example: ufw allow from 172.17.0.0/16 to any port 9090 proto tcp'],
      },
    ],
    links: [{ to: 'http://host.docker.internal:9090', verdict: 'unreachable', symptom: 'timeout' }],
    asked: [],
  },
  {
    name: "the host's firewall does not admit the subnet of a Compose network",
    files: {
      'compose.yaml':
        'services:\n  agent:\n    image: my-monitoring-agent\n    environment:\n      AGENT_ENDPOINT: http://host.docker.internal:9090\n    extra_hosts:\n      - host.docker.internal:host-gateway\n',
    },
    flags: [linux, 'host-firewall=drop', 'host-listener=0.0.0.0:9090'],
    findings: [
      {
        rule: 'R16',
        severity: 'error',
        at: 'compose.yaml:5:30',
        message: "agent dials http://host.docker.internal:9090, but the host's firewall drops what comes from the container's subnet.",
        fixes: [
          "manual: admit the subnet, for example: ufw allow from $(docker network inspect example_default --format '{{(index .IPAM.Config 0).Subnet}}') to any port 9090 proto tcp",
        ],
      },
    ],
    links: [{ to: 'http://host.docker.internal:9090', verdict: 'unreachable', symptom: 'timeout' }],
    asked: [],
  },
  {
    name: "the host's firewall rejects the bridge's subnet",
    files: { 'run.sh': toTheHost },
    flags: [linux, 'host-firewall=reject', 'host-listener=0.0.0.0:9090'],
    findings: [
      {
        rule: 'R16',
        severity: 'error',
        at: 'run.sh:1:85',
        message:
          "my-monitoring-agent dials http://host.docker.internal:9090, but the host's firewall rejects what comes from the container's subnet.",
        fixes: ['manual: admit the subnet, for example: ufw allow from 172.17.0.0/16 to any port 9090 proto tcp'],
      },
    ],
    links: [{ to: 'http://host.docker.internal:9090', verdict: 'unreachable', symptom: 'refused' }],
    asked: [],
  },
  {
    name: 'host.docker.internal without its entry on Linux',
    files: { 'run.sh': toTheHost.replace('--add-host host.docker.internal:host-gateway ', '') },
    flags: [linux, open, 'host-listener=0.0.0.0:9090'],
    findings: [
      {
        rule: 'R03',
        severity: 'error',
        at: 'run.sh:1:40',
        message:
          'my-monitoring-agent dials http://host.docker.internal:9090, but on Linux host.docker.internal resolves only with an extra host entry, and the container has none.',
        fixes: [
          'safe: add the host entry host.docker.internal:host-gateway\ndocker run -d -e AGENT_ENDPOINT=http://host.docker.internal:9090 --add-host host.docker.internal:host-gateway my-monitoring-agent',
        ],
      },
    ],
    links: [{ to: 'http://host.docker.internal:9090', verdict: 'unreachable', symptom: 'nxdomain' }],
    asked: [],
  },
  {
    name: 'an exporter on 127.0.0.1 in its container, published',
    files: { 'run.sh': exporter('-p 9100:9100 ') + bystander },
    flags: [linux, open],
    findings: [
      {
        rule: 'R02',
        severity: 'error',
        at: 'run.sh:1:96',
        message: 'node-exporter listens on 127.0.0.1:9100 inside its container, so the published port 9100 leads nowhere.',
        fixes: [
          'safe: listen on all addresses of the container: 0.0.0.0:9100\ndocker run -d --name node-exporter -p 9100:9100 prom/node-exporter:v1.6.0 --web.listen-address=0.0.0.0:9100',
        ],
      },
    ],
    links: [],
    asked: [
      { from: host, to: '127.0.0.1:9100', verdict: 'unreachable', symptom: 'reset' },
      { from: remote, to: '@host:9100', verdict: 'unreachable', symptom: 'refused' },
      { from: from('agent'), to: '@node-exporter@bridge:9100', verdict: 'unreachable', symptom: 'refused' },
    ],
  },
  {
    name: 'an exporter on 127.0.0.1 in its container, not published',
    files: { 'run.sh': exporter('') + bystander },
    flags: [linux, open],
    findings: [
      {
        rule: 'R02',
        severity: 'warning',
        at: 'run.sh:1:83',
        message: 'node-exporter listens on 127.0.0.1:9100 inside its container, so nothing outside of it can connect, published or not.',
        fixes: [
          'suggestion: listen on all addresses of the container: 0.0.0.0:9100 (then agent can now also reach node-exporter:9100)\ndocker run -d --name node-exporter prom/node-exporter:v1.6.0 --web.listen-address=0.0.0.0:9100',
        ],
      },
    ],
    links: [],
    asked: [
      { from: host, to: '127.0.0.1:9100', verdict: 'unreachable', symptom: 'refused' },
      { from: remote, to: '@host:9100', verdict: 'unreachable', symptom: 'refused' },
      { from: from('agent'), to: '@node-exporter@bridge:9100', verdict: 'unreachable', symptom: 'refused' },
    ],
  },
  {
    name: 'an exporter on 127.0.0.1 in its container, scraped by name',
    files: {
      'run.sh': `docker network create monitoring\n${exporter('--network monitoring ')}docker run -d --name agent --network monitoring -e SCRAPE_URL=http://node-exporter:9100 my-monitoring-agent\n`,
    },
    flags: [linux, open],
    findings: [
      {
        rule: 'R02',
        severity: 'error',
        at: 'run.sh:2:104',
        message:
          'node-exporter listens on 127.0.0.1:9100 inside its container, so nothing outside of it can connect: agent dials http://node-exporter:9100.',
        fixes: [
          'safe: listen on all addresses of the container: 0.0.0.0:9100\ndocker run -d --name node-exporter --network monitoring prom/node-exporter:v1.6.0 --web.listen-address=0.0.0.0:9100',
        ],
      },
    ],
    links: [{ to: 'http://node-exporter:9100', verdict: 'unreachable', symptom: 'refused' }],
    asked: [],
  },
  {
    name: 'an exporter on the default bridge, published',
    files: { 'run.sh': `docker run -d --network bridge -p 9100:9100 --name node-exporter prom/node-exporter:v1.6.0\n${bystander}` },
    flags: [linux, open],
    findings: [],
    links: [],
    asked: [
      { from: host, to: '127.0.0.1:9100', verdict: 'reachable', symptom: 'ok' },
      { from: remote, to: '@host:9100', verdict: 'reachable', symptom: 'ok' },
      { from: from('agent'), to: 'node-exporter:9100', verdict: 'unreachable', symptom: 'nxdomain' },
      { from: from('agent'), to: '@node-exporter@bridge:9100', verdict: 'reachable', symptom: 'ok' },
    ],
  },
  {
    name: 'a network of their own gives names',
    files: {
      'run.sh':
        'docker network create --driver bridge agent_network\ndocker run -d --name prometheus --network agent_network prom/prometheus:v2.53.0\ndocker run -d --name agent-1 --network agent_network -e AGENT_ENDPOINT=http://prometheus:9090 my-monitoring-agent\n',
    },
    flags: [linux, open],
    findings: [],
    links: [{ to: 'http://prometheus:9090', verdict: 'reachable', symptom: 'ok' }],
    asked: [
      {
        from: from('prometheus'),
        to: 'agent-1:9999',
        verdict: 'undetermined',
        symptom: 'refused',
        missing: ['what listens on port 9999/tcp of agent-1, and on which address'],
      },
    ],
  },
  {
    name: 'the default bridge used with names',
    files: {
      'run.sh':
        'docker run -d --name prometheus prom/prometheus:v2.53.0\ndocker run -d --name agent -e AGENT_ENDPOINT=http://prometheus:9090 my-monitoring-agent\n',
    },
    flags: [linux, open],
    findings: [
      {
        rule: 'R04',
        severity: 'error',
        at: 'run.sh:2:53',
        message: 'agent dials http://prometheus:9090 by name, but agent is on the default bridge, where containers have no names.',
        fixes: [
          'safe: put agent and prometheus on the network prometheus-net, which has names\ndocker network create prometheus-net\ndocker run -d --name prometheus --network prometheus-net prom/prometheus:v2.53.0\ndocker run -d --name agent -e AGENT_ENDPOINT=http://prometheus:9090 --network prometheus-net my-monitoring-agent',
        ],
      },
    ],
    links: [{ to: 'http://prometheus:9090', verdict: 'unreachable', symptom: 'nxdomain' }],
    asked: [],
  },
  {
    name: 'network_mode: host with ports',
    files: {
      'compose.yaml':
        'services:\n  node-exporter:\n    image: prom/node-exporter:v1.6.0\n    network_mode: host\n    ports:\n      - "9200:9100"\n',
    },
    flags: [linux, open],
    findings: [
      {
        rule: 'R10',
        severity: 'warning',
        at: 'compose.yaml:6:10',
        message: "node-exporter uses the host's network, so its published ports are discarded: it is reached on 9100, not on 9200.",
        fixes: ['suggestion: drop the published ports\ncompose.yaml: "    ports:\n      - "9200:9100"\n" → ""'],
      },
    ],
    links: [],
    asked: [
      { from: host, to: '127.0.0.1:9100', verdict: 'reachable', symptom: 'ok' },
      { from: host, to: '127.0.0.1:9200', verdict: 'unreachable', symptom: 'refused' },
    ],
  },
  {
    name: '--network host with -p',
    files: { 'run.sh': 'docker run -d --network host -p 9200:9100 --name node-exporter prom/node-exporter:v1.6.0\n' },
    flags: [linux, open],
    findings: [
      {
        rule: 'R10',
        severity: 'warning',
        at: 'run.sh:1:33',
        message: "node-exporter uses the host's network, so its published ports are discarded: it is reached on 9100, not on 9200.",
        fixes: ['suggestion: drop the published ports\ndocker run -d --network host --name node-exporter prom/node-exporter:v1.6.0'],
      },
    ],
    links: [],
    asked: [
      { from: host, to: '127.0.0.1:9100', verdict: 'reachable', symptom: 'ok' },
      { from: host, to: '127.0.0.1:9200', verdict: 'unreachable', symptom: 'refused' },
    ],
  },
  {
    name: '-p 8081:8080 with 8080 in the registry',
    files: {
      'services.json': '{"orders-1": {"ID": "orders-1", "Service": "orders", "Address": "192.0.2.10", "Port": 8080}}\n',
      'run.sh': 'docker run -d --name orders -p 8081:8080 example.org/orders:2.0\n',
    },
    flags: [linux, open],
    findings: [
      {
        rule: 'R19',
        severity: 'error',
        at: 'services.json:1:87',
        message: 'orders is registered in Consul as 192.0.2.10:8080, but the host publishes port 8080 of orders on 8081.',
        fixes: [
          'suggestion: publish the port under its own number: 8080:8080 (then another machine can now also reach port 8080 of the host; another machine can no longer reach port 8081 of the host)\ndocker run -d --name orders -p 8080:8080 example.org/orders:2.0',
        ],
      },
    ],
    links: [],
    asked: [{ from: remote, to: '@host:8080', verdict: 'unreachable', symptom: 'refused' }],
  },
  {
    name: '-p 8080:8080 with 8080 in the registry',
    files: {
      'services.json': '{"orders-1": {"ID": "orders-1", "Service": "orders", "Address": "192.0.2.10", "Port": 8080}}\n',
      'run.sh': 'docker run -d --name orders -p 8080:8080 example.org/orders:2.0\n',
    },
    flags: [linux, open],
    findings: [],
    links: [],
    asked: [{ from: remote, to: '@host:8080', verdict: 'reachable', symptom: 'ok' }],
  },
];
