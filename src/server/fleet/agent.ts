/** What the server knows about one agent. */
import type { Labels } from '../../core/labels.ts';

/**
 * `enrolled`: has a certificate and was never heard. `online`: heard in time. `suspect`: late; still served by discovery.
 * `offline`: silent for its whole `ttl`. `stopped`: said goodbye. `expired`: offline for so long that it is about to be forgotten.
 */
export const livenessStates = ['enrolled', 'online', 'suspect', 'offline', 'stopped', 'expired'] as const;
export type LivenessState = (typeof livenessStates)[number];

export interface Liveness {
  readonly state: LivenessState;
  /** Wall clock, ms. */
  readonly sinceMs: number;
  /** One clause: `no heartbeat for 92 s (ttl 90s)`. */
  readonly reason: string;
}

/** How silence is judged. `ttl` is what counts; `failThreshold` is the other spelling: so many missed heartbeats. */
export interface LivenessPolicy {
  readonly heartbeatIntervalMs: number;
  /** Silence after which an agent is offline. */
  readonly ttlMs: number;
  /** Offline for this long: expired. */
  readonly expireAfterMs: number;
}

export interface ConfigStatus {
  /** Hex of what the agent says it has; the empty text when it has none. */
  readonly hash: string;
  readonly status: 'unset' | 'applying' | 'applied' | 'failed';
  readonly error: string;
}

/** Flattened health: the root is `''`, a component `pipeline/kafka`. */
export interface ComponentHealth {
  readonly path: string;
  readonly healthy: boolean;
  readonly status: string;
  readonly lastError: string;
  readonly sinceMs: number;
}

/** The durable part: changes rarely, is stored when it does, and is what a restarted server knows at once. */
export interface AgentRecord {
  /** UUIDv7, lower case. */
  readonly uid: string;
  /** Unique among agents that are not expired; what people type. The agent's own name, or its host's, made unique with `-2`. */
  readonly name: string;
  /** Of the enrolment token, of an operator, and what the agent says of itself; in this order of precedence. */
  readonly labels: Labels;
  readonly operatorLabels: Labels;
  readonly tokenLabels: Labels;
  readonly selfLabels?: Labels;
  readonly tokenId: string;
  /** Removed as soon as it expires: containers that come and go. */
  readonly ephemeral: boolean;
  readonly enrolledAtMs: number;
  /** Identifying and other attributes of the OpAMP description, as texts. */
  readonly identifying: Labels;
  readonly attributes: Labels;
  readonly capabilities: number;
  readonly liveness: Liveness;
  readonly policy?: Partial<LivenessPolicy>;
  /** What the agent was last told, at enrolment or by an offer that it applied. */
  readonly heartbeatIntervalMs?: number;
  /** Of the last connection settings that the agent answered for. */
  readonly connectionSettings?: ConfigStatus;
  readonly config: ConfigStatus;
  readonly healthy: boolean;
  /** scrypt of the secret with which a re-created container takes its identity over; undefined: nobody can. */
  readonly replaceProof?: string;
}

/** Two that present one identity at once: a virtual machine was cloned with its key. */
export interface Conflict {
  readonly sinceMs: number;
  readonly remotes: readonly string[];
  readonly sentence: string;
}

export interface ConnectionFacts {
  readonly transport: 'websocket' | 'http';
  /** Address and port of the peer. */
  readonly remote: string;
  /** Wall clock. */
  readonly sinceMs: number;
}

/** The part that lives in memory only. The object stays the same for an agent's whole life; its fields change. */
export interface AgentLive {
  readonly record: AgentRecord;
  /** Monotonic time of the last message; undefined since this server started. */
  readonly lastHeardMs?: number | undefined;
  readonly lastHeardWallMs?: number | undefined;
  readonly connection?: ConnectionFacts | undefined;
  readonly conflict?: Conflict | undefined;
  readonly health: readonly ComponentHealth[];
  /** Texts by name, secrets already redacted by the agent. */
  readonly effectiveConfig: Readonly<Record<string, string>>;
  /** The last host report (protocol/host-report.ts). Kept compressed and parsed at every access: ask once. */
  readonly hostReport?: unknown;
}
