/** `fairlead config explain FILE`: which way records go, and where one has to be parsed. */
import { isMap, parseDocument } from 'yaml';
import { agentSettings, remoteAgentSettings } from '../agent/settings/index.ts';
import { wholePipeline } from '../agent/settings/pipeline.ts';
import { readSettings } from '../config/read.ts';
import { type PlannedRoute, planOf } from '../pipeline/runtime/plan.ts';
import { type PipelineSettings, pipelineSettings } from '../pipeline/settings.ts';
import type { Explanation } from '../pipeline/transforms/chain.ts';
import { explain } from '../pipeline/transforms/explain.ts';
import type { Arguments } from './command.ts';
import type { Io } from './io.ts';
import { problemLines, readSource } from './settings-file.ts';
import { coloured, table } from './table.ts';

interface ExplainedRoute {
  readonly from: readonly string[];
  readonly when?: string;
  readonly otherwise: boolean;
  readonly through: readonly Explanation[];
  readonly to: readonly string[];
}

export async function explainPipeline(path: string, args: Arguments, io: Io): Promise<number> {
  const source = await readSource(path);
  const keys = topLevelKeys(source.text);
  const bare = keys.length > 0 && keys.every((key) => Object.hasOwn(pipelineSettings.def.innerType.shape, key));
  // What a server may send has the same sections, and no server of its own.
  const schema = keys.includes('server') ? agentSettings : remoteAgentSettings;
  const read = bare ? readSettings(pipelineSettings, source) : readSettings(schema, source);
  if (!read.ok) {
    io.say(problemLines(read.problems));
    return 2;
  }
  const whole = pipelineIn(read.value, bare);
  const routes = whole === undefined ? [] : planOf(whole).routes.map((route) => explained(route, whole));
  await io.print(args.has('json') ? `${JSON.stringify({ routes }, undefined, 2)}\n` : text(whole, routes, io));
  return 0;
}

function topLevelKeys(written: string): readonly string[] {
  const { contents } = parseDocument(written);
  return isMap(contents) ? contents.items.map(({ key }) => String(key)) : [];
}

function pipelineIn(value: unknown, bare: boolean): PipelineSettings | undefined {
  // Parsed by one of the two definitions above; the sections of an agent may be left out.
  const sections = (bare ? { pipeline: value } : value) as Partial<Parameters<typeof wholePipeline>[0]>;
  const none = { sources: {}, transforms: {}, sinks: {}, routes: undefined };
  const { pipeline = none, log_sources = [], output } = sections;
  return wholePipeline({ pipeline, log_sources, ...(output === undefined ? {} : { output }) }, '(data folder)');
}

function explained({ from, when, otherwise, through, to }: PlannedRoute, { sources }: PipelineSettings): ExplainedRoute {
  const format = from.every((name) => isJson(sources[name])) ? 'json' : 'text';
  return {
    ...{ from, otherwise, to },
    ...(when === undefined ? {} : { when }),
    through: explain(through, format),
  };
}

/** Of sources whose records are objects without being told so. */
const isJson = (source: PipelineSettings['sources'][string] | undefined): boolean =>
  source !== undefined && (!('format' in source) || source.format === 'json');

const parsesText = { none: 'no record is parsed', some: 'some records are parsed', all: 'every record is parsed' } as const;

function text(whole: PipelineSettings | undefined, routes: readonly ExplainedRoute[], io: Io): string {
  if (whole === undefined) return 'nothing is collected: there are no sources\n';
  const kind = (settings: { readonly type: string } | undefined) => (settings === undefined ? '' : ` (${settings.type})`);
  return routes
    .map(({ from, when, otherwise, through, to }) => {
      const sources = from.map((name) => `${name}${kind(whole.sources[name])}`).join(', ');
      const sinks = to.map((name) => `${name}${kind(whole.sinks[name])}`).join(', ');
      const asks = otherwise ? '  what no other route takes\n' : when === undefined ? '' : `  when ${when}\n`;
      const steps = table<Explanation>(
        [
          { title: 'transform', value: ({ name }) => name },
          { title: 'type', value: ({ type }) => type },
          {
            title: 'cost',
            value: ({ parses }) => parsesText[parses],
            colour: ({ parses }) => (parses === 'none' ? '32' : parses === 'all' ? '33' : undefined),
          },
          { title: 'why', value: ({ why }) => why },
        ],
        through,
        { ...io, width: undefined },
      );
      const way = [sources, ...through.map(({ name }) => name), sinks].join(' → ');
      const body = through.length === 0 ? '  bytes go on as they are; no record is parsed\n' : steps.replaceAll(/^(?=.)/gm, '  ');
      return `${coloured(way, '1', io)}\n${asks}${body}`;
    })
    .join('\n');
}
