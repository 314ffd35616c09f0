/** Agents for tests: they take what is desired, as slowly and as badly as they are told, and report as OpAMP agents do. */
import type { Labels } from '../../core/labels.ts';
import type { LivenessState } from '../fleet/agent.ts';
import type { AgentFacts, Agents, Configurations } from './configurations.ts';

export interface SimulatedAgent {
  facts: AgentFacts;
  /** Hashes that it was told to run, in order. */
  readonly offered: string[];
}

/** What the agent does with a version: applies it and is well, refuses it, applies it and is ill, dies of it, or never finishes. */
export type Outcome = 'works' | 'fails' | 'ill' | 'dies' | 'hangs' | 'reverts';

export interface Fleet extends Agents {
  readonly agents: ReadonlyMap<string, SimulatedAgent>;
  add(uid: string, labels: Labels, liveness?: LivenessState): void;
  remove(uid: string): void;
  set(uid: string, change: Partial<AgentFacts>): void;
  /** Every online agent takes one step towards what it shall run; true when something moved. */
  step(center: Configurations, outcomeOf: (uid: string, hash: string) => Outcome): boolean;
}

export function simulatedFleet(): Fleet {
  const agents = new Map<string, SimulatedAgent>();
  const fleet: Fleet = {
    agents,
    get: (uid) => agents.get(uid)?.facts,
    *all() {
      for (const { facts } of agents.values()) yield facts;
    },
    add(uid, labels, liveness = 'online') {
      const config = { hash: '', status: 'unset', error: '' } as const;
      agents.set(uid, { facts: { uid, name: uid, labels, acceptsConfig: true, liveness, healthy: true, config }, offered: [] });
    },
    remove: (uid) => void agents.delete(uid),
    set(uid, change) {
      const agent = agents.get(uid);
      if (agent !== undefined) agent.facts = { ...agent.facts, ...change };
    },
    step(center, outcomeOf) {
      let moved = false;
      for (const [uid, agent] of agents) {
        const change = agent.facts.liveness === 'online' ? nextReport(agent, center, outcomeOf) : undefined;
        if (change === undefined) continue;
        moved = true;
        fleet.set(uid, change);
        center.observed(uid);
      }
      return moved;
    },
  };
  return fleet;
}

function nextReport(
  agent: SimulatedAgent,
  center: Configurations,
  outcomeOf: (uid: string, hash: string) => Outcome,
): Partial<AgentFacts> | undefined {
  const { uid, config } = agent.facts;
  const hash = center.desired(agent.facts)?.config.hash;
  const last = agent.offered.at(-1);
  if (config.status === 'applying') return result(config.hash, outcomeOf(uid, config.hash), agent.offered.at(-2) ?? '');
  if (hash === undefined || hash === config.hash) return undefined;
  if (hash !== last) agent.offered.push(hash);
  return { config: { hash, status: 'applying', error: '' } };
}

function result(hash: string, outcome: Outcome, before: string): Partial<AgentFacts> | undefined {
  switch (outcome) {
    case 'works':
      return { healthy: true, config: { hash, status: 'applied', error: '' } };
    case 'ill':
      return { healthy: false, config: { hash, status: 'applied', error: '' } };
    case 'fails':
      return { config: { hash, status: 'failed', error: 'cannot bind 192.0.2.1:4317' } };
    case 'dies':
      return { liveness: 'offline' };
    case 'reverts':
      return { healthy: true, config: { hash: before, status: 'applied', error: '' } };
    case 'hangs':
      return undefined;
    default:
      return outcome satisfies never;
  }
}
