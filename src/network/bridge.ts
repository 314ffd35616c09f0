import type { Origin } from '../core/origin.ts';
import type { Network } from './model.ts';

/** A bridge as the engine makes it when nothing is said: names between its containers, NAT to the outside. */
export function plainBridge(id: string, origin: Origin, more: Partial<Network> = {}): Network {
  return {
    id,
    key: id,
    origin,
    driver: 'bridge',
    external: false,
    icc: { value: true, origin },
    gatewayMode4: { value: 'nat', origin },
    gatewayMode6: { value: 'nat', origin },
    masquerade: true,
    ipv4: true,
    ipv6: false,
    attachable: false,
    subnets: [],
    options: [],
    ...more,
  };
}
