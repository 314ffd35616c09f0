import { outsideName } from '../lan.ts';
import type { Topology } from '../topology.ts';
import { bridge, listen, on, publish } from './parts.ts';
import { type Group, host, ip, remote, row, versions } from './types.ts';

const topology: Topology = {
  networks: [bridge('front', 1), bridge('back', 2)],
  containers: [
    on('web', [{ network: 'front', ip: '172.20.1.10' }], { publish: [publish(8080, 80)] }),
    on('app', ['front']),
    on('db', ['back']),
  ],
  host: { listeners: [listen(7000)], firewall: [] },
  remote: { listeners: [listen(6000)] },
};

const iptables = '/usr/sbin/iptables';

/** Other programs that write the host's tables behind Docker's back. */
export const tampered: readonly Group[] = [
  {
    id: 'forward-accept',
    engine: 'default',
    topology,
    tamper: [[iptables, '-P', 'FORWARD', 'ACCEPT']],
    rows: [
      row('forward-accept-remote-direct-unpublished', 'T12', remote, ip('web', 'front'), 82, versions('ok', 'ok', 'timeout')),
      row('forward-accept-remote-direct-published', 'T12', remote, ip('web', 'front'), 80, versions('ok', 'ok', 'timeout')),
      row('forward-accept-other-bridge', 'T3', 'db', ip('web', 'front'), 80, 'timeout'),
      row('forward-accept-nothing-else-changes', 'L', remote, host, 8080, 'ok', { by: 'web' }),
    ],
  },
  {
    id: 'forward-flushed',
    engine: 'default',
    topology,
    tamper: [
      [iptables, '-F', 'FORWARD'],
      [iptables, '-P', 'FORWARD', 'DROP'],
    ],
    rows: [
      row('forward-flushed-same-bridge', 'L', 'app', 'web', 80, 'timeout'),
      row('forward-flushed-outside', 'L', 'app', remote, 6000, 'timeout'),
      row('forward-flushed-remote-published', 'L', remote, host, 8080, 'timeout'),
      row('forward-flushed-host-loopback-published', 'L', host, '127.0.0.1', 8080, 'ok', { by: 'web' }),
      row('forward-flushed-host-service', 'M', 'app', host, 7000, 'ok', { by: 'host' }),
    ],
  },
  {
    id: 'nat-flushed',
    engine: 'default',
    topology,
    tamper: [[iptables, '-t', 'nat', '-F']],
    rows: [
      row('nat-flushed-outside', 'L', 'app', remote, 6000, versions('ok', 'ok', 'timeout'), {
        note: 'the remote host of the lab knows a route back, and 28 drops what comes back to a container address; elsewhere: timeout',
      }),
      row('nat-flushed-remote-published', 'L', remote, host, 8080, 'ok', { by: 'web' }),
      row('nat-flushed-container-names', 'L', 'app', 'web', 80, 'ok', { by: 'web' }),
      row('nat-flushed-outside-names', 'M', 'app', outsideName, 6000, versions('dns-failure', 'dns-failure', 'timeout'), {
        note: 'up to 26 the embedded DNS asks from the network of the container, 28 from that of the host',
      }),
    ],
  },
  {
    id: 'forwarding-off',
    engine: 'default',
    topology,
    tamper: [['sh', '-c', 'echo 0 >/proc/sys/net/ipv4/ip_forward']],
    rows: [
      row('forwarding-off-same-bridge', 'L', 'app', 'web', 80, 'ok', { by: 'web' }),
      row('forwarding-off-outside', 'L', 'app', remote, 6000, 'timeout'),
      row('forwarding-off-remote-published', 'L', remote, host, 8080, 'timeout'),
      row('forwarding-off-host-published', 'M', host, '127.0.0.1', 8080, 'ok', { by: 'web' }),
    ],
  },
];
