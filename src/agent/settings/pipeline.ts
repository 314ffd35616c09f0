/** What the agent collects and where it sends it: the definitions of src/pipeline/, and the archive that stands in for a sink. */
import { join } from 'node:path';
import { everything } from '../../pipeline/runtime/plan.ts';
import type { PipelineSettings, SinkSettings } from '../../pipeline/settings.ts';
import { sinkSettings } from '../../pipeline/sinks/settings.ts';
import type { LogSourcesSettings, OutputSettings } from './log-sources.ts';
import { spelledOut } from './log-sources.ts';

export interface PipelineSections {
  readonly pipeline: PipelineSettings;
  readonly log_sources: LogSourcesSettings;
  readonly output?: OutputSettings;
}

/** The sections together; undefined when there is nothing to collect. */
export function wholePipeline(sections: PipelineSections, dataDir: string): PipelineSettings | undefined {
  const whole = joined(sections, dataDir);
  return whole === undefined ? undefined : { ...whole, sources: withoutArchive(whole.sources, dataDir) };
}

/** Whatever the patterns of a source cover: what it reads of its own archive it would write there again, until the disk is full. */
function withoutArchive(sources: PipelineSettings['sources'], dataDir: string): PipelineSettings['sources'] {
  const archive = join(dataDir, 'archive', '*');
  return Object.fromEntries(
    Object.entries(sources).map(([name, source]) => [
      name,
      source.type === 'file' ? { ...source, exclude: [...source.exclude, archive] } : source,
    ]),
  );
}

function joined({ pipeline, log_sources, output }: PipelineSections, dataDir: string): PipelineSettings | undefined {
  const parts: PipelineSettings[] = [];
  if (Object.keys(pipeline.sources).length > 0) parts.push(withArchive(pipeline, dataDir));
  if (log_sources.length > 0) parts.push(spelledOut(log_sources, output ?? archiveSink(dataDir)));
  const [first, second] = parts;
  if (first === undefined || second === undefined) return first;
  return {
    sources: { ...first.sources, ...second.sources },
    transforms: { ...first.transforms, ...second.transforms },
    sinks: { ...first.sinks, ...second.sinks },
    routes: [...(first.routes ?? [everything(first)]), ...(second.routes ?? [])],
  };
}

/** Where records go when nobody said where: nothing is lost, and `fairlead tail` and zstdcat show it. */
function archiveSink(dataDir: string): SinkSettings {
  return sinkSettings.parse({ type: 'file', path: join(dataDir, 'archive', '{source}.log') });
}

function withArchive(pipeline: PipelineSettings, dataDir: string): PipelineSettings {
  return Object.keys(pipeline.sinks).length > 0 ? pipeline : { ...pipeline, sinks: { archive: archiveSink(dataDir) } };
}
