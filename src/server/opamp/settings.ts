/** Settings of the listener that agents speak to. */
import * as z from 'zod';
import { duration, listenAddress, size } from '../../config/fields.ts';

export const opampSettings = z.strictObject({
  listen: listenAddress()
    .prefault(':8443')
    .describe('where agents connect (OpAMP over WebSocket and HTTP, mutual TLS)')
    .meta({ examples: [':8443', '192.0.2.10:8443'] }),
  publicUrl: z
    .string()
    .regex(
      /^(wss|ws|https|http):\/\/[^\s/]+\/v1\/opamp$/,
      'write the whole endpoint, for example "wss://fairlead.example.org:8443/v1/opamp"',
    )
    .optional()
    .describe('the endpoint as agents reach it; offered with every change of their connection settings, none of which is made without it')
    .meta({ examples: ['wss://fairlead.example.org:8443/v1/opamp'] }),
  insecureWithoutTls: z
    .boolean()
    .default(false)
    .describe('speak plain HTTP and believe every agent its UID; only on a loopback address, for tests'),
  maxMessage: size()
    .prefault('4MiB')
    .describe('the largest message that is read or sent, after decompression')
    .meta({ examples: ['4MiB'] }),
  maxConnections: z.int().min(1).default(20_000).describe('connections beyond it are dropped before TLS'),
  handshakesPerSecond: z
    .int()
    .min(1)
    .default(500)
    .describe('TLS handshakes begun in a second; the others wait their turn, so that agents that are connected are heard meanwhile'),
  handshakesAtOnce: z.int().min(1).default(64).describe('TLS handshakes under way at the same time'),
  handshakeWait: duration({ minMs: 100, maxMs: 60_000 })
    .prefault('8s')
    .describe('how long a connection waits for its handshake before it is dropped')
    .meta({ examples: ['8s'] }),
  handshakeTimeout: duration({ minMs: 500, maxMs: 120_000 })
    .prefault('10s')
    .describe('how long a handshake may take')
    .meta({ examples: ['10s'] }),
  requestTimeout: duration({ minMs: 500, maxMs: 300_000 })
    .prefault('20s')
    .describe('how long a client may take to send one request')
    .meta({ examples: ['20s'] }),
  keepAlive: duration({ minMs: 1_000, maxMs: 600_000 })
    .prefault('75s')
    .describe('how long an idle HTTP connection is kept: longer than two polls, so that a poll needs no handshake')
    .meta({ examples: ['75s'] }),
  messagesPerSecond: z.int().min(1).default(10).describe('messages of one agent in a second; beyond it, it is told to come back later'),
  messageBurst: z.int().min(1).default(100).describe('messages that one agent may send at once'),
  drain: duration({ minMs: 0, maxMs: 60_000 })
    .prefault('5s')
    .describe('how long the listener says goodbye when the server stops')
    .meta({ examples: ['5s'] }),
});

export type OpampSettings = z.infer<typeof opampSettings>;
