/** The short form of a pipeline: `log_sources` and one `output`, as people know it from other shippers. */
import * as z from 'zod';
import { labels } from '../../config/fields.ts';
import { lazily } from '../../config/lazily.ts';
import type { PipelineSettings } from '../../pipeline/settings.ts';
import { pipelineSettings } from '../../pipeline/settings.ts';
import { sinkSettings } from '../../pipeline/sinks/settings.ts';

/** What a line is: the first two travel as they are; `logfmt` and `regex` become JSON objects; `cri` and `docker` are containers' log files. */
export const logFormats = ['text', 'json', 'logfmt', 'regex', 'cri', 'docker'] as const;

const paths = () => z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const logSource = () =>
  z
    .strictObject({
      path: paths()
        .describe('Files to read: paths and globs (`*`, `**`, `?`, `[…]`, `{a,b}`).')
        .meta({ examples: ['/var/log/app/*.log', ['/var/log/syslog', '/var/log/nginx/*.log']] }),
      exclude: paths()
        .optional()
        .describe('Files that are left out.')
        .meta({ examples: ['/var/log/app/*.gz'] }),
      format: z
        .enum(logFormats)
        .prefault('text')
        .describe(
          'What a line is. text and json pass as they are; logfmt and regex are made into JSON objects; cri and docker are log files of containers, whose partial lines are joined.',
        )
        .meta({ examples: ['json'] }),
      pattern: z
        .string()
        .optional()
        .describe('For format regex: a regular expression whose named groups become fields.')
        .meta({ examples: ['^(?<client>\\S+) (?<method>[A-Z]+) (?<path>\\S+) (?<status>\\d+)$'] }),
      tags: z
        .array(z.string().min(1).max(200))
        .max(50)
        .prefault([])
        .describe('Tags of every record of these files.')
        .meta({ examples: [['frontend', 'http']] }),
      labels: labels()
        .prefault({})
        .describe('Labels of every record of these files.')
        .meta({ examples: [{ app: 'shop' }] }),
    })
    .superRefine(({ format, pattern }, context) => {
      if (format === 'regex' && pattern === undefined)
        context.addIssue({ code: 'custom', path: ['format'], message: 'format regex needs a pattern with named groups' });
      if (format !== 'regex' && pattern !== undefined)
        context.addIssue({ code: 'custom', path: ['pattern'], message: `pattern is for format regex, not ${format}` });
    });

export const logSourcesSettings = lazily(() =>
  z
    .array(logSource())
    .max(200)
    .prefault([])
    .describe('Log files to read, in the short form; `pipeline` is the whole one. They go to `output`.')
    .meta({ examples: [[{ path: '/var/log/app/*.log', format: 'json', tags: ['frontend', 'http'] }]] }),
);

export const outputSettings = lazily(() =>
  sinkSettings
    .optional()
    .describe('Where `log_sources` go: one sink. Left out: an archive of files in the data folder.')
    .meta({ examples: [{ type: 'kafka', brokers: ['kafka-prod-01:9092'], topic: 'raw-logs' }] }),
);

export type LogSourcesSettings = z.output<typeof logSourcesSettings>;
export type OutputSettings = z.output<typeof outputSettings>;

/** The short form in terms of the whole one. Names say where a component was written: `log_sources.0`. */
export function spelledOut(sources: LogSourcesSettings, output: NonNullable<OutputSettings>): PipelineSettings {
  const name = (index: number) => `log_sources.${index}`;
  const transforms = sources.flatMap(({ format, pattern }, index) => {
    if (format === 'logfmt') return [[name(index), { type: 'parse', format: 'logfmt' }]];
    return format === 'regex' ? [[name(index), { type: 'parse', format: 'regex', pattern }]] : [];
  });
  const written = {
    sources: Object.fromEntries(
      sources.map(({ path, exclude, format, tags, labels: own }, index) => {
        const common = { path, ...(exclude === undefined ? {} : { exclude }), tags, labels: own };
        if (format === 'cri' || format === 'docker') return [name(index), { type: 'container-logs', format, ...common }];
        return [name(index), { type: 'file', format: format === 'json' ? 'json' : 'text', ...common }];
      }),
    ),
    transforms: Object.fromEntries(transforms),
    routes: sources.map((_, index) => ({
      from: [name(index)],
      through: transforms.some(([step]) => step === name(index)) ? [name(index)] : [],
      to: ['output'],
    })),
  };
  // Sinks were parsed already: what a definition made of them is not what it reads.
  return { ...pipelineSettings.parse(written), sinks: { output } };
}
