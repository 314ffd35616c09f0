/** What the catalog holds: nodes, the services on them, and the checks of both. All of it is data, replaced whole when it changes. */

export const checkStatuses = ['passing', 'warning', 'critical'] as const;
export type CheckStatus = (typeof checkStatuses)[number];

/** Of an instance: its worst check, or `maintenance` when somebody took it out of service by hand. */
export type Health = CheckStatus | 'maintenance';

export type Texts = Readonly<Record<string, string>>;

/** How a TTL check is judged. Counters as in Consul: the default 0 means that the first result counts. */
export interface TtlDefinition {
  readonly ttlMs: number;
  readonly successBeforePassing: number;
  readonly failuresBeforeWarning: number;
  readonly failuresBeforeCritical: number;
}

export interface Check {
  readonly id: string;
  readonly name: string;
  readonly notes: string;
  /** `ttl`: critical unless it is renewed. `''`: stays as it was set. */
  readonly type: 'ttl' | '';
  readonly status: CheckStatus;
  readonly output: string;
  readonly ttl?: TtlDefinition;
  /** The service goes when this check was critical for so long without a break. */
  readonly deregisterAfterMs?: number;
}

export interface TaggedAddress {
  readonly address: string;
  readonly port: number;
}

export interface Service {
  readonly id: string;
  readonly name: string;
  /** An IP address or a host name; empty: that of the node. */
  readonly address: string;
  readonly port: number;
  readonly tags: readonly string[];
  readonly meta: Texts;
  readonly taggedAddresses: Readonly<Record<string, TaggedAddress>>;
  readonly weights: { readonly passing: number; readonly warning: number };
  readonly enableTagOverride: boolean;
  readonly checks: readonly Check[];
}

export interface Node {
  readonly name: string;
  /** A UUID; the agent's uid for the node of an agent. */
  readonly id: string;
  readonly address: string;
  readonly taggedAddresses: Texts;
  readonly meta: Texts;
  readonly checks: readonly Check[];
  /** Set for the node of an agent: only that agent may change it or its services. */
  readonly agentUid?: string;
  /** Where the agent serves its own metrics, as a URL. */
  readonly metricsUrl?: string;
}

/** Index of the change that made a thing, and of the last one that changed it: Consul's CreateIndex and ModifyIndex. */
export interface Indexes {
  readonly create: number;
  readonly modify: number;
}

/** A service on a node: what lookups answer. */
export interface Instance {
  readonly node: Node;
  readonly service: Service;
}

export const nodeMaintenance = '_node_maintenance';
export const serviceMaintenance = (serviceId: string): string => `_service_maintenance:${serviceId}`;

const isMaintenance = (check: Check): boolean => check.id === nodeMaintenance || check.id.startsWith('_service_maintenance:');

/** As Consul aggregates: maintenance outranks critical, critical warning, warning passing; no check at all is passing. */
export function healthOf(checks: readonly Check[]): Health {
  if (checks.some(isMaintenance)) return 'maintenance';
  if (checks.some((check) => check.status === 'critical')) return 'critical';
  return checks.some((check) => check.status === 'warning') ? 'warning' : 'passing';
}

/** The node's checks count for each service on it. */
export const checksOf = ({ node, service }: Instance): readonly Check[] => [...node.checks, ...service.checks];

export const instanceHealth = (instance: Instance): Health => healthOf(checksOf(instance));

/** May be answered to somebody who looks for a place to send things to. A warning is not an outage: Consul serves it too. */
export function isServed(instance: Instance, onlyPassing: boolean): boolean {
  const health = instanceHealth(instance);
  return health === 'passing' || (health === 'warning' && !onlyPassing);
}

export const addressOf = ({ node, service }: Instance): string => (service.address === '' ? node.address : service.address);
