/** What the agent counts about its connection to the server. */
import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';

export const connectionMetrics = (registry: Registry) => {
  const registers = [registry];
  return {
    connected: new Gauge({ name: 'fairlead_agent_connected', help: 'Whether the agent is connected to a server.', registers }),
    connects: new Counter({ name: 'fairlead_agent_connects_total', help: 'Connections to a server that came about.', registers }),
    failures: new Counter({
      name: 'fairlead_agent_connect_failures_total',
      help: 'Attempts at a connection that failed, and connections that ended, by what was the matter.',
      labelNames: ['kind'] as const,
      registers,
    }),
    sent: new Counter({ name: 'fairlead_agent_messages_sent_total', help: 'OpAMP messages sent.', registers }),
    sentBytes: new Counter({ name: 'fairlead_agent_sent_bytes_total', help: 'Bytes of the OpAMP messages sent.', registers }),
    received: new Counter({ name: 'fairlead_agent_messages_received_total', help: 'OpAMP messages received.', registers }),
    receivedBytes: new Counter({ name: 'fairlead_agent_received_bytes_total', help: 'Bytes of the OpAMP messages received.', registers }),
    lastAnswer: new Gauge({
      name: 'fairlead_agent_last_answer_timestamp_seconds',
      help: 'When the server was heard last, as seconds since 1970.',
      registers,
    }),
    certificateEnds: new Gauge({
      name: 'fairlead_agent_certificate_end_timestamp_seconds',
      help: "When the agent's certificate ends, as seconds since 1970; 0 without one.",
      registers,
    }),
    renewals: new Counter({
      name: 'fairlead_agent_certificate_renewals_total',
      help: 'Attempts to renew the certificate, by outcome.',
      labelNames: ['outcome'] as const,
      registers,
    }),
  };
};

export type ConnectionMetrics = ReturnType<typeof connectionMetrics>;
