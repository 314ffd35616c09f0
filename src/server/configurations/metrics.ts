/** What the configuration center counts. */
import { Counter, Gauge, type Registry } from 'prom-client';

export const agentStates = ['current', 'pending', 'failed', 'unassigned'] as const;

export interface ConfigurationFigures {
  readonly configurations: () => number;
  readonly quarantined: () => number;
  readonly rollouts: () => Readonly<Record<'running' | 'paused', number>>;
  /** Looks at every agent: asked at a scrape only. */
  readonly agents: () => Readonly<Record<(typeof agentStates)[number], number>>;
}

export const configurationsMetrics = (registry: Registry, figures: ConfigurationFigures) => {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge('fairlead_configurations_known', 'Named configurations.', figures.configurations);
  gauge('fairlead_configurations_quarantined_hashes', 'Contents that no agent gets.', figures.quarantined);
  new Gauge({
    name: 'fairlead_configurations_rollouts',
    help: 'Rollouts under way by state.',
    labelNames: ['state'] as const,
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(figures.rollouts()))
        this.set({ state: state === 'paused' ? 'paused' : 'running' }, count);
    },
  });
  new Gauge({
    name: 'fairlead_configurations_agents',
    help: 'Agents by what they report of their desired version: current, pending, failed; or unassigned when they have none.',
    labelNames: ['state'] as const,
    registers: [registry],
    collect() {
      const counts = figures.agents();
      for (const state of agentStates) this.set({ state }, counts[state]);
    },
  });
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
  return {
    puts: counter('fairlead_configurations_puts_total', 'Versions handed in by outcome: stored, unchanged or refused.', ['outcome']),
    rolloutsEnded: counter('fairlead_configurations_rollouts_ended_total', 'Rollouts that ended, by how.', ['state']),
    agentFailures: counter('fairlead_configurations_agent_failures_total', 'Versions that an agent could not run.', []),
    storeFailures: counter('fairlead_configurations_store_failures_total', 'Decisions that could not be written at once.', []),
  };
};

export type ConfigurationsMetrics = ReturnType<typeof configurationsMetrics>;
