/** The agent's own HTTP endpoints. */
import * as z from 'zod';
import { listenAddress } from '../../config/fields.ts';
import { lazily } from '../../config/lazily.ts';

export const healthSettings = lazily(() =>
  z
    .strictObject({
      enabled: z
        .boolean()
        .prefault(true)
        .describe('Whether /health and /metrics are served at all.')
        .meta({ examples: [false] }),
      listen: listenAddress()
        .prefault('0.0.0.0:8080')
        .describe('Address and port of /health, /health/live, /health/ready and /metrics.')
        .meta({ examples: ['127.0.0.1:8080'] }),
      readiness: z
        .strictObject({
          server: z
            .boolean()
            .prefault(false)
            .describe('Not ready while the server is away. Off: an agent works on its last good configuration without it.')
            .meta({ examples: [true] }),
          links: z
            .boolean()
            .prefault(false)
            .describe('Not ready while a watched link is down.')
            .meta({ examples: [true] }),
        })
        .prefault({})
        .describe('What /health/ready asks for beside running parts.'),
    })
    .prefault({})
    .describe('HTTP endpoints of the agent for probes and Prometheus.'),
);

export type HealthSettings = z.output<typeof healthSettings>;
