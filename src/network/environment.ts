import type { Fact } from './fact.ts';
import { assumed, unknown } from './fact.ts';

/** The engine generations whose networking differs (docs/reference/profiles.md); 27 stands for 27.x and so on. */
export const engineVersions = ['20.10', '26', '27', '28', '29'] as const;
export type EngineVersion = (typeof engineVersions)[number];

export const platforms = ['linux', 'desktop'] as const;
export type Platform = (typeof platforms)[number];

/** What the host's own firewall does with new connections from a container's subnet to the host (its INPUT chain). */
export const hostFirewalls = ['open', 'drop', 'reject', 'reject-prohibited'] as const;
export type HostFirewall = (typeof hostFirewalls)[number];

/** Facts of the engine and the host that decide how packets travel, whichever containers there are. */
export interface Environment {
  readonly engine: Fact<EngineVersion>;
  readonly platform: Fact<Platform>;
  readonly rootless: Fact<boolean>;
  /** docker-proxy beside the NAT rules (`userland-proxy` in daemon.json). */
  readonly userlandProxy: Fact<boolean>;
  /** Whether the engine writes firewall rules (`iptables` in daemon.json). */
  readonly iptables: Fact<boolean>;
  /** Whether the engine writes IPv6 rules (`ip6tables`; on by default since 27). */
  readonly ip6tables: Fact<boolean>;
  readonly hostFirewall: Fact<HostFirewall>;
  /** MTU of the path that leaves the host, bytes. */
  readonly hostMtu: Fact<number>;
  /** Addresses of the host besides its bridges, if known. */
  readonly hostAddresses: readonly string[];
  /** Overrides what `host-gateway` stands for (`host-gateway-ips`); docker0's address otherwise. */
  readonly hostGatewayIps: readonly string[];
}

export type EnvironmentKey = 'engine' | 'platform' | 'rootless' | 'userlandProxy' | 'iptables' | 'ip6tables' | 'hostFirewall' | 'hostMtu';

/** What holds when nobody said anything: engine, platform and firewall are unknown; the rest are the engine's defaults. */
export const defaultEnvironment: Environment = {
  engine: unknown('the version of the Docker engine (--docker)'),
  platform: unknown('whether the engine is native Linux or Docker Desktop (--platform)'),
  rootless: assumed(false, 'default of the engine: it runs as root'),
  userlandProxy: assumed(true, 'default of the engine: userland-proxy is on'),
  iptables: assumed(true, 'default of the engine: iptables is on'),
  ip6tables: unknown('whether the engine writes IPv6 firewall rules (ip6tables; default since version 27)'),
  hostFirewall: unknown("whether the host's firewall admits the containers' subnets (--host-firewall)"),
  hostMtu: assumed(1500, 'default of Ethernet: MTU 1500'),
  hostAddresses: [],
  hostGatewayIps: [],
};
