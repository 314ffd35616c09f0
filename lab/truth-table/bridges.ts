import { outsideName } from '../lan.ts';
import type { Topology } from '../topology.ts';
import { bridge, listen, on, onDefault, publish, usualListeners } from './parts.ts';
import { type Expected, type Group, gateway, host, ip, near, type Row, remote, row, versions } from './types.ts';

const topology: Topology = {
  networks: [bridge('front', 1), bridge('back', 2), bridge('inner', 3, { internal: true }), bridge('quiet', 4, { icc: false })],
  containers: [
    on('web', [{ network: 'front', ip: '172.20.1.10', aliases: ['shop', 'pool'] }], {
      publish: [
        publish(8080, 80),
        publish(8081, 81),
        publish(8082, 82),
        publish(8084, 84),
        publish(8085, 80, '127.0.0.1'),
        publish(8086, 80, '10.99.0.1'),
        publish(8053, 53, undefined, 'udp'),
        publish(8054, 53, '127.0.0.1', 'udp'),
        publish(8055, 54, undefined, 'udp'),
      ],
    }),
    on('app', [{ network: 'front', aliases: ['pool'] }], {
      extraHosts: ['host.docker.internal:host-gateway'],
      publish: [publish(8087, 80)],
    }),
    on('db', [{ network: 'back', ip: '172.20.2.10' }], { publish: [publish(8088, 80)] }),
    on('both', ['front', 'back']),
    on('in1', [{ network: 'inner', ip: '172.20.3.10' }], { publish: [publish(8090, 80)] }),
    on('in2', ['inner'], { extraHosts: ['host.docker.internal:host-gateway'] }),
    on('q1', [{ network: 'quiet', ip: '172.20.4.10' }], { publish: [publish(8091, 80)] }),
    on('q2', ['quiet']),
    onDefault('def1', { publish: [publish(8092, 80)] }),
    onDefault('def2', { links: ['def1:store'], extraHosts: ['host.docker.internal:host-gateway'] }),
    { name: 'hostc', mode: { kind: 'host' }, listeners: [listen(9000), listen(9001, '127.0.0.1')], publish: [publish(8093, 9000)] },
    { name: 'nonec', mode: { kind: 'none' }, listeners: usualListeners },
    { name: 'joined', mode: { kind: 'container', of: 'web' }, listeners: [listen(85), listen(86, '127.0.0.1')] },
  ],
  host: {
    listeners: [listen(7000), listen(7001, '127.0.0.1'), listen(7002, '::'), listen(7003, '172.30.0.1'), listen(7053, '0.0.0.0', 'udp')],
    firewall: [],
  },
  remote: { listeners: [listen(6000), listen(6001, '127.0.0.1'), listen(6053, '0.0.0.0', 'udp')] },
};

const dockerInternal = 'host.docker.internal';
const unreachableSince26 = versions('timeout', 'network-unreachable', 'network-unreachable');
const sameBridge = [
  row('same-bridge-name', 'T1', 'app', 'web', 80, 'ok', { by: 'web' }),
  row('same-bridge-alias', '§5', 'app', 'shop', 80, 'ok', { by: 'web' }),
  row('same-bridge-shared-alias', 'L', 'both', 'pool', 80, 'ok'),
  row('same-bridge-address', 'T1', 'app', ip('web', 'front'), 80, 'ok', { by: 'web' }),
  row('same-bridge-udp', 'T1', 'app', 'web', 53, 'ok', { transport: 'udp', by: 'web' }),
  row('same-bridge-dual-stack-listener', 'M', 'app', 'web', 82, 'ok', { by: 'web' }),
  row('same-bridge-loopback-listener', 'N1', 'app', 'web', 81, 'refused'),
  row('same-bridge-nobody-listens', 'L', 'app', 'web', 84, 'refused'),
  row('same-bridge-udp-nobody-listens', 'M', 'app', 'web', 54, 'refused', { transport: 'udp' }),
  row('same-bridge-host-port-instead', 'D3', 'app', 'web', 8080, 'refused'),
  row('same-bridge-unknown-name', '§5', 'app', 'wbe', 80, 'nxdomain'),
  row('own-name', 'M', 'web', 'web', 80, 'ok', { by: 'web' }),
  row('own-loopback', 'N2', 'web', 'localhost', 81, 'ok', { by: 'web' }),
  row('localhost-is-the-container', 'N2', 'app', 'localhost', 7000, 'refused'),
  row('own-published-port-on-loopback', 'L', 'web', '127.0.0.1', 8080, 'refused'),
  row('ping-same-bridge', 'T1', 'app', ip('web', 'front'), 0, 'ok', { transport: 'icmp' }),
];
const otherBridge = [
  row('other-bridge-address', 'T3', 'app', ip('db', 'back'), 80, 'timeout'),
  row('other-bridge-address-unpublished', 'T3', 'app', ip('db', 'back'), 82, 'timeout'),
  row('other-bridge-name', '§5', 'app', 'db', 80, 'nxdomain'),
  row('other-bridge-to-default', 'T3', 'app', ip('def1', 'bridge'), 80, 'timeout'),
  row('default-to-other-bridge', 'T3', 'def1', ip('web', 'front'), 80, 'timeout'),
  row('other-bridge-ping', 'T3', 'app', ip('db', 'back'), 0, 'timeout', { transport: 'icmp' }),
  row('multi-homed-reaches-both-a', 'N3', 'both', 'web', 80, 'ok', { by: 'web' }),
  row('multi-homed-reaches-both-b', 'N3', 'both', 'db', 80, 'ok', { by: 'db' }),
  row('multi-homed-is-reached', 'N3', 'db', 'both', 80, 'ok', { by: 'both' }),
  row('multi-homed-address-on-the-other-bridge', 'M', 'app', ip('both', 'back'), 80, 'timeout'),
  row('other-bridge-published-host-address', 'T8', 'db', host, 8080, 'ok', { by: 'web' }),
  row('other-bridge-published-own-gateway', 'T8', 'db', gateway('back'), 8080, 'ok', { by: 'web' }),
  row('other-bridge-published-target-gateway', 'T8', 'db', gateway('front'), 8080, 'ok', { by: 'web' }),
  row('other-bridge-published-udp', 'T8', 'db', host, 8053, versions('timeout', 'timeout', 'ok'), { transport: 'udp' }),
  row('same-bridge-published-host-address', 'T9', 'app', host, 8080, 'ok', { by: 'web' }),
  row('same-bridge-published-udp', 'T9', 'app', host, 8053, versions('timeout', 'timeout', 'ok'), { transport: 'udp' }),
  row('other-bridge-published-udp-own-gateway', 'M', 'db', gateway('back'), 8053, 'ok', {
    transport: 'udp',
    by: 'web',
    note: 'docker-proxy answers from the address that was dialled only where the routes choose that one anyway; 28 sees to it',
  }),
  row('other-bridge-published-udp-target-gateway', 'M', 'db', gateway('front'), 8053, versions('timeout', 'timeout', 'ok'), {
    transport: 'udp',
  }),
  row('same-bridge-published-udp-gateway', 'M', 'app', gateway('front'), 8053, 'ok', { transport: 'udp', by: 'web' }),
  row('hairpin', 'T9', 'web', host, 8080, 'ok', { by: 'web' }),
  row('published-loopback-listener-from-container', '§7.1', 'db', host, 8081, 'reset'),
  row('published-nobody-listens-from-container', '§7.1', 'db', host, 8084, 'reset'),
  row('published-udp-nobody-listens-from-container', 'M', 'db', host, 8055, 'timeout', { transport: 'udp' }),
  row('published-on-loopback-from-container', 'L', 'app', host, 8085, 'refused'),
  row('published-on-loopback-by-gateway', 'L', 'app', gateway('front'), 8085, 'refused'),
  row('published-on-host-address-from-container', 'M', 'db', host, 8086, 'ok', { by: 'web' }),
  row('published-on-host-address-by-gateway', 'M', 'db', gateway('back'), 8086, 'refused'),
  row('unpublished-host-port', 'M', 'db', host, 8099, 'refused'),
];
const fromHost = [
  row('host-loopback-published', 'T10', host, '127.0.0.1', 8080, 'ok', { by: 'web' }),
  row('host-address-published', 'T10', host, host, 8080, 'ok', { by: 'web' }),
  row('host-localhost-published', 'T10', host, 'localhost', 8080, 'ok', { by: 'web' }),
  row('host-v6-loopback-published', 'L', host, '::1', 8080, 'ok', { by: 'web' }),
  row('host-to-gateway-published', 'M', host, gateway('front'), 8080, 'ok', { by: 'web' }),
  row('host-other-gateway-published', 'M', host, gateway('back'), 8080, 'ok', { by: 'web' }),
  row('host-container-address', 'T10', host, ip('web', 'front'), 80, 'ok', { by: 'web' }),
  row('host-container-address-unpublished', 'T10', host, ip('web', 'front'), 82, 'ok', { by: 'web' }),
  row('host-container-loopback-listener', 'N1', host, ip('web', 'front'), 81, 'refused'),
  row('host-loopback-published-loopback-listener', '§7.1', host, '127.0.0.1', 8081, 'reset'),
  row('host-v6-loopback-published-loopback-listener', 'M', host, '::1', 8081, 'reset'),
  row('host-to-gateway-published-loopback-listener', '§7.1', host, gateway('front'), 8081, 'refused', {
    note: '§7.1 says: connect OK, then closed; that holds from the container itself',
  }),
  row('host-address-published-loopback-listener', '§7.1', host, host, 8081, 'refused'),
  row('host-loopback-published-nobody', '§7.1', host, '127.0.0.1', 8084, 'reset'),
  row('host-address-published-nobody', '§7.1', host, host, 8084, 'refused'),
  row('host-published-v6-listener', 'M', host, host, 8082, 'ok', { by: 'web' }),
  row('host-loopback-published-on-loopback', 'L', host, '127.0.0.1', 8085, 'ok', { by: 'web' }),
  row('host-v6-loopback-published-on-loopback', 'L', host, '::1', 8085, 'refused'),
  row('host-address-published-on-loopback', 'L', host, host, 8085, 'refused'),
  row('host-loopback-published-on-address', 'M', host, '127.0.0.1', 8086, 'refused'),
  row('host-loopback-published-udp', 'T10', host, '127.0.0.1', 8053, 'ok', { transport: 'udp', by: 'web' }),
  row('host-address-published-udp', 'T10', host, host, 8053, 'ok', { transport: 'udp', by: 'web' }),
  row('host-loopback-published-on-loopback-udp', 'M', host, '127.0.0.1', 8054, 'ok', { transport: 'udp', by: 'web' }),
  row('host-loopback-published-udp-nobody', 'M', host, '127.0.0.1', 8055, 'timeout', { transport: 'udp' }),
  row('host-address-published-udp-nobody', 'M', host, host, 8055, 'refused', { transport: 'udp' }),
  row('host-knows-no-container-names', 'N1', host, 'web', 80, 'nxdomain'),
  row('host-default-bridge-address', 'T10', host, ip('def1', 'bridge'), 80, 'ok', { by: 'def1' }),
  row('host-icc-false-address', 'L', host, ip('q1', 'quiet'), 80, 'ok', { by: 'q1' }),
  row('host-internal-address', 'L', host, ip('in1', 'inner'), 80, 'ok', { by: 'in1' }),
  row('host-internal-published', 'L', host, '127.0.0.1', 8090, 'refused'),
];
const fromRemote = [
  row('remote-published', 'T11', remote, host, 8080, 'ok', { by: 'web' }),
  row('remote-published-udp', 'T11', remote, host, 8053, 'ok', { transport: 'udp', by: 'web' }),
  row('remote-published-loopback-listener', 'L', remote, host, 8081, 'refused'),
  row('remote-published-nobody', 'M', remote, host, 8084, 'refused'),
  row('remote-published-udp-nobody', 'M', remote, host, 8055, 'refused', { transport: 'udp' }),
  row('remote-published-on-loopback', 'L', remote, host, 8085, 'refused'),
  row('remote-published-on-loopback-udp', 'M', remote, host, 8054, 'refused', { transport: 'udp' }),
  row('remote-published-on-address', 'M', remote, host, 8086, 'ok', { by: 'web' }),
  row('remote-unpublished', 'M', remote, host, 82, 'refused'),
  row('remote-icc-false-published', 'M', remote, host, 8091, 'ok', { by: 'q1' }),
  row('remote-default-published', 'T11', remote, host, 8092, 'ok', { by: 'def1' }),
  row('remote-internal-published', 'L', remote, host, 8090, 'refused'),
  row('remote-direct-published', 'T12', remote, ip('web', 'front'), 80, versions('ok', 'ok', 'timeout'), {
    note: 'before 28 a published container port is open to who has a route, also with FORWARD policy DROP',
  }),
  row('remote-direct-published-loopback-listener', 'M', remote, ip('web', 'front'), 81, versions('refused', 'refused', 'timeout')),
  row('remote-direct-unpublished', 'T12', remote, ip('both', 'front'), 82, 'timeout'),
  row('remote-direct-ping', 'T12', remote, ip('web', 'front'), 0, 'timeout', { transport: 'icmp' }),
  row('remote-direct-internal', 'M', remote, ip('in1', 'inner'), 80, 'timeout'),
  row('remote-direct-published-on-loopback-only', 'M', remote, ip('db', 'back'), 82, 'timeout'),
  row('remote-host-service', 'T17', remote, host, 7000, 'ok', { by: 'host' }),
  row('remote-host-loopback-service', 'N2', remote, host, 7001, 'refused'),
  row('remote-host-mode-container', 'T17', remote, host, 9000, 'ok', { by: 'hostc' }),
  row('neighbour-to-loopback-published', 'T13', near, '127.0.0.1', 8085, versions('ok', 'ok', 'timeout')),
  row('neighbour-to-loopback-host-service', 'M', near, '127.0.0.1', 7001, 'timeout'),
  row('neighbour-to-loopback-of-published-everywhere', 'M', near, '127.0.0.1', 8080, versions('ok', 'ok', 'ok')),
];
const toHost = [
  row('host-gateway-name', 'N2', 'app', dockerInternal, 7000, 'ok', { by: 'host' }),
  row('host-gateway-name-from-default-bridge', 'N2', 'def2', dockerInternal, 7000, 'ok', { by: 'host' }),
  row('host-gateway-loopback-service', 'L', 'app', dockerInternal, 7001, 'refused'),
  row('host-gateway-dual-stack-service', 'M', 'app', dockerInternal, 7002, 'ok', { by: 'host' }),
  row('host-gateway-service-on-docker0', 'N2', 'app', dockerInternal, 7003, 'ok', { by: 'host' }),
  row('own-gateway-service-on-docker0', 'M', 'app', gateway('front'), 7003, 'refused'),
  row('host-gateway-udp-service', 'M', 'app', dockerInternal, 7053, 'timeout', {
    transport: 'udp',
    note: "the answer leaves from the gateway of the client's own bridge, and a connected client ignores it",
  }),
  row('own-gateway-udp-service', 'M', 'app', gateway('front'), 7053, 'ok', { transport: 'udp', by: 'host' }),
  row('host-gateway-published', 'M', 'app', dockerInternal, 8088, 'ok', { by: 'db' }),
  row('host-gateway-name-missing', 'N2', 'web', dockerInternal, 7000, 'nxdomain'),
  row('host-address-service', 'N2', 'web', host, 7000, 'ok', { by: 'host' }),
  row('own-gateway-service', 'N2', 'web', gateway('front'), 7000, 'ok', { by: 'host' }),
  row('outside-address', 'L', 'web', remote, 6000, 'ok', { by: 'remote' }),
  row('outside-name', 'L', 'web', outsideName, 6000, 'ok', { by: 'remote' }),
  row('outside-loopback-service', 'M', 'web', remote, 6001, 'refused'),
  row('outside-udp', 'M', 'web', remote, 6053, 'ok', { transport: 'udp', by: 'remote' }),
];
const internal = [
  row('internal-same-network', 'T1', 'in2', 'in1', 80, 'ok', { by: 'in1' }),
  row('internal-to-other-bridge', 'T4', 'in2', ip('web', 'front'), 80, unreachableSince26),
  row('internal-to-outside', 'T15', 'in2', remote, 6000, unreachableSince26),
  row('internal-to-own-gateway', 'T14', 'in2', gateway('inner'), 7000, 'ok', { by: 'host' }),
  row('internal-to-host-address', 'L', 'in2', host, 7000, versions('ok', 'network-unreachable', 'network-unreachable')),
  row('internal-to-host-gateway-name', 'M', 'in2', dockerInternal, 7000, versions('ok', 'network-unreachable', 'network-unreachable')),
  row('internal-to-published-by-own-gateway', 'M', 'in2', gateway('inner'), 8080, 'timeout', {
    note: 'nothing exempts internal bridges from DNAT, so that the packet meets the isolation rules instead of docker-proxy',
  }),
  row('internal-to-published-by-host-address', 'M', 'in2', host, 8080, versions('timeout', 'network-unreachable', 'network-unreachable')),
  row('internal-unknown-name', '§5', 'in2', 'web', 80, 'dns-failure'),
  row('internal-outside-name', '§5', 'in2', outsideName, 6000, 'dns-failure'),
  row('into-internal', 'T4', 'app', ip('in1', 'inner'), 80, 'timeout'),
  row('internal-publishes-nothing', 'L', 'app', host, 8090, 'refused'),
];
const special = [
  row('icc-false-peer', 'T2', 'q2', 'q1', 80, 'timeout'),
  row('icc-false-ping', 'T2', 'q2', ip('q1', 'quiet'), 0, 'timeout', { transport: 'icmp' }),
  row('icc-false-hairpin', 'M', 'q1', host, 8091, 'ok', { by: 'q1' }),
  row('icc-false-published-own-gateway', 'M', 'q2', gateway('quiet'), 8091, 'ok', { by: 'q1' }),
  row('icc-false-published', 'L', 'q2', host, 8091, 'ok', { by: 'q1' }),
  row('icc-false-outside', 'M', 'q2', remote, 6000, 'ok', { by: 'remote' }),
  row('icc-false-host-service', 'M', 'q2', gateway('quiet'), 7000, 'ok', { by: 'host' }),
  row('default-bridge-name', 'N1', 'def1', 'def2', 80, 'nxdomain'),
  row('default-bridge-address', 'N1', 'def2', ip('def1', 'bridge'), 80, 'ok', { by: 'def1' }),
  row('default-bridge-link-alias', 'N1', 'def2', 'store', 80, 'ok', { by: 'def1' }),
  row('default-bridge-link-name', 'N1', 'def2', 'def1', 80, 'ok', { by: 'def1' }),
  row('default-bridge-own-name', 'M', 'def1', 'def1', 80, 'nxdomain'),
  row('host-mode-to-container-address', 'T17', 'hostc', ip('web', 'front'), 80, 'ok', { by: 'web' }),
  row('host-mode-to-name', 'L', 'hostc', 'web', 80, 'nxdomain'),
  row('host-mode-loopback', 'L', 'hostc', '127.0.0.1', 7001, 'ok', { by: 'host' }),
  row('host-mode-published-loopback', 'T17', 'hostc', '127.0.0.1', 8080, 'ok', { by: 'web' }),
  row('container-to-host-mode', 'T17', 'app', host, 9000, 'ok', { by: 'hostc' }),
  row('container-to-host-mode-by-gateway', 'T17', 'app', gateway('front'), 9000, 'ok', { by: 'hostc' }),
  row('container-to-host-mode-loopback-listener', 'N1', 'app', host, 9001, 'refused'),
  row('container-to-host-mode-by-name', 'L', 'app', 'hostc', 9000, 'nxdomain'),
  row('host-mode-ignores-publish', 'N4', host, '127.0.0.1', 8093, 'refused'),
  row('none-to-anything', 'T18', 'nonec', ip('web', 'front'), 80, 'network-unreachable'),
  row('none-name', 'L', 'nonec', 'web', 80, 'dns-failure'),
  row('none-loopback', 'T18', 'nonec', '127.0.0.1', 80, 'ok', { by: 'nonec' }),
  row('joined-shares-loopback', 'L', 'joined', '127.0.0.1', 81, 'ok', { by: 'web' }),
  row('joined-is-reached-by-owner-name', '§6', 'app', 'web', 85, 'ok', { by: 'joined' }),
  row('joined-loopback-listener-from-owner', '§6', 'web', 'localhost', 86, 'ok', { by: 'joined' }),
  row('joined-own-name', 'L', 'app', 'joined', 85, 'nxdomain'),
  row('joined-reaches-owner-network', '§6', 'joined', 'app', 80, 'ok', { by: 'app' }),
];

const rows = [...sameBridge, ...otherBridge, ...fromHost, ...fromRemote, ...toHost, ...internal, ...special];

/** Plain bridges, the default bridge, internal networks, icc=false, host mode, none, shared namespaces; user-land proxy on. */
export const bridges: Group = { id: 'bridges', engine: 'default', topology, rows };

const proxyNote = 'docs say since 28: ok with or without proxy; 28.5 still isolates bridges from each other and drops';

/** What is different without docker-proxy, where only the kernel's NAT publishes. */
const withoutProxy: Readonly<Record<string, Expected>> = {
  'other-bridge-published-host-address': 'timeout',
  'other-bridge-published-own-gateway': 'timeout',
  'other-bridge-published-target-gateway': 'timeout',
  'other-bridge-published-udp': 'timeout',
  'same-bridge-published-udp': 'ok',
  'published-loopback-listener-from-container': 'timeout',
  'published-nobody-listens-from-container': 'timeout',
  'published-on-host-address-from-container': 'timeout',
  'host-v6-loopback-published': 'refused',
  'host-loopback-published-loopback-listener': 'refused',
  'host-v6-loopback-published-loopback-listener': 'refused',
  'host-loopback-published-nobody': 'refused',
  'host-loopback-published-udp-nobody': 'refused',
  'host-gateway-published': 'timeout',
  'icc-false-published': 'timeout',
  'icc-false-published-own-gateway': 'timeout',
  'icc-false-hairpin': 'timeout',
  'other-bridge-published-udp-own-gateway': 'timeout',
  'other-bridge-published-udp-target-gateway': 'timeout',
};

function adapt(original: Row): Row {
  const { by, ...rest } = original;
  const expected = withoutProxy[original.id];
  if (expected === undefined) return { ...original, id: `no-proxy:${original.id}` };
  const answered = expected === 'ok' ? { by: by ?? 'web' } : {};
  return { ...rest, ...answered, id: `no-proxy:${original.id}`, expected, ...(original.source === 'T8' ? { note: proxyNote } : {}) };
}

/** The same questions to an engine with `--userland-proxy=false`. */
export const bridgesWithoutProxy: Group = { id: 'bridges-without-proxy', engine: 'no-proxy', topology, rows: rows.map(adapt) };
