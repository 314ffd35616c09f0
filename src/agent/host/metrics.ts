/** What the host report counts. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export const hostMetrics = (registry: Registry) => {
  const registers = [registry];
  const seconds = new Histogram({
    name: 'fairlead_agent_host_look_duration_seconds',
    help: 'Time that a look at the host took.',
    buckets: [0.005, 0.02, 0.1, 0.5, 2],
    registers,
  });
  const gaps = new Gauge({ name: 'fairlead_agent_host_gaps', help: 'Things that the last look could not read.', registers });
  const reports = new Counter({ name: 'fairlead_agent_host_reports_total', help: 'Host reports that the server took.', registers });
  return {
    looked(ms: number, gapCount: number): void {
      seconds.observe(ms / 1_000);
      gaps.set(gapCount);
    },
    sent: (): void => reports.inc(),
  };
};

export type HostMetrics = ReturnType<typeof hostMetrics>;
