/** What the fleet counts. */
import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';
import type { LivenessState } from './agent.ts';
import { livenessStates } from './agent.ts';

export interface FleetCounts {
  readonly byState: () => Readonly<Record<LivenessState, number>>;
  readonly waiting: () => number;
  readonly braked: () => boolean;
  readonly conflicts: () => number;
}

export const fleetMetrics = (registry: Registry, counts: FleetCounts) => {
  const registers = [registry];
  const states = new Gauge({
    name: 'fairlead_fleet_agents',
    help: 'Agents by liveness.',
    labelNames: ['state'],
    registers,
    collect() {
      const byState = counts.byState();
      for (const state of livenessStates) this.set({ state }, byState[state]);
    },
  });
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge('fairlead_fleet_unwritten_records', 'Records that changed and are not stored yet.', counts.waiting);
  gauge('fairlead_fleet_brake_engaged', '1 while evictions are held because too many agents fell silent at once.', () =>
    counts.braked() ? 1 : 0,
  );
  gauge('fairlead_fleet_conflicts', 'Agents whose identity is presented by two at once.', counts.conflicts);
  return {
    states,
    transitions: new Counter({
      name: 'fairlead_fleet_transitions_total',
      help: 'Changes of liveness, by the new state.',
      labelNames: ['to'],
      registers,
    }),
    enrolments: new Counter({
      name: 'fairlead_fleet_enrolments_total',
      help: 'Agents that were recorded or took their record over.',
      registers,
    }),
    removals: new Counter({ name: 'fairlead_fleet_removals_total', help: 'Agents that were forgotten.', registers }),
  };
};

export type FleetMetrics = ReturnType<typeof fleetMetrics>;
