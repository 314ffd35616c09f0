/** Readiness and components as figures, computed when they are asked for. */
import { Gauge, type Registry } from 'prom-client';
import type { Component } from './tree.ts';

export function healthMetrics(registry: Registry, ready: () => boolean, components: () => readonly Component[]): void {
  const registers = [registry];
  new Gauge({
    name: 'fairlead_agent_ready',
    help: 'Whether /health/ready says yes (1) or no (0).',
    registers,
    collect() {
      this.set(ready() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'fairlead_agent_components',
    help: 'Components of the health tree, by state.',
    labelNames: ['state'],
    registers,
    collect() {
      const all = components();
      const healthy = all.filter((one) => one.healthy).length;
      this.set({ state: 'healthy' }, healthy);
      this.set({ state: 'unhealthy' }, all.length - healthy);
    },
  });
}
