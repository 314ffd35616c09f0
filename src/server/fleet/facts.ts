/** The fleet as the configuration center sees it. */
import type { AgentFacts, Agents } from '../configurations/configurations.ts';
import type { AgentLive } from './agent.ts';
import type { Fleet } from './fleet.ts';

/** Bit AcceptsRemoteConfig of the agent's OpAMP capabilities. */
const acceptsRemoteConfig = 0x2;

export function agentFacts({ record }: AgentLive): AgentFacts {
  return {
    uid: record.uid,
    name: record.name,
    labels: record.labels,
    acceptsConfig: (record.capabilities & acceptsRemoteConfig) !== 0,
    liveness: record.liveness.state,
    healthy: record.healthy,
    config: record.config,
  };
}

export function agentsOf(fleet: Pick<Fleet, 'get' | 'all'>): Agents {
  return {
    get(uid) {
      const agent = fleet.get(uid);
      return agent && agentFacts(agent);
    },
    *all() {
      for (const agent of fleet.all()) yield agentFacts(agent);
    },
  };
}
