/** What was measured as rows of the page, each with its goal. */
import type { Case } from './cases.ts';
import type { Run } from './race.ts';

export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly goal: string;
  /** Undefined: nothing was asked of it. */
  readonly met: boolean | undefined;
}

export interface Summary {
  readonly program: string;
  readonly linesPerCpuSecond: number;
  readonly slowest: number;
  readonly fastest: number;
  readonly linesPerSecond: number;
  readonly peakMiB: number;
}

export function summaryOf(runs: readonly Run[]): Summary {
  const perCpu = runs.map(({ lines, cpuSeconds }) => lines / cpuSeconds);
  return {
    program: runs[0]?.program ?? '',
    linesPerCpuSecond: median(perCpu),
    slowest: Math.min(...perCpu),
    fastest: Math.max(...perCpu),
    linesPerSecond: median(runs.map(({ lines, seconds }) => lines / seconds)),
    peakMiB: Math.max(...runs.map(({ peakMiB }) => peakMiB)),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
}

export const raceHead = ['| case | program | lines per CPU second | lines/s | peak | goal | met |', '|---|---|---:|---:|---:|---|---|'];

/** Resident memory at full rate. */
const peakGoalMiB = 160;

export function raceRows({ title, linesPerCpuSecond, peers }: Case, ours: Summary, theirs: readonly Summary[]): readonly string[] {
  const goals = [
    { text: `≥ ${millions(linesPerCpuSecond)}`, met: ours.linesPerCpuSecond >= linesPerCpuSecond },
    { text: `≤ ${peakGoalMiB} MiB`, met: ours.peakMiB <= peakGoalMiB },
  ];
  const row = (name: string, one: Summary, goal: string, met: string) =>
    `| ${[name, one.program, rate(one), millions(one.linesPerSecond), `${Math.round(one.peakMiB)} MiB`, goal, met].join(' | ')} |`;
  return [
    row(title, { ...ours, program: '**Fairlead**' }, goals.map(({ text }) => text).join(', '), yesNo(goals.every(({ met }) => met))),
    ...theirs.map((peer, index) => {
      const times = ours.linesPerCpuSecond / peer.linesPerCpuSecond;
      const wanted = peers[index]?.times ?? 0;
      return row('', peer, `≥ ${wanted} ×: ${times.toFixed(times < 10 ? 2 : 0)} ×`, yesNo(times >= wanted));
    }),
  ];
}

export const rowHead = ['| what | measured | goal | met |', '|---|---:|---|---|'];
export const rowText = ({ what, measured, goal, met }: Row): string =>
  `| ${what} | ${measured} | ${goal} | ${met === undefined ? '' : yesNo(met)} |`;

const yesNo = (met: boolean): string => (met ? 'yes' : '**no**');
const rate = ({ linesPerCpuSecond, slowest, fastest }: Summary): string =>
  `${millions(linesPerCpuSecond)} (${millions(slowest)}–${millions(fastest)})`;
export const millions = (value: number): string => (value >= 1e6 ? `${(value / 1e6).toFixed(2)} M` : `${Math.round(value / 1e3)} k`);
