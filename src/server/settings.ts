/** The server's settings file: one definition for the type, the check, the JSON Schema and docs/reference/server-settings.md. */
import { hostname } from 'node:os';
import * as z from 'zod';
import { duration, listenAddress } from '../config/fields.ts';
import { parseSelector } from '../core/labels.ts';
import { levels } from '../observe/log.ts';
import { logFormats } from '../observe/log-writer.ts';
import { caSettings } from './ca/settings.ts';
import { enrolmentSettings } from './enrolment/settings.ts';
import { type PolicySpelling, policyProblem } from './liveness/policy.ts';
import { opampSettings } from './opamp/settings.ts';

const dnsDomain = z
  .string()
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+$/, 'is no domain: lower-case labels, and a dot at the end');

const selector = z
  .string()
  .refine((text) => parseSelector(text).ok, { message: 'is no label selector; for example env=prod,role!=canary' });

const silence = {
  heartbeatInterval: duration({ minMs: 1_000, maxMs: 86_400_000 })
    .optional()
    .describe('How often agents are asked to send a heartbeat.')
    .meta({ examples: ['30s'] }),
  ttl: duration({ minMs: 2_000 })
    .optional()
    .describe('Silence after which an agent is offline. With failThreshold as well, both must hold.')
    .meta({ examples: ['95s'] }),
  failThreshold: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe('The same as a number of missed heartbeats; 3 when neither is given.')
    .meta({ examples: [3] }),
  expireAfter: duration({ minMs: 60_000 })
    .optional()
    .describe('Offline for so long, an agent is expired; an ephemeral one is forgotten then.')
    .meta({ examples: ['7d'] }),
};

/** A policy that a person should not want is a mistake in the file. */
const sound = (
  written: Parameters<typeof livenessSpelling>[0],
  context: { addIssue(issue: { code: 'custom'; message: string }): void },
): void => {
  const problem = policyProblem(livenessSpelling(written));
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
};

export const serverSettings = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,126}$/)
    .optional()
    .describe('Name of this server in logs, in the catalog and in its certificate; the host name when left out.')
    .meta({ examples: ['fairlead-1'] }),
  dataDir: z
    .string()
    .min(1)
    .default('/var/lib/fairlead')
    .describe('Where the database and the first token are kept; made with mode 0700. --data overrides it.')
    .meta({ examples: ['/var/lib/fairlead'] }),
  agents: opampSettings.prefault({}).describe('The listener of agents.'),
  enrolment: enrolmentSettings
    .extend({
      listen: listenAddress()
        .prefault(':8444')
        .describe('Where agents join, and renew certificates that have expired.')
        .meta({ examples: [':8444'] }),
      publicUrl: z
        .url({ protocol: /^https$/ })
        .optional()
        .describe('Where agents reach it; made from the name of the server and the port when left out.')
        .meta({ examples: ['https://fairlead.example.org:8444'] }),
    })
    .prefault({})
    .describe('The listener of those who join.'),
  api: z
    .strictObject({
      listen: listenAddress()
        .prefault('127.0.0.1:8445')
        .describe("The operators' API, over HTTPS with the server's certificate.")
        .meta({ examples: ['127.0.0.1:8445'] }),
    })
    .prefault({})
    .describe("The operators' API."),
  discovery: z
    .strictObject({
      http: listenAddress()
        .prefault('127.0.0.1:8500')
        .describe("Consul's HTTP API and Prometheus http_sd, without TLS.")
        .meta({ examples: ['0.0.0.0:8500'] }),
      dns: listenAddress()
        .prefault('127.0.0.1:8600')
        .describe('DNS over UDP and TCP.')
        .meta({ examples: ['0.0.0.0:8600'] }),
      domain: dnsDomain
        .default('fairlead.')
        .describe('The zone that DNS answers.')
        .meta({ examples: ['fairlead.'] }),
      ttl: duration({ maxMs: 86_400_000 })
        .prefault('5s')
        .describe('TTL of DNS answers.')
        .meta({ examples: ['5s'] }),
      datacenter: z
        .string()
        .regex(/^[a-z0-9_-]{1,64}$/)
        .default('dc1')
        .describe('The datacenter that the Consul API names.')
        .meta({ examples: ['dc1'] }),
      anonymous: z
        .enum(['read', 'register', 'none'])
        .default('read')
        .describe('What a request without a token may do. A token with the role agent may register.')
        .meta({ examples: ['read'] }),
    })
    .prefault({})
    .describe('Service discovery.'),
  health: z
    .strictObject({
      listen: listenAddress()
        .prefault('127.0.0.1:8446')
        .describe('/health/live, /health/ready and /metrics, without TLS and token.')
        .meta({ examples: [':8446'] }),
    })
    .prefault({})
    .describe('Health and metrics of the server itself.'),
  liveness: z
    .strictObject({
      ...silence,
      groups: z
        .array(
          z
            .strictObject({ selector: selector.describe('Agents with these labels.').meta({ examples: ['site=edge'] }), ...silence })
            .superRefine(sound),
        )
        .max(100)
        .default([])
        .describe('Other rules for some agents. Every group that fits counts, in this order, setting by setting; what comes later wins.'),
      brake: z
        .strictObject({
          share: z
            .number()
            .gt(0)
            .max(1)
            .default(0.15)
            .describe('When more than this share of the fleet falls silent at once, evictions are held.')
            .meta({ examples: [0.15] }),
          atLeast: z
            .int()
            .min(1)
            .default(5)
            .describe('… and at least so many agents.')
            .meta({ examples: [5] }),
        })
        .prefault({})
        .describe('The brake for mass failures: then it is more likely the network of the server than the agents.'),
    })
    .superRefine(sound)
    .prefault({})
    .describe('How silence is judged.'),
  ca: caSettings.prefault({}).describe('The certificate authority.'),
  log: z
    .strictObject({
      level: z
        .enum(levels)
        .default('info')
        .describe('The least level that is written.')
        .meta({ examples: ['debug'] }),
      format: z
        .enum(logFormats)
        .optional()
        .describe('json, or text; text at a terminal and json elsewhere when left out.')
        .meta({ examples: ['json'] }),
    })
    .prefault({})
    .describe('The log, on standard error.'),
  traces: z
    .strictObject({
      endpoint: z
        .url({ protocol: /^https?$/ })
        .optional()
        .describe('Base URL of an OTLP/HTTP collector; OTEL_EXPORTER_OTLP_ENDPOINT when left out; no traces without either.')
        .meta({ examples: ['http://collector:4318'] }),
    })
    .prefault({})
    .describe('Traces.'),
});

export type ServerSettings = z.output<typeof serverSettings>;

export const serverName = ({ name }: ServerSettings): string => name ?? hostname();

/** What is written about silence, as the detector takes it. */
export function livenessSpelling(written: {
  readonly heartbeatInterval?: number | undefined;
  readonly ttl?: number | undefined;
  readonly failThreshold?: number | undefined;
  readonly expireAfter?: number | undefined;
}): PolicySpelling {
  return {
    ...(written.heartbeatInterval === undefined ? {} : { heartbeatIntervalMs: written.heartbeatInterval }),
    ...(written.ttl === undefined ? {} : { ttlMs: written.ttl }),
    ...(written.failThreshold === undefined ? {} : { failThreshold: written.failThreshold }),
    ...(written.expireAfter === undefined ? {} : { expireAfterMs: written.expireAfter }),
  };
}
