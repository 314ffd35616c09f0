/** Capability bits as names (opamp-spec, "AgentCapabilities" and "ServerCapabilities"), and what each side may do with them. */
import { AgentCapabilities, ServerCapabilities } from './opamp.ts';

export const agentCapabilities = {
  reportsStatus: AgentCapabilities.REPORTS_STATUS,
  acceptsRemoteConfig: AgentCapabilities.ACCEPTS_REMOTE_CONFIG,
  reportsEffectiveConfig: AgentCapabilities.REPORTS_EFFECTIVE_CONFIG,
  acceptsPackages: AgentCapabilities.ACCEPTS_PACKAGES,
  reportsPackageStatuses: AgentCapabilities.REPORTS_PACKAGE_STATUSES,
  reportsOwnTraces: AgentCapabilities.REPORTS_OWN_TRACES,
  reportsOwnMetrics: AgentCapabilities.REPORTS_OWN_METRICS,
  reportsOwnLogs: AgentCapabilities.REPORTS_OWN_LOGS,
  acceptsOpampConnectionSettings: AgentCapabilities.ACCEPTS_OPAMP_CONNECTION_SETTINGS,
  acceptsOtherConnectionSettings: AgentCapabilities.ACCEPTS_OTHER_CONNECTION_SETTINGS,
  acceptsRestartCommand: AgentCapabilities.ACCEPTS_RESTART_COMMAND,
  reportsHealth: AgentCapabilities.REPORTS_HEALTH,
  reportsRemoteConfig: AgentCapabilities.REPORTS_REMOTE_CONFIG,
  reportsHeartbeat: AgentCapabilities.REPORTS_HEARTBEAT,
  reportsAvailableComponents: AgentCapabilities.REPORTS_AVAILABLE_COMPONENTS,
  reportsConnectionSettingsStatus: AgentCapabilities.REPORTS_CONNECTION_SETTINGS_STATUS,
} as const satisfies Record<string, AgentCapabilities>;
export type AgentCapability = keyof typeof agentCapabilities;

export const serverCapabilities = {
  acceptsStatus: ServerCapabilities.ACCEPTS_STATUS,
  offersRemoteConfig: ServerCapabilities.OFFERS_REMOTE_CONFIG,
  acceptsEffectiveConfig: ServerCapabilities.ACCEPTS_EFFECTIVE_CONFIG,
  offersPackages: ServerCapabilities.OFFERS_PACKAGES,
  acceptsPackagesStatus: ServerCapabilities.ACCEPTS_PACKAGES_STATUS,
  offersConnectionSettings: ServerCapabilities.OFFERS_CONNECTION_SETTINGS,
  acceptsConnectionSettingsRequest: ServerCapabilities.ACCEPTS_CONNECTION_SETTINGS_REQUEST,
} as const satisfies Record<string, ServerCapabilities>;
export type ServerCapability = keyof typeof serverCapabilities;

export interface ReadCapabilities<Name extends string> {
  readonly names: readonly Name[];
  /** The bits that have a name, as a number. */
  readonly bits: number;
  /** What is left: bits that must be zero today, and that a newer peer may set. */
  readonly undefinedBits: bigint;
}

export function agentCapabilityBits(names: readonly AgentCapability[]): number {
  return names.reduce<number>((bits, name) => bits | agentCapabilities[name], 0);
}

export function serverCapabilityBits(names: readonly ServerCapability[]): number {
  return names.reduce<number>((bits, name) => bits | serverCapabilities[name], 0);
}

/** `bits` as the wire carries them, or as they were stored. */
export function readAgentCapabilities(bits: bigint | number): ReadCapabilities<AgentCapability> {
  return read(agentCapabilities, bits);
}

export function readServerCapabilities(bits: bigint | number): ReadCapabilities<ServerCapability> {
  return read(serverCapabilities, bits);
}

export function agentHas(bits: bigint | number, name: AgentCapability): boolean {
  return (BigInt(bits) & BigInt(agentCapabilities[name])) !== 0n;
}

export function serverHas(bits: bigint | number, name: ServerCapability): boolean {
  return (BigInt(bits) & BigInt(serverCapabilities[name])) !== 0n;
}

function read<Name extends string>(table: Readonly<Record<Name, number>>, value: bigint | number): ReadCapabilities<Name> {
  const all = BigInt(value);
  let known = 0;
  for (const bit in table) known |= table[bit];
  const bits = Number(all & BigInt(known));
  // The keys of the table are all the names there are.
  const names = (Object.keys(table) as Name[]).filter((name) => (bits & table[name]) !== 0);
  return { names, bits, undefinedBits: all & ~BigInt(known) };
}
