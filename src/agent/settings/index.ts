/** The agent's settings: one definition for the type, the check, the JSON Schema and the reference page. */
import { z } from 'zod';
import { healthSettings } from './health.ts';
import { heartbeatSettings } from './heartbeat.ts';
import { hostSettings } from './host.ts';
import { identitySettings } from './identity.ts';
import { journalSettings } from './journal.ts';
import { linksSettings } from './links.ts';
import { logSettings } from './log.ts';
import { planesSettings } from './planes.ts';
import { remoteSettings } from './remote.ts';
import { serverSettings } from './server.ts';
import { servicesSettings } from './services.ts';

/** `server` alone has no default: an agent without a server is nothing. */
export const agentSettings = z
  .strictObject({
    server: serverSettings,
    identity: identitySettings,
    planes: planesSettings,
    heartbeat: heartbeatSettings,
    links: linksSettings,
    services: servicesSettings,
    host: hostSettings,
    journal: journalSettings,
    health: healthSettings,
    remote: remoteSettings,
    log: logSettings,
  })
  .describe('The settings of `fairlead agent`.');

export type AgentSettings = z.output<typeof agentSettings>;

/**
 * The sections that a configuration from the server may change. Never `server`, `identity`, `planes`, `remote`, `health` or `journal`: a
 * server that is taken over must not lead its agents away, make them speak on another network or open a port on their hosts.
 */
export const remoteSections = ['heartbeat', 'links', 'services', 'host', 'log'] as const satisfies readonly (keyof AgentSettings)[];

/** What a configuration from the server may hold. A section left out stays as the agent's own file has it. */
export const remoteAgentSettings = z
  .strictObject({
    heartbeat: agentSettings.shape.heartbeat.optional(),
    links: agentSettings.shape.links.optional(),
    services: agentSettings.shape.services.optional(),
    host: agentSettings.shape.host.optional(),
    log: agentSettings.shape.log.optional(),
  } satisfies Record<(typeof remoteSections)[number], z.ZodType>)
  .describe('What the server may configure on an agent.');
