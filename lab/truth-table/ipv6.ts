import type { Topology } from '../topology.ts';
import { bridge, bridge6, listen, on, publish } from './parts.ts';
import { type Group, gateway, host, host6, ip, remote, remote6, row, versions } from './types.ts';

const listeners = [listen(80, '::'), listen(81), listen(82, '::1'), listen(53, '::', 'udp')];
const noV6 = '20.10 switches IPv6 off in containers of IPv4 networks, loopback included: EADDRNOTAVAIL';
const topology: Topology = {
  networks: [bridge6('six', 1), bridge6('other', 2), bridge('four', 3)],
  containers: [
    on('srv', [{ network: 'six', ip6: 'fd00:20:1::10' }], {
      listeners,
      publish: [
        publish(8120, 80),
        publish(8121, 81),
        publish(8122, 80, '::1'),
        publish(8123, 80, '0.0.0.0'),
        publish(8153, 53, undefined, 'udp'),
      ],
    }),
    on('cli', ['six'], { listeners }),
    on('far', ['other'], { listeners }),
    on('old', ['four'], { listeners, publish: [publish(8124, 80)] }),
  ],
  host: { listeners: [listen(7000, '::'), listen(7001), listen(7002, '::1')], firewall: [] },
  remote: { listeners: [listen(6000, '::'), listen(6001)] },
};

/** Networks with IPv6: 20.10 and 26.1 make no ip6tables rules by default, 28.5 does (since 27). */
export const ipv6: Group = {
  id: 'ipv6',
  engine: 'default',
  topology,
  rows: [
    row('v6-same-bridge', 'T1', 'cli', ip('srv', 'six', 6), 80, 'ok', { by: 'srv' }),
    row('v6-same-bridge-name', 'T1', 'cli', 'srv', 80, 'ok', { by: 'srv' }),
    row('v6-same-bridge-v4-listener', 'M', 'cli', ip('srv', 'six', 6), 81, 'refused'),
    row('v6-name-falls-back-to-v4', 'M', 'cli', 'srv', 81, 'ok', { by: 'srv' }),
    row('v6-same-bridge-loopback-listener', 'N1', 'cli', ip('srv', 'six', 6), 82, 'refused'),
    row('v6-own-localhost', 'M', 'srv', '::1', 82, 'ok', { by: 'srv' }),
    row('v6-other-bridge', 'T3', 'far', ip('srv', 'six', 6), 80, versions('ok', 'ok', 'timeout')),
    row('v6-other-bridge-unpublished', 'T3', 'srv', ip('far', 'other', 6), 80, versions('ok', 'ok', 'timeout')),
    row('v6-published-host-address-from-other-bridge', 'T8', 'far', host6, 8120, 'ok', { by: 'srv' }),
    row('v6-published-host-address-from-same-bridge', 'T9', 'cli', host6, 8120, 'ok', { by: 'srv' }),
    row('v6-published-own-gateway', 'T8', 'far', gateway('other', 6), 8120, 'ok', { by: 'srv' }),
    row('v6-host-loopback-published', 'T10', host, '::1', 8120, 'ok', { by: 'srv' }),
    row('v6-host-address-published', 'T10', host, host6, 8120, 'ok', { by: 'srv' }),
    row('v6-host-container-address', 'T10', host, ip('srv', 'six', 6), 80, 'ok', { by: 'srv' }),
    row('v6-host-loopback-published-v4-listener', 'M', host, '::1', 8121, 'reset'),
    row('v6-host-address-published-v4-listener', 'M', host, host6, 8121, versions('reset', 'reset', 'refused')),
    row('v6-host-v4-loopback-published-v4-listener', 'M', host, '127.0.0.1', 8121, 'ok', { by: 'srv' }),
    row('v6-published-on-v6-loopback', 'M', host, '::1', 8122, 'ok', { by: 'srv' }),
    row('v6-published-on-v6-loopback-by-v4', 'M', host, '127.0.0.1', 8122, 'refused'),
    row('v6-published-on-v4-only', 'M', host, '::1', 8123, 'refused'),
    row('v6-published-of-v4-network-on-loopback', '§7', host, '::1', 8124, 'ok', { by: 'old' }),
    row('v6-published-of-v4-network-host-address', '§7', host, host6, 8124, 'ok', { by: 'old' }),
    row('v6-published-of-v4-network-from-remote', '§7', remote, host6, 8124, 'ok', { by: 'old' }),
    row('v6-remote-published', 'T11', remote, host6, 8120, 'ok', { by: 'srv' }),
    row('v6-remote-published-udp', 'T11', remote, host6, 8153, 'ok', { transport: 'udp', by: 'srv' }),
    row('v6-remote-direct-published', 'T12', remote, ip('srv', 'six', 6), 80, versions('ok', 'ok', 'timeout')),
    row('v6-remote-direct-unpublished', 'T12', remote, ip('far', 'other', 6), 80, versions('ok', 'ok', 'timeout')),
    row('v6-outside', 'M', 'cli', remote6, 6000, 'ok', { by: 'remote' }),
    row('v6-host-service', 'T17', 'cli', host6, 7000, 'ok', { by: 'host' }),
    row('v6-host-v4-service', 'M', 'cli', host6, 7001, 'refused'),
    row('v6-own-gateway-service', 'T17', 'cli', gateway('six', 6), 7000, 'ok', { by: 'host' }),
    row(
      'v4-container-to-v6-address',
      'M',
      'old',
      ip('srv', 'six', 6),
      80,
      versions('error', 'network-unreachable', 'network-unreachable'),
      { note: noV6 },
    ),
    row('v4-container-to-v6-outside', 'M', 'old', remote6, 6000, versions('error', 'network-unreachable', 'network-unreachable'), {
      note: noV6,
    }),
    row('v4-of-v6-network', 'T1', 'cli', ip('srv', 'six'), 80, 'ok', { by: 'srv' }),
    row('v6-host-v4-address-published', 'T10', host, host, 8120, 'ok', { by: 'srv' }),
  ],
};
