/** What the operators' API counts. Operations are a closed set: those of the OpenAPI document, and `none` for what has no route. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export const apiMetrics = (registry: Registry, listeners: () => number) => {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'fairlead_api_requests_total',
      help: 'Requests by operation and status class.',
      labelNames: ['operation', 'status'] as const,
      registers,
    }),
    durationSeconds: new Histogram({
      name: 'fairlead_api_request_duration_seconds',
      help: 'Time from a request to its answer; of a stream, to its beginning.',
      labelNames: ['operation'] as const,
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
      registers,
    }),
    listeners: new Gauge({
      name: 'fairlead_api_event_listeners',
      help: 'Clients that listen to changes.',
      registers,
      collect() {
        this.set(listeners());
      },
    }),
  };
};
