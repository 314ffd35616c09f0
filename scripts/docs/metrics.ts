import { Registry } from 'prom-client';
import { connectionMetrics } from '../../src/agent/connection/metrics.ts';
import { healthMetrics } from '../../src/agent/health/metrics.ts';
import { hostMetrics } from '../../src/agent/host/metrics.ts';
import { journalMetrics } from '../../src/agent/journal/metrics.ts';
import { linksMetrics } from '../../src/agent/links/metrics.ts';
import { remoteMetrics } from '../../src/agent/remote/metrics.ts';
import { servicesMetrics } from '../../src/agent/services/metrics.ts';
import { processMetrics } from '../../src/observe/process-metrics.ts';
import { pipelineMetrics } from '../../src/pipeline/runtime/metrics.ts';
import { apiMetrics } from '../../src/server/api/metrics.ts';
import { caMetrics } from '../../src/server/ca/metrics.ts';
import { configurationsMetrics } from '../../src/server/configurations/metrics.ts';
import { discoveryMetrics } from '../../src/server/discovery/metrics.ts';
import { enrolmentMetrics } from '../../src/server/enrolment/metrics.ts';
import { fleetMetrics } from '../../src/server/fleet/metrics.ts';
import { livenessMetrics } from '../../src/server/liveness/metrics.ts';
import { opampMetrics } from '../../src/server/opamp/metrics.ts';
import { storeMetrics } from '../../src/server/store/metrics.ts';
import { code, generatedFrom, page, table } from './markdown.ts';

/** Figures are asked for at a scrape, and here nothing is scraped. */
const unasked = () => {
  throw new Error('no metric is collected for the reference page');
};
// Each of these is an object of such functions or getters; none is called.
// biome-ignore lint/suspicious/noExplicitAny: stands for the figures of any area
const figures: any = new Proxy({}, { get: () => unasked });

/** What prom-client keeps of a metric. */
interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

export function metricsPage(): string {
  const server = registered((registry) => {
    for (const define of [apiMetrics, configurationsMetrics, enrolmentMetrics, fleetMetrics, livenessMetrics, opampMetrics, storeMetrics])
      define(registry, figures);
    caMetrics(registry);
    discoveryMetrics(registry);
  });
  const agent = registered((registry) => {
    for (const define of [connectionMetrics, hostMetrics, journalMetrics, linksMetrics, remoteMetrics, servicesMetrics]) define(registry);
    healthMetrics(registry, unasked, unasked);
    pipelineMetrics(registry, unasked);
  });
  const both = registered((registry) => processMetrics(registry, '0')[Symbol.dispose]());
  return page(
    generatedFrom('the metrics.ts of each area'),
    '# Metrics',
    'In the text format of Prometheus, on `/metrics`: of the server on its health listener (127.0.0.1:8446), of an agent on 0.0.0.0:8080. The tests run `promtool check metrics` on both. Labels have few values; none holds the name of an agent.',
    '## Server',
    metricTable(server),
    '## Agent',
    metricTable(agent),
    '## Both',
    metricTable(both),
  );
}

function registered(define: (registry: Registry) => void): readonly Described[] {
  const registry = new Registry();
  define(registry);
  // `type` and `labelNames` are not in the library's types, and are what its own exposition reads.
  return (registry.getMetricsAsArray() as unknown as readonly Described[]).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function metricTable(metrics: readonly Described[]): string {
  return table(
    ['metric', 'type', 'labels', 'meaning'],
    metrics.map(({ name, type, labelNames, help }) => [code(name), type, labelNames.map(code).join(', '), help]),
  );
}
