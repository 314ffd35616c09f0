/** Versions that are brought out in stages. */
import * as z from 'zod';
import type { ConfigurationCenter } from '../../configurations/configurations.ts';
import type { Route } from '../route.ts';
import { refusal, route } from '../route.ts';
import { outcome } from './configuration-shapes.ts';
import { planBody, planOf, rollout, rolloutView } from './rollout-shapes.ts';
import { page } from './shapes.ts';

const one = z.object({ id: z.string().max(64).describe('number of the rollout') });
const noBody = z.strictObject({});

export function rolloutRoutes({ configurations }: { readonly configurations: ConfigurationCenter }): readonly Route[] {
  return [
    route(
      {
        method: 'GET',
        path: '/v1/rollouts',
        id: 'listRollouts',
        tag: 'rollouts',
        summary: 'list rollouts, the newest first',
        role: 'reader',
        query: z.strictObject({
          ...page,
          after: z
            .string()
            .regex(/^\d{1,15}$/)
            .optional()
            .describe('the `next` of the page before'),
          configuration: z.string().optional(),
        }),
        answer: z.object({ rollouts: z.array(rollout), next: z.string().optional() }),
      },
      ({ query }) => {
        const all = configurations
          .rollouts()
          .filter(({ id, configuration }) => Number(id) < Number(query.after ?? Number.POSITIVE_INFINITY) && fits(configuration));
        const shown = all.slice(0, query.limit);
        const next = all.length > shown.length ? shown.at(-1)?.id : undefined;
        return { rollouts: shown.map(rolloutView), ...(next === undefined ? {} : { next }) };

        function fits(configuration: string): boolean {
          return query.configuration === undefined || query.configuration === configuration;
        }
      },
    ),
    route(
      {
        method: 'POST',
        path: '/v1/rollouts',
        id: 'startRollout',
        tag: 'rollouts',
        summary: 'bring a version out in stages, each gated on the health of the agents that have it',
        description: 'POST /v1/dry-run says beforehand which agent would get it in which stage.',
        role: 'operator',
        body: planBody,
        status: 201,
        answer: rollout,
        audit: 'rollout.start',
        auditTarget: ({ body }, started) => `${started?.id ?? ''} ${body.configuration}@${body.to}`.trim(),
      },
      async ({ body, actor }) => outcome(await configurations.startRollout(planOf(body), actor.name), rolloutView),
    ),
    route(
      {
        method: 'GET',
        path: '/v1/rollouts/{id}',
        id: 'getRollout',
        tag: 'rollouts',
        summary: 'where a rollout stands',
        role: 'reader',
        params: one,
        answer: rollout,
      },
      ({ params }) => {
        const view = configurations.rollout(params.id);
        return view === undefined
          ? refusal(404, 'not-found', `there is no rollout ${params.id}`, 'fairlead rollout lists them')
          : rolloutView(view);
      },
    ),
    ...(['pause', 'resume', 'promote'] as const).map((what) =>
      route(
        {
          method: 'POST',
          path: `/v1/rollouts/{id}/${what}`,
          id: `${what}Rollout`,
          tag: 'rollouts',
          summary: steering[what],
          role: 'operator',
          params: one,
          body: noBody,
          answer: rollout,
          audit: `rollout.${what}`,
        },
        async ({ params, actor }) => outcome(await configurations[what](params.id, actor.name), rolloutView),
      ),
    ),
    route(
      {
        method: 'POST',
        path: '/v1/rollouts/{id}/abort',
        id: 'abortRollout',
        tag: 'rollouts',
        summary: 'all agents go back to the version before; the new one is not quarantined',
        role: 'operator',
        params: one,
        body: z.strictObject({ reason: z.string().max(500).default('') }),
        answer: rollout,
        audit: 'rollout.abort',
      },
      async ({ params, body, actor }) => outcome(await configurations.abort(params.id, actor.name, body.reason), rolloutView),
    ),
  ];
}

const steering = {
  pause: 'no further stage by itself; the roll-back stays armed',
  resume: 'go on by itself again',
  promote: 'the next stage now, whatever the gate says; from the last one: done',
} as const;
