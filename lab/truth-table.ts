import { bridges, bridgesWithoutProxy } from './truth-table/bridges.ts';
import { events } from './truth-table/events.ts';
import { gatewayChoice, gatewayModes, gatewayPriority } from './truth-table/gateways.ts';
import { hostFirewall, statefulFirewalls } from './truth-table/host-firewall.ts';
import { ipv6 } from './truth-table/ipv6.ts';
import { links } from './truth-table/links.ts';
import { macvlan } from './truth-table/macvlan.ts';
import { tampered } from './truth-table/tampered.ts';
import type { Group } from './truth-table/types.ts';

/** Every row that can run here, grouped by the topology that serves it. */
export const truthTable: readonly Group[] = [
  bridges,
  bridgesWithoutProxy,
  hostFirewall,
  ...statefulFirewalls,
  gatewayChoice,
  gatewayPriority,
  gatewayModes,
  ipv6,
  links,
  macvlan,
  events,
  ...tampered,
];
