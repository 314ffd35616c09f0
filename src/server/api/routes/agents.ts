/** Agents: who there is, how they are, and what an operator may do with one. */
import * as z from 'zod';
import { duration, labels } from '../../../config/fields.ts';
import { formatDuration } from '../../../core/duration.ts';
import type { Labels } from '../../../core/labels.ts';
import { labelKey, labelValue, matches, parseSelector } from '../../../core/labels.ts';
import type { OwnAuthority } from '../../ca/authority.ts';
import type { Configurations } from '../../configurations/configurations.ts';
import type { AgentLive } from '../../fleet/agent.ts';
import { livenessStates } from '../../fleet/agent.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { livenessPolicy, policyProblem } from '../../liveness/policy.ts';
import type { Route } from '../route.ts';
import { noContent, refusal, route } from '../route.ts';
import { agentKey, findAgent, isoTime, noAgent, page, time } from './shapes.ts';

const liveness = z.object({ state: z.enum(livenessStates), since: time, reason: z.string() });

/** Names are unique among agents that are not expired only. */
const cursorOf = ({ record }: AgentLive): string => `${record.name} ${record.uid}`;

const agent = z
  .object({
    uid: z.string(),
    name: z.string(),
    labels: z.record(z.string(), z.string()),
    liveness,
    lastHeard: time.optional().describe('of the last message; absent when it was not heard since the server started'),
    healthy: z.boolean(),
    config: z.object({
      name: z.string().optional().describe('the configuration that it is to run'),
      version: z.int().optional(),
      wanted: z.string().optional().describe('hash of what it is to run'),
      hash: z.string().describe('hash of what it says that it has'),
      status: z.enum(['unset', 'applying', 'applied', 'failed']),
      error: z.string(),
      because: z.string().optional(),
    }),
    connection: z.object({ transport: z.enum(['websocket', 'http']), remote: z.string(), since: time }).optional(),
    revoked: z.literal(true).optional().describe('its certificates are revoked: it needs a new token to come back'),
    ephemeral: z.boolean(),
    enrolled: time,
  })
  .meta({ id: 'Agent', description: 'an agent in a list' });

const agentDetail = agent
  .extend({
    operatorLabels: z.record(z.string(), z.string()).describe('those that operators set'),
    tokenLabels: z.record(z.string(), z.string()).describe('those of its enrolment token, which come first'),
    judged: z
      .object({ heartbeatInterval: z.string(), ttl: z.string(), expireAfter: z.string(), own: z.boolean() })
      .optional()
      .describe('how its silence is judged; `own`: by rules of its own'),
    conflict: z.string().optional().describe('two that present its identity at once'),
    identifying: z.record(z.string(), z.string()),
    attributes: z.record(z.string(), z.string()),
    health: z.array(z.object({ path: z.string(), healthy: z.boolean(), status: z.string(), lastError: z.string(), since: time })),
    effectiveConfig: z.record(z.string(), z.string()).describe('as the agent reports it, secrets redacted'),
    host: z.unknown().optional().describe('the last report of its host'),
  })
  .meta({ id: 'AgentDetail', description: 'everything about one agent' });

export interface AgentRouteParts {
  readonly fleet: Fleet;
  readonly authority: OwnAuthority;
  readonly configurations: Configurations;
  /** An agent as the configuration center sees it (fleet/facts.ts). */
  readonly facts: (live: AgentLive) => Parameters<Configurations['desired']>[0];
}

/** Labels of one agent that operators set: more than anybody selects by. */
const maxLabels = 64;

const labelChanges = z.record(z.string().regex(labelKey, 'is no label key'), z.string().regex(labelValue, 'is no label value').nullable());
const labelsText = (changes: Readonly<Record<string, string | null>>): string =>
  Object.entries(changes)
    .map(([key, value]) => (value === null ? `${key}-` : `${key}=${value}`))
    .join(',');

export function agentRoutes({ fleet, authority, configurations, facts }: AgentRouteParts): readonly Route[] {
  const find = (key: string) => findAgent(fleet, key);

  const brief = (live: AgentLive) => {
    const { record } = live;
    const desired = configurations.desired(facts(live));
    return {
      uid: record.uid,
      name: record.name,
      labels: record.labels,
      liveness: { state: record.liveness.state, since: isoTime(record.liveness.sinceMs), reason: record.liveness.reason },
      ...(live.lastHeardWallMs === undefined ? {} : { lastHeard: isoTime(live.lastHeardWallMs) }),
      healthy: record.healthy,
      config: {
        ...record.config,
        ...(desired === undefined
          ? {}
          : { name: desired.config.name, version: desired.config.version, wanted: desired.config.hash, because: desired.because }),
      },
      ...(live.connection === undefined
        ? {}
        : {
            connection: { transport: live.connection.transport, remote: live.connection.remote, since: isoTime(live.connection.sinceMs) },
          }),
      ...(authority.isRevoked(record.uid) ? { revoked: true as const } : {}),
      ephemeral: record.ephemeral,
      enrolled: isoTime(record.enrolledAtMs),
    };
  };

  const detail = (live: AgentLive) => {
    const { record, conflict, effectiveConfig, hostReport } = live;
    const judged = fleet.policy(record.uid);
    return {
      ...brief(live),
      operatorLabels: record.operatorLabels,
      tokenLabels: record.tokenLabels,
      ...(judged === undefined
        ? {}
        : {
            judged: {
              heartbeatInterval: formatDuration(judged.heartbeatIntervalMs),
              ttl: formatDuration(judged.ttlMs),
              expireAfter: formatDuration(judged.expireAfterMs),
              own: record.policy !== undefined,
            },
          }),
      ...(conflict === undefined ? {} : { conflict: conflict.sentence }),
      identifying: record.identifying,
      attributes: record.attributes,
      health: live.health.map(({ sinceMs, ...rest }) => ({ ...rest, since: isoTime(sinceMs) })),
      effectiveConfig,
      ...(hostReport === undefined ? {} : { host: hostReport }),
    };
  };

  const setLabels = async (key: string, change: (own: Labels) => Labels) => {
    const live = find(key);
    if (live === undefined) return noAgent(key);
    const wanted = change(live.record.operatorLabels);
    if (Object.keys(wanted).length > maxLabels)
      return refusal(422, 'labels', `${Object.keys(wanted).length} labels; ${maxLabels} are the most`, 'take some of them away');
    await fleet.setLabels(live.record.uid, wanted);
    return brief(fleet.get(live.record.uid) ?? live);
  };

  return [
    route(
      {
        method: 'GET',
        path: '/v1/agents',
        id: 'listAgents',
        tag: 'agents',
        summary: 'list agents',
        role: 'reader',
        query: z.strictObject({
          selector: z.string().optional().describe('label selector, for example env=prod,role!=canary'),
          state: z.enum(livenessStates).optional(),
          ...page,
        }),
        answer: z.object({
          agents: z.array(agent),
          total: z.int().describe('how many fit, on all pages'),
          next: z.string().optional().describe('value of `after` for the next page'),
          brake: z.string().optional().describe('why evictions are held, when they are'),
        }),
      },
      ({ query }) => {
        const selector = parseSelector(query.selector ?? '');
        if (!selector.ok) return refusal(400, 'selector', selector.problem, 'for example env=prod,role!=canary,region in (eu, us)');
        const fitting = [...fleet.all()]
          .filter(
            ({ record }) =>
              (query.state === undefined || record.liveness.state === query.state) && matches(selector.selector, record.labels),
          )
          .sort((a, b) => (cursorOf(a) < cursorOf(b) ? -1 : 1));
        const rest = query.after === undefined ? fitting : fitting.filter((live) => cursorOf(live) > (query.after ?? ''));
        const shown = rest.slice(0, query.limit);
        const last = shown.at(-1);
        const brake = fleet.brake();
        return {
          agents: shown.map(brief),
          total: fitting.length,
          ...(rest.length > shown.length && last !== undefined ? { next: cursorOf(last) } : {}),
          ...(brake === undefined ? {} : { brake: brake.sentence }),
        };
      },
    ),
    route(
      {
        method: 'GET',
        path: '/v1/agents/{agent}',
        id: 'getAgent',
        tag: 'agents',
        summary: 'everything about one agent',
        role: 'reader',
        params: agentKey,
        answer: agentDetail,
      },
      ({ params }) => {
        const live = find(params.agent);
        return live === undefined ? noAgent(params.agent) : detail(live);
      },
    ),
    route(
      {
        method: 'PUT',
        path: '/v1/agents/{agent}/labels',
        id: 'setAgentLabels',
        tag: 'agents',
        summary: "set all of the operators' labels of an agent; those of its token come before them, its own behind them",
        role: 'operator',
        params: agentKey,
        body: labels(),
        answer: agent,
        audit: 'agent.labels',
        auditTarget: ({ params, body }) => `${params.agent} ${labelsText(body)}`,
      },
      ({ params, body }) => setLabels(params.agent, () => body),
    ),
    route(
      {
        method: 'PATCH',
        path: '/v1/agents/{agent}/labels',
        id: 'changeAgentLabels',
        tag: 'agents',
        summary: "change some of the operators' labels of an agent; null takes one away",
        role: 'operator',
        params: agentKey,
        body: labelChanges,
        answer: agent,
        audit: 'agent.labels',
        auditTarget: ({ params, body }) => `${params.agent} ${labelsText(body)}`,
      },
      ({ params, body }) =>
        setLabels(params.agent, (own) =>
          Object.fromEntries(
            Object.entries({ ...own, ...body }).flatMap(([key, value]): [string, string][] => (value === null ? [] : [[key, value]])),
          ),
        ),
    ),
    route(
      {
        method: 'PUT',
        path: '/v1/agents/{agent}/liveness',
        id: 'setAgentLiveness',
        tag: 'agents',
        summary: 'judge the silence of one agent by its own rules; an empty body takes them back',
        role: 'operator',
        params: agentKey,
        body: z.strictObject({
          heartbeatInterval: duration({ minMs: 1_000, maxMs: 86_400_000 }).optional().describe('how often it is asked to be heard'),
          ttl: duration({ minMs: 2_000 }).optional().describe('silence after which it is offline; this or failThreshold'),
          failThreshold: z.int().min(1).max(1_000).optional().describe('the same as a number of missed heartbeats'),
          expireAfter: duration({ minMs: 60_000 }).optional().describe('offline for so long, it is expired'),
        }),
        answer: agentDetail,
        audit: 'agent.liveness',
      },
      async ({ params, body }) => {
        const live = find(params.agent);
        if (live === undefined) return noAgent(params.agent);
        const { uid } = live.record;
        if (body.ttl !== undefined && body.failThreshold !== undefined)
          return refusal(422, 'liveness', 'ttl and failThreshold are two spellings of the same', 'give one of them');
        const heartbeatIntervalMs = body.heartbeatInterval ?? fleet.policy(uid)?.heartbeatIntervalMs;
        const spelling = {
          ...(heartbeatIntervalMs === undefined ? {} : { heartbeatIntervalMs }),
          ...(body.ttl === undefined ? {} : { ttlMs: body.ttl }),
          ...(body.failThreshold === undefined ? {} : { failThreshold: body.failThreshold }),
          ...(body.expireAfter === undefined ? {} : { expireAfterMs: body.expireAfter }),
        };
        const problem = policyProblem(spelling);
        if (problem !== undefined) return refusal(422, 'liveness', problem, 'docs/liveness.md says how these depend on each other');
        const ttlMs = body.failThreshold === undefined ? body.ttl : livenessPolicy(spelling).ttlMs;
        const policy = {
          ...(body.heartbeatInterval === undefined ? {} : { heartbeatIntervalMs: body.heartbeatInterval }),
          ...(ttlMs === undefined ? {} : { ttlMs }),
          ...(body.expireAfter === undefined ? {} : { expireAfterMs: body.expireAfter }),
        };
        await fleet.setPolicy(uid, Object.keys(policy).length === 0 ? undefined : policy);
        return detail(fleet.get(uid) ?? live);
      },
    ),
    route(
      {
        method: 'POST',
        path: '/v1/agents/{agent}/revoke',
        id: 'revokeAgent',
        tag: 'agents',
        summary: 'revoke the certificates of an agent; its connection ends within a second',
        role: 'operator',
        params: agentKey,
        body: z.strictObject({ reason: z.string().max(500).default('revoked by an operator') }),
        answer: noContent,
        status: 204,
        audit: 'agent.revoke',
      },
      async ({ params, body }) => {
        const live = find(params.agent);
        if (live === undefined) return noAgent(params.agent);
        await authority.revoke(live.record.uid, body.reason);
        return undefined;
      },
    ),
    route(
      {
        method: 'DELETE',
        path: '/v1/agents/{agent}',
        id: 'removeAgent',
        tag: 'agents',
        summary: 'forget an agent and revoke its certificates; it can come back with a new token only',
        role: 'operator',
        params: agentKey,
        answer: noContent,
        status: 204,
        audit: 'agent.remove',
      },
      async ({ params, actor }) => {
        const live = find(params.agent);
        if (live === undefined) return noAgent(params.agent);
        await authority.revoke(live.record.uid, `removed by ${actor.name}`);
        await fleet.remove(live.record.uid, `removed by ${actor.name}`);
        return undefined;
      },
    ),
  ];
}
