import assert from 'node:assert/strict';
import test from 'node:test';
import { publicationText, toDockerCommands, toFacts, toFirewallCommands } from './docker-commands.ts';
import { emptyTopology, type Topology } from './topology.ts';

const topology: Topology = {
  ...emptyTopology,
  networks: [
    { name: 'front', driver: 'bridge', subnet: '172.20.1.0/24', gateway: '172.20.1.1', icc: false },
    { name: 'inner', driver: 'bridge', subnet: '172.20.2.0/24', gateway: '172.20.2.1', internal: true, subnet6: 'fd00:20:2::/64' },
  ],
  containers: [
    {
      name: 'web',
      mode: {
        kind: 'networks',
        attachments: [
          { network: 'front', ip: '172.20.1.10', aliases: ['shop'] },
          { network: 'inner', aliases: ['api'], gwPriority: 5 },
        ],
      },
      listeners: [{ address: '127.0.0.1', port: 80, transport: 'tcp' }],
      publish: [{ hostPort: 8080, containerPort: 80, transport: 'tcp' }],
      extraHosts: ['host.docker.internal:host-gateway'],
    },
    { name: 'side', mode: { kind: 'container', of: 'web' }, listeners: [] },
    { name: 'plain', mode: { kind: 'default' }, listeners: [], links: ['web:db'], expose: [90] },
    { name: 'direct', mode: { kind: 'host' }, listeners: [] },
  ],
  host: {
    listeners: [],
    firewall: [{ chain: 'INPUT', source: '172.20.1.0/24', destinationPort: 9100, action: 'REJECT', rejectWith: 'tcp-reset' }],
  },
};

test('a topology reads as the docker commands that make it', () => {
  assert.deepEqual(toDockerCommands(topology).trimEnd().split('\n'), [
    'docker network create --driver bridge --subnet 172.20.1.0/24 --gateway 172.20.1.1 --opt com.docker.network.bridge.enable_icc=false front',
    'docker network create --driver bridge --subnet 172.20.2.0/24 --gateway 172.20.2.1 --ipv6 --subnet fd00:20:2::/64 --internal inner',
    'docker create --name web --network front --ip 172.20.1.10 --network-alias shop --publish 8080:80 --add-host host.docker.internal:host-gateway fairlead-lab:1',
    'docker network connect --alias api --gw-priority 5 inner web',
    'docker start web',
    'docker run -d --name side --network container:web fairlead-lab:1',
    'docker run -d --name plain --network bridge --expose 90 --link web:db fairlead-lab:1',
    'docker run -d --name direct --network host fairlead-lab:1',
  ]);
});

test('publications are written as docker reads them', () => {
  assert.equal(publicationText({ hostPort: 1, containerPort: 2, transport: 'tcp' }), '1:2');
  assert.equal(publicationText({ hostIp: '127.0.0.1', hostPort: 1, containerPort: 2, transport: 'udp' }), '127.0.0.1:1:2/udp');
  assert.equal(publicationText({ hostIp: '::1', hostPort: 1, containerPort: 2, transport: 'tcp' }), '[::1]:1:2');
});

test('firewall rules are written as iptables reads them', () => {
  assert.deepEqual(toFirewallCommands(topology), [
    'iptables -I INPUT -s 172.20.1.0/24 -p tcp --dport 9100 -j REJECT --reject-with tcp-reset',
  ]);
});

test('the facts hold what no docker command says', () => {
  const facts = toFacts(topology, { version: '28.5', userlandProxy: false });
  assert.deepEqual(facts.listeners.web, [{ address: '127.0.0.1', port: 80, transport: 'tcp' }]);
  assert.equal(facts.engine.userlandProxy, false);
  assert.deepEqual(facts.host.addresses, ['10.99.0.1', 'fd99::1']);
});
