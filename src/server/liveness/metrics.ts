/** What the detector can tell beyond the states, which the fleet counts. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Detector } from './detector.ts';

export function livenessMetrics(registry: Registry, detector: Pick<Detector, 'silent' | 'unobservedMs'>): void {
  new Gauge({
    name: 'fairlead_liveness_silent_agents',
    help: 'Agents that are late by a heartbeat or more and not yet offline.',
    registers: [registry],
    collect() {
      this.set(detector.silent);
    },
  });
  new Counter({
    name: 'fairlead_liveness_unobserved_seconds_total',
    help: 'Time during which this server was held up or stopped, which counts as no silence of an agent.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(detector.unobservedMs / 1_000);
    },
  });
}
