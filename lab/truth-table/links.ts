import type { Topology } from '../topology.ts';
import { listen, onDefault, publish } from './parts.ts';
import { type Group, host, ip, row } from './types.ts';

const topology: Topology = {
  networks: [],
  containers: [
    onDefault('srv', { expose: [80], publish: [publish(8140, 82)] }),
    onDefault('linked', { links: ['srv:db'] }),
    onDefault('stranger'),
  ],
  host: { listeners: [listen(7000)], firewall: [] },
  remote: { listeners: [] },
};

/** The default bridge with the daemon's `--icc=false`: only links open what is exposed. */
export const links: Group = {
  id: 'links',
  engine: 'icc-false',
  topology,
  rows: [
    row('link-exposed-port', 'T2', 'linked', 'db', 80, 'ok', { by: 'srv' }),
    row('link-published-port', 'T2', 'linked', 'db', 82, 'ok', { by: 'srv' }),
    row('link-other-port', 'T2', 'linked', 'db', 81, 'timeout'),
    row('link-is-one-way', 'T2', 'srv', ip('linked', 'bridge'), 80, 'timeout'),
    row('icc-false-without-link', 'T2', 'stranger', ip('srv', 'bridge'), 80, 'timeout'),
    row('icc-false-without-link-published', 'L', 'stranger', host, 8140, 'ok', { by: 'srv' }),
    row('icc-false-without-link-name', 'N1', 'stranger', 'srv', 80, 'nxdomain'),
    row('icc-false-daemon-host-to-container', 'L', host, ip('srv', 'bridge'), 80, 'ok', { by: 'srv' }),
    row('icc-false-daemon-to-host', 'M', 'stranger', host, 7000, 'ok', { by: 'host' }),
  ],
};
