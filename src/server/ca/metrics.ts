/** What the certificate authority counts. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export const caMetrics = (registry: Registry) => ({
  issued: new Counter({
    name: 'fairlead_ca_certificates_issued_total',
    help: 'Certificates signed, by whose they are.',
    labelNames: ['kind'],
    registers: [registry],
  }),
  refused: new Counter({
    name: 'fairlead_ca_signings_refused_total',
    help: 'Certificate requests refused, by reason.',
    labelNames: ['reason'],
    registers: [registry],
  }),
  signing: new Histogram({
    name: 'fairlead_ca_signing_seconds',
    help: 'Time from a certificate request to its certificate, waiting included.',
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  }),
  waiting: new Gauge({ name: 'fairlead_ca_signings_waiting', help: 'Certificate requests that wait to be signed.', registers: [registry] }),
  peersRefused: new Counter({
    name: 'fairlead_ca_peer_certificates_refused_total',
    help: 'Checks of a peer certificate that ended in a refusal, by reason.',
    labelNames: ['reason'],
    registers: [registry],
  }),
  revocations: new Gauge({
    name: 'fairlead_ca_revoked_agents',
    help: 'Agents whose certificates are revoked and could still be valid.',
    registers: [registry],
  }),
  rootEnds: new Gauge({
    name: 'fairlead_ca_root_not_after_timestamp_seconds',
    help: 'When the authority that signs ends.',
    registers: [registry],
  }),
  serverEnds: new Gauge({
    name: 'fairlead_ca_server_certificate_not_after_timestamp_seconds',
    help: 'When the certificate of our own listeners ends.',
    registers: [registry],
  }),
});
export type CaMetrics = ReturnType<typeof caMetrics>;
