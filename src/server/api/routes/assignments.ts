/** Which agents run which configuration, why, and what a change would do. */
import * as z from 'zod';
import type { ConfigurationCenter, DryRunChange } from '../../configurations/configurations.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { Route } from '../route.ts';
import { noContent, refusal, route } from '../route.ts';
import * as shapes from './configuration-shapes.ts';
import { outcome } from './configuration-shapes.ts';
import { defined } from './configurations.ts';
import { planBody, planOf } from './rollout-shapes.ts';
import { agentKey, findAgent, noAgent } from './shapes.ts';

const one = z.object({ name: z.string().max(256).describe('name of the assignment') });

const change = z.discriminatedUnion('change', [
  z.strictObject({ change: z.literal('put'), name: z.string(), ...shapes.putFields }).describe('a new version'),
  z.strictObject({ change: z.literal('release'), name: z.string(), version: z.int().min(1) }).describe('another version for all'),
  z
    .strictObject({ change: z.literal('assign'), name: z.string(), ...shapes.assignmentBody.shape })
    .describe('an assignment, new or changed'),
  z.strictObject({ change: z.literal('unassign'), name: z.string() }).describe('an assignment less'),
  z.strictObject({ change: z.literal('rollout'), ...planBody.shape }).describe('a rollout, to its last stage'),
]);

const dryRun = z
  .object({
    agents: z.array(
      z.object({
        uid: z.string(),
        name: z.string(),
        from: shapes.versionRef.optional(),
        to: shapes.versionRef.optional(),
        because: z.string(),
        offline: z.boolean().describe('gets it when it is back'),
        stage: z.int().optional().describe('of a rollout: index of the stage in which it gets the version'),
      }),
    ),
    unchanged: z.int(),
    diffs: z.array(z.object({ from: shapes.versionRef.optional(), to: shapes.versionRef.optional(), text: z.string() })),
  })
  .meta({ id: 'DryRun', description: 'which agents would get what, with the differences; nothing was stored' });

export interface AssignmentRouteParts {
  readonly configurations: ConfigurationCenter;
  readonly fleet: Fleet;
}

export function assignmentRoutes({ configurations, fleet }: AssignmentRouteParts): readonly Route[] {
  return [
    route(
      {
        method: 'GET',
        path: '/v1/assignments',
        id: 'listAssignments',
        tag: 'configurations',
        summary: 'list assignments in order of precedence',
        role: 'reader',
        answer: z.object({ assignments: z.array(shapes.assignment) }),
      },
      () => ({ assignments: configurations.assignments().map(shapes.assignmentView) }),
    ),
    route(
      {
        method: 'PUT',
        path: '/v1/assignments/{name}',
        id: 'putAssignment',
        tag: 'configurations',
        summary: 'give a configuration to the agents that a selector names',
        role: 'operator',
        params: one,
        body: shapes.assignmentBody,
        answer: shapes.assignment,
        audit: 'assignment.put',
        auditTarget: ({ params, body }) => `${params.name} ${body.configuration}@${body.version} to "${body.selector}"`,
      },
      async ({ params, body, actor }) =>
        outcome(await configurations.assign({ name: params.name, ...body }, actor.name), shapes.assignmentView),
    ),
    route(
      {
        method: 'DELETE',
        path: '/v1/assignments/{name}',
        id: 'deleteAssignment',
        tag: 'configurations',
        summary: 'delete an assignment; agents without another one keep what they have',
        role: 'operator',
        params: one,
        status: 204,
        answer: noContent,
        audit: 'assignment.delete',
      },
      async ({ params, actor }) => outcome(await configurations.unassign(params.name, actor.name), () => undefined),
    ),
    route(
      {
        method: 'POST',
        path: '/v1/dry-run',
        id: 'dryRun',
        tag: 'configurations',
        summary: 'what a change would do: which agents would get what, with the differences; nothing is stored',
        role: 'operator',
        body: change,
        answer: dryRun,
      },
      async ({ body }) =>
        outcome(await configurations.dryRun(changeOf(body)), ({ agents, unchanged, diffs }) => ({
          agents: [...agents],
          unchanged,
          diffs: [...diffs],
        })),
    ),
    route(
      {
        method: 'GET',
        path: '/v1/agents/{agent}/explanation',
        id: 'explainAgent',
        tag: 'configurations',
        summary: 'why an agent runs what it runs: every assignment that matches, and which one wins',
        role: 'reader',
        params: agentKey,
        answer: z
          .object({
            uid: z.string(),
            name: z.string(),
            matches: z.array(z.object({ assignment: shapes.assignment, requirements: z.int(), wins: z.boolean(), why: z.string() })),
            desired: shapes.versionRef.optional(),
            because: z.string(),
            rollout: z.object({ id: z.string(), stage: z.int(), member: z.boolean() }).optional(),
            reported: z.object({ hash: z.string(), status: z.enum(['unset', 'applying', 'applied', 'failed']), error: z.string() }),
            quarantined: z.array(shapes.quarantined),
          })
          .meta({ id: 'Explanation' }),
      },
      ({ params }) => {
        const live = findAgent(fleet, params.agent);
        const explained = live === undefined ? undefined : configurations.explain(live.record.uid);
        if (explained === undefined) return noAgent(params.agent);
        return {
          ...explained,
          matches: explained.matches.map((match) => ({ ...match, assignment: shapes.assignmentView(match.assignment) })),
          quarantined: explained.quarantined.map(shapes.quarantineView),
        };
      },
    ),
    route(
      {
        method: 'GET',
        path: '/v1/quarantine',
        id: 'listQuarantine',
        tag: 'configurations',
        summary: 'versions that are not given to agents, and why',
        role: 'reader',
        answer: z.object({ quarantine: z.array(shapes.quarantined) }),
      },
      () => ({ quarantine: configurations.quarantine().map(shapes.quarantineView) }),
    ),
    route(
      {
        method: 'DELETE',
        path: '/v1/quarantine/{hash}',
        id: 'clearQuarantine',
        tag: 'configurations',
        summary: 'take a version out of quarantine, for one agent or for the fleet: agents that should run it get it again',
        role: 'operator',
        params: z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits') }),
        query: z.strictObject({ agent: z.string().max(256).optional().describe('name or UID; for the fleet when left out') }),
        status: 204,
        answer: noContent,
        audit: 'quarantine.clear',
        auditTarget: ({ params, query }) => `${params.hash} ${query.agent ?? 'for the fleet'}`,
      },
      async ({ params, query, actor }) => {
        const live = query.agent === undefined ? undefined : findAgent(fleet, query.agent);
        if (query.agent !== undefined && live === undefined)
          return refusal(404, 'no-such-agent', `there is no agent "${query.agent}"`, 'fairlead agents lists them');
        return outcome(await configurations.clearQuarantine(params.hash, live?.record.uid, actor.name), () => undefined);
      },
    ),
  ];
}

function changeOf(body: z.output<typeof change>): DryRunChange {
  switch (body.change) {
    case 'put': {
      const { change: kind, ...request } = body;
      return { kind, request: defined(request) };
    }
    case 'assign': {
      const { change: kind, ...assignment } = body;
      return { kind, assignment };
    }
    case 'rollout':
      return { kind: 'rollout', plan: planOf(body) };
    case 'release':
      return { kind: 'release', name: body.name, version: body.version };
    case 'unassign':
      return { kind: 'unassign', name: body.name };
    default:
      return body satisfies never;
  }
}
