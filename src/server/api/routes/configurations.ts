/** Named configurations and their versions. */
import * as z from 'zod';
import type { ConfigurationCenter } from '../../configurations/configurations.ts';
import type { Route } from '../route.ts';
import { noContent, refusal, route } from '../route.ts';
import * as shapes from './configuration-shapes.ts';
import { outcome } from './configuration-shapes.ts';
import { isoTime, time } from './shapes.ts';

const one = z.object({ name: shapes.nameParam });
const number = z.coerce.number().int().min(1);
const noConfiguration = (name: string) => refusal(404, 'not-found', `there is no configuration "${name}"`, 'fairlead config lists them');

export function configurationRoutes({ configurations }: { readonly configurations: ConfigurationCenter }): readonly Route[] {
  /** What stands before and after a diff when nobody says: from what is released to the newest, or the last step. */
  const range = (name: string, from: number | undefined, to: number | undefined) => {
    const { latest = 1, released = 1 } = configurations.summary(name) ?? {};
    const end = to ?? latest;
    return { from: from ?? (released === end ? Math.max(1, end - 1) : released), to: end };
  };

  return [
    route(
      {
        method: 'GET',
        path: '/v1/configurations',
        id: 'listConfigurations',
        tag: 'configurations',
        summary: 'list configurations',
        role: 'reader',
        answer: z.object({ configurations: z.array(shapes.configuration) }),
      },
      () => ({ configurations: configurations.list().map(shapes.configurationView) }),
    ),
    route(
      {
        method: 'GET',
        path: '/v1/configurations/{name}',
        id: 'getConfiguration',
        tag: 'configurations',
        summary: 'a configuration and its versions, the newest first, without their contents',
        role: 'reader',
        params: one,
        answer: z.object({ configuration: shapes.configuration, versions: z.array(shapes.version) }),
      },
      ({ params }) => {
        const summary = configurations.summary(params.name);
        if (summary === undefined) return noConfiguration(params.name);
        return {
          configuration: shapes.configurationView(summary),
          versions: configurations.versions(params.name).map(shapes.versionView),
        };
      },
    ),
    route(
      {
        method: 'PUT',
        path: '/v1/configurations/{name}',
        id: 'putConfiguration',
        tag: 'configurations',
        summary: 'store a new version; the same content again is no new one',
        description:
          'Validated first: what is wrong comes back with file:line:column (422). Agents with an assignment to `latest` get it at once, unless `release` is false or a rollout is under way. POST /v1/dry-run says beforehand who that would be.',
        role: 'operator',
        params: one,
        body: z.strictObject(shapes.putFields),
        answer: z.object({ version: shapes.version, created: z.boolean().describe('false: the latest version has this content already') }),
        audit: 'configuration.put',
        auditTarget: ({ params }, done) => (done === undefined ? params.name : `${params.name}@${done.version.version}`),
      },
      async ({ params, body, actor }) =>
        outcome(await configurations.put({ name: params.name, ...defined(body) }, actor.name), ({ version, created }) => ({
          version: shapes.versionView(version),
          created,
        })),
    ),
    route(
      {
        method: 'DELETE',
        path: '/v1/configurations/{name}',
        id: 'deleteConfiguration',
        tag: 'configurations',
        summary: 'delete a configuration with all of its versions; refused while it is assigned',
        role: 'operator',
        params: one,
        status: 204,
        answer: noContent,
        audit: 'configuration.delete',
      },
      async ({ params, actor }) => outcome(await configurations.delete(params.name, actor.name), () => undefined),
    ),
    route(
      {
        method: 'GET',
        path: '/v1/configurations/{name}/versions/{version}',
        id: 'getConfigurationVersion',
        tag: 'configurations',
        summary: 'a version with its content',
        description: 'For operators, because people write secrets into configurations.',
        role: 'operator',
        params: z.object({
          name: shapes.nameParam,
          version: z.union([number, z.enum(['latest', 'released'])]).describe('a number, latest or released'),
        }),
        answer: z.object({
          name: z.string(),
          version: z.int(),
          hash: z.string(),
          files: z.array(z.object({ name: z.string(), contentType: z.string(), body: z.string() })),
          created: time,
          createdBy: z.string(),
          note: z.string(),
        }),
      },
      async ({ params }) => {
        const found = await configurations.get(params.name, params.version);
        if (found === undefined)
          return configurations.summary(params.name) === undefined
            ? noConfiguration(params.name)
            : refusal(
                404,
                'not-found',
                `there is no version ${params.version} of ${params.name}`,
                `fairlead config versions ${params.name}`,
              );
        const { createdAtMs, files, ...rest } = found;
        return { ...rest, files: files.map((file) => ({ ...file })), created: isoTime(createdAtMs) };
      },
    ),
    route(
      {
        method: 'GET',
        path: '/v1/configurations/{name}/diff',
        id: 'diffConfiguration',
        tag: 'configurations',
        summary: 'a unified diff of two versions',
        role: 'operator',
        params: one,
        query: z.strictObject({
          from: number.optional().describe('the released version when left out'),
          to: number.optional().describe('the latest version when left out'),
        }),
        answer: z.object({ from: z.int(), to: z.int(), diff: z.string().describe('empty when they are equal') }),
      },
      async ({ params, query }) => {
        const { from, to } = range(params.name, query.from, query.to);
        return outcome(await configurations.diff(params.name, from, to), (diff) => ({ from, to, diff }));
      },
    ),
    route(
      {
        method: 'POST',
        path: '/v1/configurations/{name}/release',
        id: 'releaseConfiguration',
        tag: 'configurations',
        summary: 'make a version, older ones too, the one that `latest` means, for all agents at once',
        role: 'operator',
        params: one,
        body: z.strictObject({ version: z.int().min(1) }),
        answer: shapes.configuration,
        audit: 'configuration.release',
        auditTarget: ({ params, body }) => `${params.name}@${body.version}`,
      },
      async ({ params, body, actor }) =>
        outcome(await configurations.release(params.name, body.version, actor.name), shapes.configurationView),
    ),
  ];
}

/** Zod gives `undefined` for what was left out; the center's types want it to be absent. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // The entries that are left have their own types without undefined, which is what the result says.
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
