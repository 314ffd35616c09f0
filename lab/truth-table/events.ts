import type { Topology } from '../topology.ts';
import { bridge, listen, on, publish } from './parts.ts';
import { type Group, host, ip, remote, row } from './types.ts';

const topology: Topology = {
  networks: [bridge('front', 1)],
  containers: [
    on('cli', [{ network: 'front', ip: '172.20.1.5' }]),
    on('paused', ['front'], { publish: [publish(8150, 80)] }),
    on('stopped', ['front'], { publish: [publish(8151, 80)] }),
    on('cutoff', ['front'], { publish: [publish(8152, 80)] }),
    on('owner', [{ network: 'front', ip: '172.20.1.30' }]),
    { name: 'joined', mode: { kind: 'container', of: 'owner' }, listeners: [listen(85)] },
  ],
  host: { listeners: [], firewall: [] },
  remote: { listeners: [listen(6000)] },
  events: [
    { do: 'pause', container: 'paused' },
    { do: 'stop', container: 'stopped' },
    { do: 'disconnect', container: 'cutoff', network: 'front' },
    { do: 'restart', container: 'owner' },
  ],
};

/** Kernel: an address that does not answer ARP is given up after three tries of one second. */
const arpMs = 4500;

/** What happened after everything was up; files do not say so, an observed state does. */
export const events: Group = {
  id: 'events',
  engine: 'default',
  topology,
  rows: [
    row('paused-peer', 'L', 'cli', 'paused', 80, 'timeout', { unstated: true, note: 'the kernel accepts, nobody answers' }),
    row('paused-published', 'L', remote, host, 8150, 'timeout', { unstated: true }),
    row('stopped-name', 'L', 'cli', 'stopped', 80, 'nxdomain'),
    row('stopped-old-address', 'L', 'cli', ip('stopped', 'front'), 80, 'host-unreachable', { timeoutMs: arpMs }),
    row('stopped-published', 'L', host, '127.0.0.1', 8151, 'refused'),
    row('disconnected-name', 'L', 'cli', 'cutoff', 80, 'nxdomain'),
    row('disconnected-old-address', 'L', 'cli', ip('cutoff', 'front'), 80, 'host-unreachable', { timeoutMs: arpMs }),
    row('disconnected-published', 'M', host, '127.0.0.1', 8152, 'refused'),
    row('disconnected-resolves-nothing', 'L', 'cutoff', 'cli', 80, 'dns-failure'),
    row('disconnected-has-no-route', 'M', 'cutoff', ip('cli', 'front'), 80, 'network-unreachable'),
    row('restarted-owner', 'L', 'cli', 'owner', 80, 'ok', { by: 'owner' }),
    row('joined-to-restarted-is-gone', 'L', 'cli', 'owner', 85, 'refused', { unstated: true }),
    row('joined-to-restarted-resolves-nothing', 'L', 'joined', 'cli', 80, 'dns-failure', { unstated: true }),
    row('joined-to-restarted-has-no-route', 'L', 'joined', ip('cli', 'front'), 80, 'network-unreachable', { unstated: true }),
  ],
};
