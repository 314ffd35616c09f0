/** What enrolment counts. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** `waiting` counts the requests that wait, when it is asked. */
export const enrolmentMetrics = (registry: Registry, waiting: () => Promise<number>) => ({
  requests: new Counter({
    name: 'fairlead_enrolment_requests_total',
    help: 'Requests to the enrolment listener by operation and outcome: issued, repeated, replaced, pending, or why they were refused.',
    labelNames: ['operation', 'outcome'],
    registers: [registry],
  }),
  duration: new Histogram({
    name: 'fairlead_enrolment_request_seconds',
    help: 'Time from a request to its answer.',
    buckets: [0.01, 0.05, 0.25, 1, 5],
    registers: [registry],
  }),
  dropped: new Counter({
    name: 'fairlead_enrolment_connections_dropped_total',
    help: 'Connections to the enrolment listener that were dropped before their TLS handshake, because there were too many.',
    registers: [registry],
  }),
  pending: new Gauge({
    name: 'fairlead_enrolment_pending_requests',
    help: 'Requests that wait for the approval of an operator.',
    registers: [registry],
    async collect() {
      // A store that does not answer must not keep the other metrics from being read.
      this.set(await waiting().catch(() => Number.NaN));
    },
  }),
});
export type EnrolmentMetrics = ReturnType<typeof enrolmentMetrics>;
