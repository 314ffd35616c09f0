import type { Topology } from '../topology.ts';
import { bridge, listen, on, publish } from './parts.ts';
import { type Group, host, ip, remote, row } from './types.ts';

const topology: Topology = {
  networks: [
    { name: 'lan', driver: 'macvlan', subnet: '10.99.0.0/24', gateway: '10.99.0.254', ipRange: '10.99.0.64/27' },
    bridge('front', 1),
  ],
  containers: [
    on('mac1', ['lan'], { publish: [publish(8130, 80)] }),
    on('mac2', ['lan']),
    on('web', ['front'], { publish: [publish(8131, 80)] }),
  ],
  host: { listeners: [listen(7000)], firewall: [] },
  remote: { listeners: [listen(6000)] },
};

const arpMs = 4500; // see events.ts
const kernel = 'the kernel of this machine has no ipvlan';

/** Containers with addresses of the LAN: no firewall, no publishing, and no way to their own host. */
export const macvlan: Group = {
  id: 'macvlan',
  engine: 'default',
  topology,
  rows: [
    row('macvlan-peer', 'T19', 'mac1', 'mac2', 80, 'ok', { by: 'mac2' }),
    row('macvlan-to-lan', 'L', 'mac1', remote, 6000, 'ok', { by: 'remote' }),
    row('lan-to-macvlan', 'L', remote, ip('mac1', 'lan'), 82, 'ok', { by: 'mac1' }),
    row('lan-to-macvlan-loopback-listener', 'M', remote, ip('mac1', 'lan'), 81, 'refused'),
    row('macvlan-to-own-host', 'T19', 'mac1', host, 7000, 'host-unreachable', { timeoutMs: arpMs }),
    row('own-host-to-macvlan', 'T19', host, ip('mac1', 'lan'), 80, 'host-unreachable', { timeoutMs: arpMs }),
    row('macvlan-publishes-nothing', 'T19', remote, host, 8130, 'refused'),
    row('macvlan-to-published-of-own-host', 'T19', 'mac1', host, 8131, 'host-unreachable', { timeoutMs: arpMs }),
    row('bridge-to-macvlan', 'M', 'web', ip('mac1', 'lan'), 80, 'host-unreachable', { timeoutMs: arpMs }),
    row('macvlan-name-from-bridge', '§5', 'web', 'mac1', 80, 'nxdomain'),
    row('ipvlan-peer', 'T19', 'mac1', 'mac2', 80, 'ok', { cannot: kernel }),
    row('ipvlan-to-own-host', 'T19', 'mac1', host, 7000, 'host-unreachable', { cannot: kernel }),
  ],
};
