/** What the store counts. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface StoreFigures {
  readonly revision: () => number;
  readonly waiting: () => number;
  readonly watchers: () => number;
  readonly bytes: () => number;
}

export const storeMetrics = (registry: Registry, figures: StoreFigures) => {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge('fairlead_store_revision', 'Revision of the last commit.', figures.revision);
  gauge('fairlead_store_waiting_commits', 'Commits that wait for the disk.', figures.waiting);
  gauge('fairlead_store_watchers', 'Watches that are open.', figures.watchers);
  gauge('fairlead_store_database_bytes', 'Size of the database without its write-ahead log.', figures.bytes);
  return {
    commits: new Counter({
      name: 'fairlead_store_commits_total',
      help: 'Commits by their result: made, in conflict with a faster one, or failed.',
      labelNames: ['result'] as const,
      registers: [registry],
    }),
    durationSeconds: new Histogram({
      name: 'fairlead_store_commit_duration_seconds',
      help: 'Time from the call to the durable commit.',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    }),
    groupCommits: new Histogram({
      name: 'fairlead_store_group_commits',
      help: 'Commits that shared one sync of the disk.',
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000],
      registers: [registry],
    }),
  };
};
