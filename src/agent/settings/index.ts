/** The agent's settings: one definition for the type, the check, the JSON Schema and the reference page. */
import * as z from 'zod';
import { pipelineSettings } from '../../pipeline/settings.ts';
import { healthSettings } from './health.ts';
import { heartbeatSettings } from './heartbeat.ts';
import { hostSettings } from './host.ts';
import { identitySettings } from './identity.ts';
import { journalSettings } from './journal.ts';
import { linksSettings } from './links.ts';
import { logSettings } from './log.ts';
import { logSourcesSettings, outputSettings } from './log-sources.ts';
import { planesSettings } from './planes.ts';
import { remoteSettings } from './remote.ts';
import { type ServerSettings, serverSettings } from './server.ts';
import { servicesSettings } from './services.ts';

/** Without `server` the agent runs its pipeline alone. */
export const agentSettings = z
  .strictObject({
    server: serverSettings.optional(),
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
    pipeline: pipelineSettings,
    log_sources: logSourcesSettings,
    output: outputSettings,
  })
  .superRefine(({ server, pipeline, log_sources }, context) => {
    if (server !== undefined || log_sources.length > 0 || Object.keys(pipeline.sources).length > 0) return;
    context.addIssue({ code: 'custom', path: [], message: 'there is nothing to do: set server, or log_sources, or pipeline' });
  })
  .describe('The settings of `fairlead agent`.');

export type AgentSettings = z.output<typeof agentSettings>;

/** Those of an agent that belongs to a server. */
export type JoinedSettings = AgentSettings & { readonly server: ServerSettings };

export const isJoined = (settings: AgentSettings): settings is JoinedSettings => settings.server !== undefined;

/**
 * The sections that a configuration from the server may change. Never `server`, `identity`, `planes`, `remote`, `health` or `journal`: a
 * server that is taken over must not lead its agents away, make them speak on another network or open a port on their hosts.
 */
export const remoteSections = [
  'heartbeat',
  'links',
  'services',
  'host',
  'log',
  'pipeline',
  'log_sources',
  'output',
] as const satisfies readonly (keyof AgentSettings)[];

/** What a configuration from the server may hold. A section left out stays as the agent's own file has it. */
export const remoteAgentSettings = z
  .strictObject({
    heartbeat: agentSettings.shape.heartbeat.optional(),
    links: agentSettings.shape.links.optional(),
    services: agentSettings.shape.services.optional(),
    host: agentSettings.shape.host.optional(),
    log: agentSettings.shape.log.optional(),
    pipeline: agentSettings.shape.pipeline.optional(),
    log_sources: agentSettings.shape.log_sources.optional(),
    output: agentSettings.shape.output,
  } satisfies Record<(typeof remoteSections)[number], z.ZodType>)
  .describe('What the server may configure on an agent.');
