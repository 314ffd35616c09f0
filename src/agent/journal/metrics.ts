/** What the outage journal counts. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Outages } from './fold.ts';

export const journalMetrics = (registry: Registry) => {
  const registers = [registry];
  const held = new Gauge({
    name: 'fairlead_agent_journal_outages',
    help: 'Outages in the journal, by whether they are still open and whether the server has them.',
    labelNames: ['state'] as const,
    registers,
  });
  const size = new Gauge({ name: 'fairlead_agent_journal_size_bytes', help: 'Size of the journal on disk.', registers });
  const dropped = new Counter({
    name: 'fairlead_agent_journal_dropped_total',
    help: 'Outages that were dropped before the server had them, because the journal was full.',
    registers,
  });
  const failures = new Counter({
    name: 'fairlead_agent_journal_write_failures_total',
    help: 'Writes to the journal that failed.',
    registers,
  });
  return {
    held({ byId }: Outages): void {
      const counts = { open: 0, undelivered: 0, delivered: 0 };
      for (const outage of byId.values())
        counts[outage.toMs === undefined ? 'open' : outage.deliveredRevision < outage.revision ? 'undelivered' : 'delivered'] += 1;
      for (const [state, count] of Object.entries(counts)) held.set({ state }, count);
    },
    size: (bytes: number): void => size.set(bytes),
    dropped: (count: number): void => dropped.inc(count),
    failed: (): void => failures.inc(),
  };
};

export type JournalMetrics = ReturnType<typeof journalMetrics>;
