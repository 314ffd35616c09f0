/** What the listener for agents counts. */
import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';

export interface OpampCounts {
  readonly sockets: () => number;
  readonly websockets: () => number;
  readonly handshakesWaiting: () => number;
  readonly handshakesRunning: () => number;
}

export const opampMetrics = (registry: Registry, counts: OpampCounts) => {
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge('fairlead_opamp_sockets', 'Open connections, those that only poll included.', counts.sockets);
  gauge('fairlead_opamp_websockets', 'Open WebSockets.', counts.websockets);
  gauge('fairlead_opamp_handshakes_waiting', 'Connections that wait for their turn to shake hands.', counts.handshakesWaiting);
  gauge('fairlead_opamp_handshakes_running', 'TLS handshakes under way.', counts.handshakesRunning);
  return {
    /** kind: full | heartbeat | report; transport: websocket | http. */
    messages: new Counter({
      name: 'fairlead_opamp_messages_total',
      help: 'Messages of agents.',
      labelNames: ['transport', 'kind'],
      registers,
    }),
    /** outcome: ok | bad-request | unavailable. */
    answers: new Counter({ name: 'fairlead_opamp_answers_total', help: 'Answers to agents.', labelNames: ['outcome'], registers }),
    /** reason: those of the authority, and what the listener itself refuses for. */
    refusals: new Counter({
      name: 'fairlead_opamp_refusals_total',
      help: 'Connections, requests and messages refused.',
      labelNames: ['reason'],
      registers,
    }),
    /** result: full | resumed | failed | dropped. */
    handshakes: new Counter({
      name: 'fairlead_opamp_handshakes_total',
      help: 'TLS handshakes, by how they ended.',
      labelNames: ['result'],
      registers,
    }),
    /** kind: config | heartbeat | certificate. */
    offers: new Counter({
      name: 'fairlead_opamp_offers_total',
      help: 'Offers sent to agents, in answers and pushed.',
      labelNames: ['kind'],
      registers,
    }),
    pushes: new Counter({ name: 'fairlead_opamp_pushes_total', help: 'Messages sent to agents that had not asked.', registers }),
    custom: new Counter({
      name: 'fairlead_opamp_custom_messages_total',
      help: 'Custom messages, by capability.',
      labelNames: ['capability'],
      registers,
    }),
    cuts: new Counter({
      name: 'fairlead_opamp_connections_cut_total',
      help: 'Open connections that the server ended, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    duration: new Histogram({
      name: 'fairlead_opamp_message_duration_seconds',
      help: 'From a whole message to its answer.',
      buckets: [0.0001, 0.001, 0.01, 0.1, 1],
      registers,
    }),
  };
};

export type OpampMetrics = ReturnType<typeof opampMetrics>;
