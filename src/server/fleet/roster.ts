/** Who there is, in memory: agents by UID, names, and who wants to hear of changes. */
import type { Clock } from '../../core/clock.ts';
import type { Labels } from '../../core/labels.ts';
import type { Detector } from '../liveness/detector.ts';
import type { AgentRecord, LivenessPolicy } from './agent.ts';
import type { FleetChange } from './fleet.ts';
import { LiveAgent } from './live-agent.ts';
import { freeName } from './names.ts';

export type PolicyOf = (labels: Labels, own: Partial<LivenessPolicy> | undefined) => LivenessPolicy;

export interface Roster {
  readonly size: number;
  all(): Iterable<LiveAgent>;
  has(uid: string): boolean;
  /** Undefined also for one whose removal is being stored. */
  present(uid: string): LiveAgent | undefined;
  /** As it would be stored; undefined: not at all. */
  record(uid: string): AgentRecord | undefined;
  named(name: string): LiveAgent | undefined;
  /** The name itself, or with a number, so that no agent that is not expired has it. `by` may keep its own. */
  nameFor(suggested: string, by?: string): string;
  policy(record: AgentRecord): LivenessPolicy;
  admit(record: AgentRecord): void;
  /** Without a trace. */
  withdraw(uid: string): void;
  /** The agent came back from expiry: its old name, when nobody took it meanwhile. */
  takeNameBack(agent: LiveAgent): void;
  emit(change: FleetChange): void;
  onChange(listener: (change: FleetChange) => void): () => void;
}

export function createRoster(detector: Detector, clock: Clock, policyOf: PolicyOf): Roster {
  const agents = new Map<string, LiveAgent>();
  /** Who has a name now, or had it last: an expired agent keeps its entry until another one takes the name. */
  const names = new Map<string, string>();
  const listeners = new Set<(change: FleetChange) => void>();
  const policy = (record: AgentRecord) => policyOf(record.labels, record.policy);

  function taken(name: string, by: string | undefined): boolean {
    const holder = agents.get(names.get(name) ?? '');
    return holder !== undefined && holder.record.uid !== by && holder.record.liveness.state !== 'expired';
  }

  function present(uid: string): LiveAgent | undefined {
    const agent = agents.get(uid);
    return agent === undefined || agent.leaving ? undefined : agent;
  }

  return {
    get size() {
      return agents.size;
    },
    all: () => agents.values(),
    has: (uid) => agents.has(uid),
    present,
    record: (uid) => agents.get(uid)?.record,
    named: (name) => present(names.get(name) ?? ''),
    nameFor: (suggested, by) => freeName(suggested, (name) => taken(name, by)),
    policy,
    admit(record) {
      const { uid, name, liveness } = record;
      agents.set(uid, new LiveAgent(record));
      if (!taken(name, uid)) names.set(name, uid);
      detector.add(uid, policy(record), liveness.state, clock.monotonicMs(), Math.max(0, clock.now() - liveness.sinceMs));
    },
    withdraw(uid) {
      const name = agents.get(uid)?.record.name ?? '';
      agents.delete(uid);
      if (names.get(name) === uid) names.delete(name);
      detector.remove(uid);
    },
    takeNameBack(agent) {
      const { uid, name: before } = agent.record;
      const name = freeName(before, (one) => taken(one, uid));
      names.set(name, uid);
      if (name !== before) agent.record = { ...agent.record, name };
    },
    emit(change) {
      for (const listener of listeners) listener(change);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
