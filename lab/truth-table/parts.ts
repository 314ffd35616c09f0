import type { Listener, Transport } from '../probe.ts';
import type { Attachment, Publication, TopologyContainer, TopologyNetwork } from '../topology.ts';

/** Short forms for the tables. */
export function listen(port: number, address = '0.0.0.0', transport: Transport = 'tcp'): Listener {
  return { address, port, transport };
}

/** Port 80 on every address, 81 on loopback, 82 on `::`, 53/udp on every address; nobody listens on 84. */
export const usualListeners: readonly Listener[] = [listen(80), listen(81, '127.0.0.1'), listen(82, '::'), listen(53, '0.0.0.0', 'udp')];

export function publish(hostPort: number, containerPort: number, hostIp?: string, transport: Transport = 'tcp'): Publication {
  return { hostPort, containerPort, transport, ...(hostIp === undefined ? {} : { hostIp }) };
}

export function bridge(name: string, number: number, more: Partial<TopologyNetwork> = {}): TopologyNetwork {
  return { name, driver: 'bridge', subnet: `172.20.${number}.0/24`, gateway: `172.20.${number}.1`, ...more };
}

export function bridge6(name: string, number: number, more: Partial<TopologyNetwork> = {}): TopologyNetwork {
  return bridge(name, number, { subnet6: `fd00:20:${number}::/64`, gateway6: `fd00:20:${number}::1`, ...more });
}

export type ContainerParts = Omit<TopologyContainer, 'name' | 'mode' | 'listeners'> & { readonly listeners?: readonly Listener[] };

/** A container on networks, given as names or attachments. */
export function on(name: string, networks: readonly (string | Attachment)[], parts: ContainerParts = {}): TopologyContainer {
  const [first, ...others] = networks.map((one): Attachment => (typeof one === 'string' ? { network: one } : one));
  if (first === undefined) throw new Error(`${name} has no network`);
  return { name, mode: { kind: 'networks', attachments: [first, ...others] }, listeners: usualListeners, ...parts };
}

export function onDefault(name: string, parts: ContainerParts = {}): TopologyContainer {
  return { name, mode: { kind: 'default' }, listeners: usualListeners, ...parts };
}
