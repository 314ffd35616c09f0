/** What the watched links count. The label `link` is bounded by the settings: names that are not watched any more are taken out. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export const linksMetrics = (registry: Registry) => {
  const registers = [registry];
  const up = new Gauge({
    name: 'fairlead_agent_link_up',
    help: 'Whether the link is up (1) or down (0).',
    labelNames: ['link', 'plane'],
    registers,
  });
  const checks = new Counter({
    name: 'fairlead_agent_link_checks_total',
    help: 'Checks of links, by result.',
    labelNames: ['link', 'result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'fairlead_agent_link_check_duration_seconds',
    help: 'Time that checks took, name resolution included.',
    labelNames: ['result'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers,
  });
  const outages = new Counter({ name: 'fairlead_agent_link_outages_total', help: 'Outages that began.', labelNames: ['link'], registers });
  return {
    checked(link: string, ok: boolean, ms: number): void {
      const result = ok ? 'ok' : 'failed';
      checks.inc({ link, result });
      seconds.observe({ result }, ms / 1_000);
    },
    is(link: string, plane: string, isUp: boolean): void {
      up.set({ link, plane }, isUp ? 1 : 0);
    },
    outage: (link: string): void => outages.inc({ link }),
    forget(link: string): void {
      for (const plane of ['control', 'data']) up.remove({ link, plane });
      for (const result of ['ok', 'failed']) checks.remove({ link, result });
      outages.remove({ link });
    },
  };
};

export type LinksMetrics = ReturnType<typeof linksMetrics>;
