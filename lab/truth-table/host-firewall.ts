import { containerSpace } from '../lan.ts';
import type { Outcome } from '../probe.ts';
import type { FirewallRule, Topology } from '../topology.ts';
import { bridge, listen, on, publish } from './parts.ts';
import { type Group, gateway, host, ip, remote, row } from './types.ts';

const back = '172.20.2.0/24';
const topology: Topology = {
  networks: [bridge('front', 1), bridge('back', 2), bridge('third', 3)],
  containers: [
    on('web', [{ network: 'front', ip: '172.20.1.10' }], { publish: [publish(8080, 80)] }),
    on('app', ['front'], { extraHosts: ['host.docker.internal:host-gateway'] }),
    on('db', [{ network: 'back', ip: '172.20.2.10' }], { publish: [publish(8088, 80)] }),
    on('blocked', [{ network: 'back', ip: '172.20.2.20' }], { publish: [publish(8089, 80)] }),
    on('free', ['third'], { publish: [publish(8090, 80)] }),
  ],
  host: {
    listeners: [7000, 7101, 7102, 7103, 7104, 7105].map((port) => listen(port)).concat(listen(7053, '0.0.0.0', 'udp')),
    firewall: [
      { chain: 'INPUT', source: '172.20.1.0/24', action: 'DROP' },
      { chain: 'INPUT', source: back, destinationPort: 7101, action: 'REJECT', rejectWith: 'tcp-reset' },
      { chain: 'INPUT', source: back, destinationPort: 7102, action: 'REJECT', rejectWith: 'icmp-port-unreachable' },
      { chain: 'INPUT', source: back, destinationPort: 7103, action: 'REJECT', rejectWith: 'icmp-host-prohibited' },
      { chain: 'INPUT', source: back, destinationPort: 7104, action: 'REJECT', rejectWith: 'icmp-admin-prohibited' },
      { chain: 'INPUT', source: back, destinationPort: 7105, action: 'REJECT', rejectWith: 'icmp-host-unreachable' },
      { chain: 'INPUT', source: back, destinationPort: 7053, transport: 'udp', action: 'REJECT', rejectWith: 'icmp-port-unreachable' },
      { chain: 'DOCKER-USER', source: '172.20.2.20', action: 'DROP' },
    ],
  },
  remote: { listeners: [listen(6000)] },
};

/** A host firewall that does not admit a bridge's subnet, the ways of rejecting, and rules in DOCKER-USER. */
export const hostFirewall: Group = {
  id: 'host-firewall',
  engine: 'default',
  topology,
  rows: [
    row('dropped-host-service', 'L', 'app', host, 7000, 'timeout'),
    row('dropped-host-gateway-name', 'L', 'app', 'host.docker.internal', 7000, 'timeout'),
    row('dropped-own-gateway', 'L', 'app', gateway('front'), 7000, 'timeout'),
    row('dropped-nobody-listens', 'M', 'app', host, 7999, 'timeout'),
    row('dropped-published-same-bridge', 'L', 'app', host, 8080, 'timeout'),
    row('dropped-published-other-bridge', 'L', 'app', host, 8088, 'timeout'),
    row('dropped-hairpin', 'L', 'web', host, 8080, 'timeout'),
    row('dropped-but-peers-reach-each-other', 'L', 'app', 'web', 80, 'ok', { by: 'web' }),
    row('dropped-but-outside-is-reached', 'L', 'app', remote, 6000, 'ok', { by: 'remote' }),
    row('dropped-but-published-to-remote', 'L', remote, host, 8080, 'ok', { by: 'web' }),
    row('dropped-and-published-to-host-loopback', 'M', host, '127.0.0.1', 8080, 'timeout', {
      note: 'the answers of the container to docker-proxy come from the dropped subnet; a stateful firewall would let them in',
    }),
    row('dropped-and-published-to-other-bridge', 'M', 'free', host, 8080, 'timeout'),
    row('dropped-and-host-to-container', 'M', host, ip('web', 'front'), 80, 'timeout'),
    row('reject-tcp-reset', 'L', 'db', host, 7101, 'refused'),
    row('reject-port-unreachable', 'L', 'db', host, 7102, 'refused'),
    row('reject-host-prohibited', 'L', 'db', host, 7103, 'host-unreachable'),
    row('reject-admin-prohibited', 'L', 'db', host, 7104, 'host-unreachable'),
    row('reject-host-unreachable', '§11', 'db', host, 7105, 'host-unreachable'),
    row('reject-udp', 'M', 'db', host, 7053, 'refused', { transport: 'udp' }),
    row('reject-concerns-other-ports-not', 'M', 'db', host, 7000, 'ok', { by: 'host' }),
    row('docker-user-outside', 'L', 'blocked', remote, 6000, 'timeout'),
    row('docker-user-published', 'L', remote, host, 8089, 'timeout'),
    row('docker-user-same-bridge', 'M', 'blocked', 'db', 80, 'timeout'),
    row('docker-user-from-same-bridge', 'M', 'db', 'blocked', 80, 'timeout'),
    row('docker-user-not-host', 'M', 'blocked', host, 7000, 'ok', { by: 'host' }),
    row('docker-user-from-host', 'M', host, ip('blocked', 'back'), 80, 'ok', { by: 'blocked' }),
    row('docker-user-published-on-host-loopback', 'M', host, '127.0.0.1', 8089, 'ok', { by: 'blocked' }),
  ],
};

const uniform: Topology = {
  networks: [bridge('front', 1), bridge('back', 2)],
  containers: [
    on('web', [{ network: 'front', ip: '172.20.1.10' }], { publish: [publish(8080, 80)] }),
    on('app', ['front'], { extraHosts: ['host.docker.internal:host-gateway'] }),
    on('db', [{ network: 'back', ip: '172.20.2.10' }], { publish: [publish(8088, 80)] }),
  ],
  host: { listeners: [listen(7000), listen(7001, '127.0.0.1')], firewall: [] },
  remote: { listeners: [listen(6000)] },
};

const kinds: readonly { readonly id: string; readonly rule: Pick<FirewallRule, 'action' | 'rejectWith'>; readonly outcome: Outcome }[] = [
  { id: 'stateful-drop', rule: { action: 'DROP' }, outcome: 'timeout' },
  { id: 'stateful-reject', rule: { action: 'REJECT', rejectWith: 'icmp-port-unreachable' }, outcome: 'refused' },
  { id: 'stateful-prohibit', rule: { action: 'REJECT', rejectWith: 'icmp-host-prohibited' }, outcome: 'host-unreachable' },
];

/** A stateful firewall that admits no container subnet: ufw's default deny, a rejecting one, and firewalld's. */
export const statefulFirewalls: readonly Group[] = kinds.map(({ id, rule, outcome }) => ({
  id,
  engine: 'default',
  topology: { ...uniform, host: { ...uniform.host, firewall: [{ chain: 'INPUT', source: containerSpace.v4, newOnly: true, ...rule }] } },
  rows: [
    row(`${id}:host-service`, 'N2', 'app', host, 7000, outcome),
    row(`${id}:host-gateway-name`, 'N2', 'app', 'host.docker.internal', 7000, outcome),
    row(`${id}:own-gateway`, 'N2', 'app', gateway('front'), 7000, outcome),
    row(`${id}:host-loopback-service`, 'M', 'app', host, 7001, outcome),
    row(`${id}:nobody-listens`, 'M', 'app', host, 7999, outcome),
    row(`${id}:published-same-bridge`, 'L', 'app', host, 8080, outcome),
    row(`${id}:published-other-bridge`, 'L', 'app', host, 8088, outcome),
    row(`${id}:hairpin`, 'L', 'web', host, 8080, outcome),
    row(`${id}:peers`, 'L', 'app', 'web', 80, 'ok', { by: 'web' }),
    row(`${id}:outside`, 'L', 'app', remote, 6000, 'ok', { by: 'remote' }),
    row(`${id}:remote-published`, 'L', remote, host, 8080, 'ok', { by: 'web' }),
    row(`${id}:remote-service`, 'M', remote, host, 7000, 'ok', { by: 'host' }),
    row(`${id}:host-to-container`, 'M', host, ip('web', 'front'), 80, 'ok', { by: 'web' }),
    row(`${id}:host-published`, 'M', host, '127.0.0.1', 8080, 'ok', { by: 'web' }),
  ],
}));
