/** The settings of a pipeline: one definition for the type, the check, the JSON Schema and the reference page. */
import * as z from 'zod';
import { condition } from './conditions/field.ts';
import { conflictsIn } from './conflicts.ts';
import { sinkSettings } from './sinks/settings.ts';
import { sourceSettings } from './sources/settings.ts';
import { transformSettings } from './transforms/index.ts';

/** Also a label of metrics, a component of the health tree and the name of a folder, so it is kept plain. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'letters, digits and _ . -, at most 63, beginning with a letter or digit');

const names = z
  .union([name, z.array(name).min(1).max(100)])
  .transform((written): readonly string[] => (typeof written === 'string' ? [written] : written));

const route = z.strictObject({
  from: names.describe('Sources.').meta({ examples: ['app', ['app', 'nginx']] }),
  when: condition()
    .optional()
    .describe('Only records for which this is true. Left out: all of them. It looks at logs; metrics take every route.')
    .meta({ examples: ['level == "error"', 'tag "http" and status >= 500'] }),
  otherwise: z
    .boolean()
    .prefault(false)
    .describe('Only records that no other route of their source takes.')
    .meta({ examples: [true] }),
  through: z
    .array(name)
    .max(100)
    .prefault([])
    .describe('Transforms, in this order.')
    .meta({ examples: [['no-debug', 'redact']] }),
  to: names.describe('Sinks; each gets every record.').meta({ examples: ['kafka', ['kafka', 'archive']] }),
});

export const pipelineSettings = z
  .strictObject({
    sources: z
      .record(name, sourceSettings)
      .prefault({})
      .describe('Where records come from, by name.')
      .meta({ examples: [{ app: { type: 'file', path: '/var/log/app/*.log', format: 'json' } }] }),
    transforms: z
      .record(name, transformSettings)
      .prefault({})
      .describe('What is done with them, by name.')
      .meta({ examples: [{ 'no-debug': { type: 'filter', drop: 'level == "debug"' } }] }),
    sinks: z
      .record(name, sinkSettings)
      .prefault({})
      .describe('Where they go, by name. Left out: an archive of files in the data folder.')
      .meta({ examples: [{ kafka: { type: 'kafka', brokers: ['kafka-prod-01:9092'], topic: 'raw-logs' } }] }),
    routes: z
      .array(route)
      .max(500)
      .optional()
      .describe(
        'Which way records go. Left out: from every source through every transform, in the order in which they are written, to every sink.',
      )
      .meta({ examples: [[{ from: 'app', through: ['no-debug'], to: 'kafka' }]] }),
  })
  .superRefine(({ sources, transforms, sinks, routes }, context) => {
    for (const { path, message } of conflictsIn({ sources, transforms, sinks, routes }))
      context.addIssue({ code: 'custom', path: [...path], message });
    for (const [index, one] of (routes ?? []).entries()) {
      const check = (kind: string, key: 'from' | 'through' | 'to', known: Readonly<Record<string, unknown>>) => {
        for (const used of one[key])
          if (!Object.hasOwn(known, used))
            context.addIssue({
              code: 'custom',
              path: ['routes', index, key],
              message: `there is no ${kind} "${used}"; ${listed(Object.keys(known), kind)}`,
            });
      };
      check('source', 'from', sources);
      check('transform', 'through', transforms);
      if (Object.keys(sinks).length > 0) check('sink', 'to', sinks);
      if (one.otherwise && one.when !== undefined)
        context.addIssue({ code: 'custom', path: ['routes', index, 'otherwise'], message: 'a route has "when" or "otherwise", not both' });
    }
    if (routes === undefined) return;
    for (const [kind, all, key] of [
      ['source', sources, 'from'],
      ['sink', sinks, 'to'],
      ['transform', transforms, 'through'],
    ] as const)
      for (const one of Object.keys(all))
        if (!routes.some((other) => other[key].includes(one)))
          context.addIssue({
            code: 'custom',
            path: [`${kind}s`, one],
            message: `no route names the ${kind} "${one}", so it would do nothing`,
          });
  })
  .prefault({})
  .describe('Logs and metrics: sources, transforms, sinks, and the routes between them.');

export type PipelineSettings = z.output<typeof pipelineSettings>;
export type RouteSettings = NonNullable<PipelineSettings['routes']>[number];
export type { SinkSettings } from './sinks/settings.ts';
export type { SourceSettings } from './sources/settings.ts';
export type { TransformSettings } from './transforms/index.ts';

function listed(known: readonly string[], kind: string): string {
  return known.length === 0 ? `no ${kind}s are defined` : `there are ${known.slice(0, 20).join(', ')}`;
}
