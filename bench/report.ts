/** What was measured as a Markdown table, and the goals that it is held against. */
import { cpus, loadavg, release, totalmem } from 'node:os';
import type { Measured } from './measure.ts';

export interface Goal {
  readonly maxMs?: number;
  readonly minRatio?: number;
  readonly maxMiB?: number;
}

export interface Row {
  readonly task: string;
  readonly fairlead: Measured;
  readonly dclint?: Measured;
  readonly goal: Goal;
}

export function table(rows: readonly Row[]): string {
  return [
    '| task | fairlead | peak | dclint | peak | ratio | goal | met |',
    '|---|---:|---:|---:|---:|---:|---|---|',
    ...rows.map((row) => {
      const { fairlead, dclint } = row;
      const peer = dclint === undefined ? ['–', '–', '–'] : [time(dclint), memory(dclint), `${ratio(row)?.toFixed(1)} ×`];
      return `| ${[row.task, time(fairlead), memory(fairlead), ...peer, goalText(row.goal), misses(row).length === 0 ? 'yes' : `**no**: ${misses(row).join(', ')}`].join(' | ')} |`;
    }),
  ].join('\n');
}

const time = ({ medianMs, fastestMs, slowestMs }: Measured): string => `${round(medianMs)} ms (${round(fastestMs)}–${round(slowestMs)})`;
const memory = ({ peakMiB }: Measured): string => `${round(peakMiB)} MiB`;
const round = (value: number): string => (value < 10 ? value.toFixed(1) : String(Math.round(value)));

function ratio({ fairlead, dclint }: Row): number | undefined {
  return dclint === undefined ? undefined : dclint.medianMs / fairlead.medianMs;
}

function goalText({ maxMs, minRatio, maxMiB }: Goal): string {
  return [
    maxMs === undefined ? '' : `≤ ${maxMs} ms`,
    minRatio === undefined ? '' : `≥ ${minRatio} ×`,
    maxMiB === undefined ? '' : `≤ ${maxMiB} MiB`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** The goals that a row does not reach, each with the number that is missing. */
export function misses(row: Row): readonly string[] {
  const { maxMs = Number.POSITIVE_INFINITY, minRatio = 0, maxMiB = Number.POSITIVE_INFINITY } = row.goal;
  const times = ratio(row);
  return [
    ...(row.fairlead.medianMs > maxMs ? [`${round(row.fairlead.medianMs)} > ${maxMs} ms`] : []),
    ...(times !== undefined && times < minRatio ? [`${times.toFixed(1)} < ${minRatio} ×`] : []),
    ...(row.fairlead.peakMiB > maxMiB ? [`${round(row.fairlead.peakMiB)} > ${maxMiB} MiB`] : []),
  ];
}

/** The machine, as far as it decides the numbers; no names of hosts or folders. */
export function machine(): string {
  const processors = cpus();
  const model = (processors[0]?.model ?? 'unknown processor').replaceAll(/\s+/g, ' ').trim();
  return `${processors.length} cores of ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${/^\d+\.\d+/.exec(release())?.[0] ?? ''}, Node ${process.versions.node}`;
}

/** Numbers from a machine that had other work are no numbers: the page says so. Load is read before the first run. */
export function busyness(load: number = loadavg()[0] ?? 0, cores: number = cpus().length): string {
  return load <= cores / 2
    ? ''
    : `**The machine was busy** (load ${load.toFixed(1)} on ${cores} cores): times are too long and spread. Run it again on a quiet one.`;
}

const begin = (name: string) => `<!-- results: written by npm run bench -- ${name} -->`;
const end = '<!-- end of results -->';

/** The page with the part of this bench, between two marks, replaced. */
export function withResults(page: string, results: string, name: string): string {
  const from = page.indexOf(begin(name));
  const to = page.indexOf(end, from);
  if (from === -1 || to < from) throw new Error(`bench/README.md has lost its marks ${begin(name)} and ${end}`);
  return `${page.slice(0, from + begin(name).length)}\n${results}\n${page.slice(to)}`;
}
