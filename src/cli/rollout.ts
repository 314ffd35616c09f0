/** `fairlead rollout` */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Action, Actions } from './actions.ts';
import { runAction, wholeNumber } from './actions.ts';
import type { Api } from './api.ts';
import type { Arguments, Command, CommandPage } from './command.ts';
import { contextGroup } from './context.ts';
import { type DryRun, dryRunText } from './dry-run.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';
import { parseStages } from './rollout-stages.ts';
import { hasEnded, historyText, listText, progressLine, type Rollout, rolloutText } from './rollout-text.ts';
import { allPages, apiFor, queryOf, show } from './serving.ts';

const page: CommandPage = {
  name: 'rollout',
  summary: 'bring a version out in stages, and go back when agents fail',
  usage: [
    'fairlead rollout [list]',
    'fairlead rollout start NAME --to VERSION --stages STAGES [--from VERSION] [gate options] [--dry-run] [--watch]',
    'fairlead rollout show ROLLOUT',
    'fairlead rollout watch ROLLOUT',
    'fairlead rollout pause | resume | promote ROLLOUT',
    'fairlead rollout abort ROLLOUT [--reason TEXT]',
  ],
  description: [
    'ROLLOUT is a number, or the name of a configuration: its newest rollout. STAGES are canary=SELECTOR (agents with these labels), N% or N (so many agents), with commas between them; the last one is 100% or all.',
    'A stage is passed when every agent of it that is not offline has applied the version and was healthy with it for the whole --min-healthy. More failures than the gate allows, and all agents go back to the version before, and the new one is quarantined: nobody gets it again until an operator clears it.',
    'pause takes no further stage by itself, and still goes back when agents fail; promote takes the next stage whatever the gate says; abort takes all agents back. The server does all of this by itself: nobody has to watch.',
  ],
  options: [
    {
      title: 'Options',
      options: [
        { name: 'to', placeholder: 'VERSION', description: 'the version to bring out' },
        { name: 'from', placeholder: 'VERSION', description: 'the version that agents have; the released one unless stated' },
        { name: 'stages', placeholder: 'STAGES', description: 'for example canary=env=canary,10%,50%,100%' },
        { name: 'min-healthy', placeholder: 'TIME', description: 'so long an agent has to be healthy with it; 1m unless stated' },
        { name: 'apply-timeout', placeholder: 'TIME', description: 'so long an agent may take to apply it, or be ill; 5m unless stated' },
        { name: 'max-failed', placeholder: 'N', description: 'more agents than these that refuse it: go back; 0 unless stated' },
        { name: 'max-unhealthy', placeholder: 'N', description: 'more agents than these that are ill with it: go back; 0 unless stated' },
        { name: 'dry-run', description: 'only tell who would get it in which stage' },
        { name: 'watch', description: 'start, and watch it to its end' },
        { name: 'reason', placeholder: 'TEXT', description: 'why it is aborted' },
      ],
    },
    contextGroup,
  ],
  examples: [
    { command: 'fairlead rollout start edge --to 4 --stages canary=env=canary,10%,50%,100% --watch', text: 'from a canary to all' },
    { command: 'fairlead rollout start edge --to 4 --stages 5,25%,all --min-healthy 10m --dry-run', text: 'who would be in which stage?' },
    { command: 'fairlead rollout abort edge --reason "wrong topic"', text: 'everybody back' },
  ],
  exitCodes: [
    { code: 0, meaning: 'done; of watch: the version is everywhere' },
    { code: 1, meaning: 'of watch: it was rolled back or aborted' },
    { code: 2, meaning: 'wrong usage, or the server refused' },
    { code: 3, meaning: 'the server does not answer; of watch: it was ended before the rollout' },
  ],
};

/** By its number, or the newest one of a configuration. */
async function find(api: Api, key: string): Promise<Rollout> {
  // The shapes that routes/rollout-shapes.ts defines.
  if (/^\d+$/.test(key)) return (await api.call('GET', path(key))) as Rollout;
  const answer = (await api.call('GET', `/v1/rollouts${queryOf({ configuration: key, limit: '1' })}`)) as {
    readonly rollouts: readonly Rollout[];
  };
  const [newest] = answer.rollouts;
  if (newest === undefined) throw usage(`no configuration "${key}" has a rollout`, 'fairlead rollout lists them');
  return newest;
}

const path = (id: string, rest = '') => `/v1/rollouts/${encodeURIComponent(id)}${rest}`;

function planFrom(configuration: string, args: Arguments) {
  const to = wholeNumber(args, 'to', 4);
  const stages = args.value('stages');
  if (to === undefined) throw usage('rollout start needs --to VERSION', `fairlead config versions ${configuration} lists them`);
  if (stages === undefined) throw usage('rollout start needs --stages STAGES', 'for example --stages canary=env=canary,10%,50%,100%');
  return {
    configuration,
    from: wholeNumber(args, 'from', 3),
    to,
    stages: parseStages(stages),
    gate: {
      minHealthy: args.value('min-healthy'),
      applyTimeout: args.value('apply-timeout'),
      maxFailed: wholeNumber(args, 'max-failed', 2),
      maxUnhealthy: wholeNumber(args, 'max-unhealthy', 2),
    },
  };
}

const steer = (what: 'pause' | 'resume' | 'promote' | 'abort'): Action => ({
  takes: ['ROLLOUT'],
  ...(what === 'abort' ? { options: ['reason'] } : {}),
  async run([key = ''], args, io) {
    const api = apiFor(args, io);
    const { id } = await find(api, key);
    const body = what === 'abort' ? { reason: args.value('reason') } : {};
    // The shape that routes/rollout-shapes.ts defines.
    return show((await api.call('POST', path(id, `/${what}`), body)) as Rollout, args, io, (rollout) => rolloutText(rollout, io));
  },
});

const actions: Actions = {
  list: {
    takes: [],
    async run(_rest, args, io) {
      const { entries } = await allPages<Rollout>(apiFor(args, io), '/v1/rollouts', 'rollouts');
      return show(entries, args, io, (all) => listText(all, io));
    },
  },
  start: {
    takes: ['NAME'],
    options: ['to', 'from', 'stages', 'min-healthy', 'apply-timeout', 'max-failed', 'max-unhealthy', 'dry-run', 'watch'],
    async run([configuration = ''], args, io) {
      const plan = planFrom(configuration, args);
      const api = apiFor(args, io);
      if (args.has('dry-run')) {
        // The shape that routes/assignments.ts defines.
        const thought = (await api.call('POST', '/v1/dry-run', { change: 'rollout', ...plan })) as DryRun;
        return show(thought, args, io, (answer) => dryRunText(answer, io));
      }
      // The shape that routes/rollout-shapes.ts defines.
      const started = (await api.call('POST', '/v1/rollouts', plan)) as Rollout;
      if (args.has('watch')) return watch(api, started.id, args, io);
      return show(started, args, io, (rollout) => `${rolloutText(rollout, io)}fairlead rollout watch ${rollout.id} shows how it goes on\n`);
    },
  },
  show: {
    takes: ['ROLLOUT'],
    async run([key = ''], args, io) {
      return show(await find(apiFor(args, io), key), args, io, (rollout) => `${rolloutText(rollout, io)}\n${historyText(rollout)}`);
    },
  },
  watch: {
    takes: ['ROLLOUT'],
    async run([key = ''], args, io) {
      const api = apiFor(args, io);
      return watch(api, (await find(api, key)).id, args, io);
    },
  },
  pause: steer('pause'),
  resume: steer('resume'),
  promote: steer('promote'),
  abort: steer('abort'),
};

const askEveryMs = 1_000;
/** So long may the server be away, in questions: it may be restarted meanwhile, and the rollout goes on. */
const patience = 60;

/** At a terminal a picture that is drawn anew; elsewhere a line for every change. Reads only: ending it ends nothing. */
async function watch(api: Api, id: string, args: Arguments, io: Io): Promise<number> {
  const { untilSignalled } = await import('./run-until.ts');
  using until = untilSignalled();
  const live = io.width !== undefined && !args.has('json');
  let drawn = 0;
  let said = '';
  for (let misses = 0; !until.signal.aborted; ) {
    let rollout: Rollout;
    try {
      rollout = await find(api, id);
      misses = 0;
    } catch (error) {
      misses += 1;
      if (misses >= patience || said === '') throw error;
      await sleep(askEveryMs, undefined, { signal: until.signal }).catch(() => {});
      continue;
    }
    const text = live ? rolloutText(rollout, io) : args.has('json') ? `${JSON.stringify(rollout)}\n` : progressLine(rollout).slice(8);
    if (live || text !== said) await io.print(live ? `${up(drawn)}${text}` : args.has('json') ? text : progressLine(rollout));
    said = text;
    drawn = rowsOf(text, io.width);
    if (hasEnded(rollout)) return rollout.state === 'completed' ? 0 : 1;
    await sleep(askEveryMs, undefined, { signal: until.signal }).catch(() => {});
  }
  await io.print(`the rollout goes on; fairlead rollout watch ${id} looks at it again\n`);
  return 3;
}

const up = (rows: number): string => (rows === 0 ? '' : `\u001b[${rows}A\u001b[J`);

/** Rows that a text takes at a terminal: lines that are too long take several. */
function rowsOf(text: string, width = 80): number {
  const lines = text
    .replaceAll(/\u001b\[[0-9;]*m/g, '')
    .split('\n')
    .slice(0, -1);
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil([...line].length / width)), 0);
}

export const rollout: Command = { page, run: (args, io) => runAction(page, actions, args, io) };
