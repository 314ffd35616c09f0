/** What the discovery counts. */
import { Counter, Gauge, type Registry } from 'prom-client';

export const discoveryMetrics = (registry: Registry) => {
  const registers = [registry];
  return {
    nodes: new Gauge({ name: 'fairlead_discovery_nodes', help: 'Nodes in the catalog.', registers }),
    services: new Gauge({ name: 'fairlead_discovery_services', help: 'Service instances in the catalog.', registers }),
    watchers: new Gauge({ name: 'fairlead_discovery_watchers', help: 'Blocking queries that wait for a change.', registers }),
    transitions: new Counter({
      name: 'fairlead_discovery_check_transitions_total',
      help: 'Checks that changed their status, by the new one.',
      labelNames: ['status'] as const,
      registers,
    }),
    expiries: new Counter({ name: 'fairlead_discovery_ttl_expiries_total', help: 'TTL checks that were not renewed in time.', registers }),
    reaped: new Counter({
      name: 'fairlead_discovery_reaped_services_total',
      help: 'Services that were taken out because they stayed critical.',
      registers,
    }),
    storeFailures: new Counter({
      name: 'fairlead_discovery_store_failures_total',
      help: 'Changes of the catalog that could not be written and are tried again.',
      registers,
    }),
    requests: new Counter({
      name: 'fairlead_discovery_requests_total',
      help: 'HTTP requests by API and status class.',
      labelNames: ['api', 'status'] as const,
      registers,
    }),
    dnsQueries: new Counter({
      name: 'fairlead_discovery_dns_queries_total',
      help: 'DNS queries that were answered, by transport and response code.',
      labelNames: ['transport', 'rcode'] as const,
      registers,
    }),
    dnsDropped: new Counter({
      name: 'fairlead_discovery_dns_dropped_total',
      help: 'DNS packets and connections that got no full answer, by reason.',
      labelNames: ['reason'] as const,
      registers,
    }),
  };
};

export type DiscoveryMetrics = ReturnType<typeof discoveryMetrics>;
