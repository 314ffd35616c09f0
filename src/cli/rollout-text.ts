/** Rollouts as people read them. The shapes are those of the API's answers. */
import type { Io } from './io.ts';
import { type Stage, stageText } from './rollout-stages.ts';
import { ago, coloured, printable, shortTime, table } from './table.ts';

export interface Rollout {
  readonly id: string;
  readonly configuration: string;
  readonly from: number;
  readonly to: number;
  readonly stages: readonly Stage[];
  readonly gate: { readonly minHealthy: string; readonly applyTimeout: string; readonly maxFailed: number; readonly maxUnhealthy: number };
  readonly state: 'running' | 'paused' | 'completed' | 'rolled-back' | 'aborted';
  readonly stage: number;
  readonly started: string;
  readonly startedBy: string;
  readonly stageStarted: string;
  readonly ended?: string;
  readonly reason: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly history: readonly { readonly at: string; readonly actor: string; readonly what: string }[];
}

const colours: Readonly<Record<Rollout['state'], string>> = {
  running: '36',
  paused: '33',
  completed: '32',
  'rolled-back': '31',
  aborted: '33',
};

export const hasEnded = ({ state }: Rollout): boolean => state !== 'running' && state !== 'paused';

export function listText(all: readonly Rollout[], io: Io): string {
  if (all.length === 0) return 'no rollouts; fairlead rollout start NAME --to VERSION --stages STAGES starts one\n';
  const now = Date.now();
  return table(
    [
      { title: 'id', value: (one) => one.id, right: true },
      { title: 'configuration', value: (one) => one.configuration, flexible: true },
      { title: 'versions', value: (one) => `${one.from} → ${one.to}` },
      { title: 'state', value: (one) => one.state, colour: (one) => colours[one.state] },
      { title: 'stage', value: (one) => `${one.stage + 1}/${one.stages.length} ${stageText(one.stages[one.stage])}`, flexible: true },
      { title: 'started', value: (one) => ago(one.started, now), right: true },
      { title: 'by', value: (one) => one.startedBy, flexible: true },
      { title: 'reason', value: (one) => one.reason },
    ],
    all,
    io,
  );
}

/** `12 of 40 passed, 1 soaking, 1 pending` */
export function countsText(counts: Readonly<Record<string, number>>): string {
  const { passed = 0, offline = 0, ...others } = counts;
  const all = Object.values(others).reduce((sum, count) => sum + count, passed);
  const rest = Object.entries(others).flatMap(([name, count]) => (count === 0 ? [] : [`${count} ${name}`]));
  return [`${passed} of ${all} passed`, ...rest, ...(offline === 0 ? [] : [`${offline} offline (not waited for)`])].join(', ');
}

export function rolloutText(rollout: Rollout, io: Io): string {
  const { id, configuration, from, to, state, stages, stage, reason, counts, gate } = rollout;
  const ended = hasEnded(rollout);
  const lines = stages.map((one, at) => {
    const past = at < stage || state === 'completed';
    const mark = past ? '√' : at > stage ? ' ' : ended ? '×' : '▸';
    const detail = at === stage && !ended && counts !== undefined ? `  ${countsText(counts)}` : '';
    return (
      coloured(`  ${mark} ${at + 1} ${printable(stageText(one))}`, past ? '32' : at === stage && ended ? '31' : undefined, io) + detail
    );
  });
  const time = ended ? `ended ${shortTime(rollout.ended ?? '')}` : `in this stage for ${ago(rollout.stageStarted, Date.now())}`;
  return [
    `rollout ${id}: ${printable(configuration)} ${from} → ${to}, ${coloured(state, colours[state], io)}, ${time}`,
    ...lines,
    ...(reason === '' ? [] : [`  ${printable(reason)}`]),
    `  gate: healthy for ${gate.minHealthy}, applied within ${gate.applyTimeout}, at most ${gate.maxFailed} failed and ${gate.maxUnhealthy} unhealthy`,
    '',
  ].join('\n');
}

export function historyText({ history }: Rollout): string {
  return history.map(({ at, actor, what }) => `  ${shortTime(at)}  ${printable(actor)}: ${printable(what)}\n`).join('');
}

/** One line for a log: what there is to say has changed. */
export function progressLine({ state, stage, stages, counts, reason }: Rollout): string {
  const time = new Date().toISOString().slice(11, 19);
  const detail = counts === undefined ? '' : `: ${countsText(counts)}`;
  return `${time} ${state}, stage ${stage + 1}/${stages.length} ${printable(stageText(stages[stage]))}${detail}${reason === '' ? '' : `; ${printable(reason)}`}\n`;
}
