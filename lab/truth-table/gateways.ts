import type { Topology } from '../topology.ts';
import { bridge, listen, on, publish } from './parts.ts';
import { type Group, gateway, host, ip, remote, row, versions } from './types.ts';

const several: Topology = {
  networks: [bridge('aaa', 1), bridge('mmm', 2), bridge('zzz', 3), bridge('inner', 4, { internal: true })],
  containers: [
    on('lexical', ['zzz', 'aaa'], { publish: [publish(8101, 80)] }),
    on('inside', ['inner', 'zzz'], { publish: [publish(8102, 80)] }),
    on('zsrv', ['zzz'], { publish: [publish(8104, 80)] }),
    on('ca', ['aaa']),
    on('cm', ['mmm']),
    on('cz', ['zzz']),
  ],
  host: { listeners: [listen(7000)], firewall: [] },
  remote: { listeners: [listen(6000)] },
};

/** Without docker-proxy a published port answers only the bridge through which it is published: that shows which one that is. */
export const gatewayChoice: Group = {
  id: 'gateway-choice',
  engine: 'no-proxy',
  topology: several,
  rows: [
    row('lexical-gateway-is-first-name', 'T16', 'ca', host, 8101, 'ok', { by: 'lexical' }),
    row('lexical-gateway-is-not-last-name', 'T16', 'cz', host, 8101, 'timeout'),
    row('lexical-gateway-third-bridge', 'T16', 'cm', host, 8101, 'timeout'),
    row('multi-homed-published-to-remote', 'T16', remote, host, 8101, 'ok', { by: 'lexical' }),
    row('internal-is-no-gateway', 'T16', 'cz', host, 8102, 'ok', { by: 'inside' }),
    row('internal-and-bridge-published-to-remote', 'T16', remote, host, 8102, 'ok', { by: 'inside' }),
    row('internal-and-bridge-reaches-outside', 'T16', 'inside', remote, 6000, 'ok', { by: 'remote' }),
    row('multi-homed-client-leaves-by-its-gateway', 'M', 'lexical', host, 8104, 'timeout', {
      note: 'it shares a bridge with the server, and its packets to the host come by the other one',
    }),
    row('multi-homed-client-by-its-gateway', 'M', 'lexical', gateway('aaa'), 8104, 'timeout'),
    row('multi-homed-client-by-the-shared-gateway', 'M', 'lexical', gateway('zzz'), 8104, 'ok', { by: 'zsrv' }),
    row('remote-direct-on-gateway-network', 'T12', remote, ip('lexical', 'aaa'), 80, versions('ok', 'ok', 'timeout')),
    row('remote-direct-on-other-network', 'T12', remote, ip('lexical', 'zzz'), 80, 'timeout'),
  ],
};

const priority: Topology = {
  ...several,
  containers: [
    on('prior', [{ network: 'aaa' }, { network: 'zzz', gwPriority: 10 }], { publish: [publish(8103, 80)] }),
    on('ca', ['aaa']),
    on('cz', ['zzz']),
  ],
};

export const gatewayPriority: Group = {
  id: 'gateway-priority',
  engine: 'no-proxy',
  versions: ['28.5'],
  topology: priority,
  rows: [
    row('gw-priority-wins-over-name', 'T16', 'cz', host, 8103, 'ok', { by: 'prior' }),
    row('gw-priority-loser', 'T16', 'ca', host, 8103, 'timeout'),
    row('gw-priority-published-to-remote', 'T16', remote, host, 8103, 'ok', { by: 'prior' }),
  ],
};

const mode = (value: string) => ({ options: { 'com.docker.network.bridge.gateway_mode_ipv4': value } });
const stillIsolated = 'docs say ok; 28.5 still isolates bridges from each other (DOCKER-ISOLATION-STAGE-2), later versions do not';
const modes: Topology = {
  networks: [
    bridge('front', 1),
    bridge('routed', 2, mode('routed')),
    bridge('open', 3, mode('nat-unprotected')),
    bridge('sealed', 4, { internal: true, ...mode('isolated') }),
  ],
  containers: [
    on('web', ['front'], { publish: [publish(8110, 80)] }),
    on('rweb', ['routed'], { publish: [publish(8111, 80)] }),
    on('oweb', ['open'], { publish: [publish(8112, 80)] }),
    on('sealed1', ['sealed']),
    on('sealed2', ['sealed']),
  ],
  host: { listeners: [listen(7000)], firewall: [] },
  remote: { listeners: [listen(6000)] },
};

/** routed (27), nat-unprotected and isolated (28): what `gateway_mode_ipv4` changes. */
export const gatewayModes: Group = {
  id: 'gateway-modes',
  engine: 'default',
  versions: ['28.5'],
  topology: modes,
  rows: [
    row('nat-to-routed-published', 'T5', 'web', ip('rweb', 'routed'), 80, 'ok', { by: 'rweb' }),
    row('nat-to-routed-unpublished', 'T5', 'web', ip('rweb', 'routed'), 82, 'timeout'),
    row('nat-to-routed-ping', 'T5', 'web', ip('rweb', 'routed'), 0, 'ok', { transport: 'icmp' }),
    row('routed-to-nat', 'T6', 'rweb', ip('web', 'front'), 80, 'timeout'),
    row('nat-to-unprotected-published', 'T7', 'web', ip('oweb', 'open'), 80, 'timeout', { note: stillIsolated }),
    row('nat-to-unprotected-any-port', 'T7', 'web', ip('oweb', 'open'), 82, 'timeout', { note: stillIsolated }),
    row('unprotected-to-nat', 'M', 'oweb', ip('web', 'front'), 80, 'timeout'),
    row('remote-to-nat-published', 'T12', remote, ip('web', 'front'), 80, 'timeout'),
    row('remote-to-nat-ping', 'T12', remote, ip('web', 'front'), 0, 'timeout', { transport: 'icmp' }),
    row('remote-to-unprotected-published', 'T12', remote, ip('oweb', 'open'), 80, 'ok', { by: 'oweb' }),
    row('remote-to-unprotected-unpublished', 'T12', remote, ip('oweb', 'open'), 82, 'ok', { by: 'oweb' }),
    row('remote-to-unprotected-ping', 'T12', remote, ip('oweb', 'open'), 0, 'ok', { transport: 'icmp' }),
    row('remote-to-routed-published', 'T12', remote, ip('rweb', 'routed'), 80, 'ok', { by: 'rweb' }),
    row('remote-to-routed-unpublished', 'T12', remote, ip('rweb', 'routed'), 82, 'timeout'),
    row('remote-to-routed-ping', 'T12', remote, ip('rweb', 'routed'), 0, 'ok', { transport: 'icmp' }),
    row('remote-to-routed-host-port', '§2', remote, host, 8111, 'refused'),
    row('host-to-routed-host-port', '§2', host, '127.0.0.1', 8111, 'refused'),
    row('container-to-routed-host-port', '§2', 'web', host, 8111, 'refused'),
    row('host-to-routed-address', 'T10', host, ip('rweb', 'routed'), 82, 'ok', { by: 'rweb' }),
    row('routed-to-outside', 'M', 'rweb', remote, 6000, 'ok', {
      by: 'remote',
      note: 'not masqueraded: the remote host sees the container',
    }),
    row('routed-to-host', 'M', 'rweb', host, 7000, 'ok', { by: 'host' }),
    row('unprotected-published-to-remote', 'M', remote, host, 8112, 'ok', { by: 'oweb' }),
    row('unprotected-published-to-container', 'M', 'web', host, 8112, 'ok', { by: 'oweb' }),
    row('isolated-same-network', 'T14', 'sealed1', 'sealed2', 80, 'ok', { by: 'sealed2' }),
    row('isolated-gateway', 'T14', 'sealed1', gateway('sealed'), 7000, 'host-unreachable', { timeoutMs: 4500 }),
    row('isolated-from-host', 'M', host, ip('sealed1', 'sealed'), 80, 'host-unreachable', { timeoutMs: 4500 }),
    row('isolated-outside', 'T15', 'sealed1', remote, 6000, 'network-unreachable'),
  ],
};
