/** `fairlead config` */
import { existsSync } from 'node:fs';
import type { Action, Actions } from './actions.ts';
import { doneExitCodes, runAction } from './actions.ts';
import type { Arguments, Command, CommandPage } from './command.ts';
import { type ConfigChange, configChanges, configPath, versionNumber, withPaths } from './config-changes.ts';
import * as text from './config-text.ts';
import { contextGroup } from './context.ts';
import { type DryRun, diffText, dryRunText, namedVersion } from './dry-run.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';
import { apiFor, queryOf, show } from './serving.ts';
import { printable } from './table.ts';

const page: CommandPage = {
  name: 'config',
  summary: 'what agents run: versions, who gets which, and why',
  usage: [
    'fairlead config [list]',
    'fairlead config show NAME[@VERSION]',
    'fairlead config put NAME FILE… [--note TEXT] [--kind KIND] [--expected N] [--hold] [--dry-run]',
    'fairlead config versions NAME',
    'fairlead config diff NAME[@VERSION] [@VERSION]',
    'fairlead config release NAME@VERSION [--dry-run]',
    'fairlead config delete NAME',
    'fairlead config assign NAME[@VERSION] (--selector SELECTOR | --all) [--priority N] [--name TEXT] [--dry-run]',
    'fairlead config unassign ASSIGNMENT [--dry-run]',
    'fairlead config assignments',
    'fairlead config explain (AGENT | FILE)',
    'fairlead config dry-run (put | release | assign | unassign) …',
    'fairlead config quarantine [clear HASH] [--agent AGENT]',
  ],
  description: [
    'A configuration has numbered versions that never change. put stores a new one after validating it; what is wrong comes with file:line:column, and nothing is stored. FILE is stored under its own name; KEY=FILE names it otherwise, =FILE leaves the name empty, - is standard input.',
    'assign gives a configuration to the agents that a selector names, under the name of an assignment (that of the configuration unless --name says another). Of several that match, the highest priority wins, then the one with the most requirements, then the first by name; explain shows it for one agent. With a settings file it tells which way records go in its pipeline, and which transforms have to parse them.',
    'Agents assigned to the latest version get a new one at once. --hold keeps it back, for fairlead rollout start to bring it out in stages, or for release to bring it out at once.',
    'dry-run, and --dry-run, tell which agents would get what, with the differences, and change nothing. Contents and diffs need the role operator, because people write secrets into configurations.',
  ],
  options: [
    {
      title: 'Options',
      options: [
        { name: 'dry-run', description: 'only tell what would change' },
        { name: 'note', placeholder: 'TEXT', description: 'why there is a new version' },
        { name: 'kind', placeholder: 'KIND', description: 'what validates it, of the first version; fairlead-agent unless stated' },
        { name: 'expected', placeholder: 'N', description: 'refuse when the latest version is another one; 0: there is none yet' },
        { name: 'hold', description: 'store it without giving it to agents' },
        { name: 'selector', short: 'l', placeholder: 'SELECTOR', description: 'labels: env=prod,role!=canary,region in (eu, us)' },
        { name: 'all', description: 'every agent' },
        { name: 'priority', placeholder: 'N', description: 'the highest one wins; 0 unless stated' },
        { name: 'name', placeholder: 'TEXT', description: 'name of the assignment' },
        { name: 'agent', short: 'a', placeholder: 'AGENT', description: 'clear the quarantine for this agent alone' },
      ],
    },
    contextGroup,
  ],
  examples: [
    { command: "fairlead config put edge agent.yaml --note 'read the nginx logs'", text: 'a new version' },
    { command: 'fairlead config assign edge --selector site=edge --priority 10 --dry-run', text: 'who would get it?' },
    { command: 'fairlead config diff edge@3 @4', text: 'what changed between two versions' },
    { command: 'fairlead config explain edge-7', text: 'why does it run what it runs?' },
    { command: 'fairlead config explain ./agent.yaml', text: 'what does its pipeline do with a record?' },
  ],
  exitCodes: doneExitCodes,
};

/** Carries a change out, or asks what it would do. */
async function carryOut(change: ConfigChange, args: Arguments, io: Io, done: (answer: unknown) => string): Promise<number> {
  const { method, path, body, paths = new Map<string, string>() } = change;
  try {
    const api = apiFor(args, io);
    if (!args.has('dry-run')) return await show((await api.call(method, path, body)) ?? { done: true }, args, io, done);
    // The shape that routes/assignments.ts defines.
    const thought = (await api.call('POST', '/v1/dry-run', change.dryRun)) as DryRun;
    return await show(thought, args, io, (answer) => dryRunText(answer, io));
  } catch (error) {
    throw withPaths(error, paths);
  }
}

const change = (
  word: keyof typeof configChanges,
  action: Omit<Action, 'run'>,
  done: (answer: unknown, rest: readonly string[]) => string,
): Action => ({
  ...action,
  options: [...(action.options ?? []), 'dry-run'],
  run: async (rest, args, io) => carryOut(await configChanges[word](rest, args, io), args, io, (answer) => done(answer, rest)),
});

const actions: Actions = {
  list: {
    takes: [],
    async run(_rest, args, io) {
      // The shape that routes/configurations.ts defines.
      const answer = (await apiFor(args, io).call('GET', '/v1/configurations')) as {
        readonly configurations: readonly text.Configuration[];
      };
      return show(answer.configurations, args, io, (all) => text.listText(all, io));
    },
  },
  show: {
    takes: ['NAME[@VERSION]'],
    async run([named = ''], args, io) {
      const { name, version = 'latest' } = namedVersion(named);
      const path = `${configPath(name)}/versions/${encodeURIComponent(version)}`;
      // The shape that routes/configurations.ts defines.
      return show((await apiFor(args, io).call('GET', path)) as text.VersionContent, args, io, text.contentText);
    },
  },
  put: change('put', { takes: ['NAME', 'FILE…'], options: ['note', 'kind', 'expected', 'hold'] }, text.putText),
  versions: {
    takes: ['NAME'],
    async run([name = ''], args, io) {
      // The shape that routes/configurations.ts defines.
      const answer = (await apiFor(args, io).call('GET', configPath(name))) as { readonly versions: readonly text.Version[] };
      return show(answer, args, io, ({ versions }) => text.versionsText(versions, io));
    },
  },
  diff: {
    takes: ['NAME[@VERSION]', '[@VERSION]'],
    async run([named = '', other], args, io) {
      const { name, version } = namedVersion(named);
      const number = (one: string | undefined) =>
        one === undefined ? undefined : String(versionNumber(one.replace(/^@/, ''), 'config diff NAME@VERSION @VERSION'));
      const query = queryOf({ from: number(version), to: number(other) });
      // The shape that routes/configurations.ts defines.
      const answer = (await apiFor(args, io).call('GET', `${configPath(name)}/diff${query}`)) as {
        readonly from: number;
        readonly to: number;
        readonly diff: string;
      };
      return show(answer, args, io, ({ from, to, diff }) =>
        diff === '' ? `${printable(name)}@${from} and ${printable(name)}@${to} are equal\n` : diffText(diff, io),
      );
    },
  },
  release: change('release', { takes: ['NAME@VERSION'] }, text.releaseText),
  delete: {
    takes: ['NAME'],
    async run([name = ''], args, io) {
      await apiFor(args, io).call('DELETE', configPath(name));
      return show({ deleted: name }, args, io, () => `${printable(name)} is deleted\n`);
    },
  },
  assign: change('assign', { takes: ['NAME[@VERSION]'], options: ['selector', 'all', 'priority', 'name'] }, text.assignText),
  unassign: change('unassign', { takes: ['ASSIGNMENT'] }, (_answer, [name = '']) => `assignment ${printable(name)} is deleted\n`),
  assignments: {
    takes: [],
    async run(_rest, args, io) {
      // The shape that routes/assignments.ts defines.
      const answer = (await apiFor(args, io).call('GET', '/v1/assignments')) as { readonly assignments: readonly text.Assignment[] };
      return show(answer.assignments, args, io, (all) => text.assignmentsText(all, io));
    },
  },
  explain: {
    takes: ['AGENT'],
    async run([agent = ''], args, io) {
      if (/[./]/.test(agent) && existsSync(agent)) return (await import('./pipeline-explain.ts')).explainPipeline(agent, args, io);
      // The shape that routes/assignments.ts defines.
      const answer = (await apiFor(args, io).call('GET', `/v1/agents/${encodeURIComponent(agent)}/explanation`)) as text.Explanation;
      return show(answer, args, io, (explained) => text.explainText(explained, io));
    },
  },
  'dry-run': {
    takes: ['CHANGE', 'WORD…'],
    options: ['dry-run', 'note', 'kind', 'expected', 'hold', 'selector', 'all', 'priority', 'name'],
    async run([word = '', ...rest], args, io) {
      const build = changeNamed(word);
      const thought: Arguments = { ...args, has: (name) => name === 'dry-run' || args.has(name) };
      return carryOut(await build(rest, args, io), thought, io, () => '');
    },
  },
  quarantine: {
    takes: ['[clear]', '[HASH]'],
    options: ['agent'],
    async run([word, hash], args, io) {
      const api = apiFor(args, io);
      if (word === undefined) {
        // The shape that routes/assignments.ts defines.
        const answer = (await api.call('GET', '/v1/quarantine')) as { readonly quarantine: readonly text.Quarantined[] };
        return show(answer.quarantine, args, io, (all) => text.quarantineText(all, io));
      }
      if (word !== 'clear' || hash === undefined)
        throw usage(
          word === 'clear' ? 'config quarantine clear needs HASH' : `config quarantine has no "${word}"`,
          'write fairlead config quarantine clear HASH',
        );
      await api.call('DELETE', `/v1/quarantine/${encodeURIComponent(hash)}${queryOf({ agent: args.value('agent') })}`);
      const whom = args.value('agent') ?? 'the fleet';
      return show({ cleared: hash }, args, io, () => `${printable(hash)} is out of quarantine for ${printable(whom)}\n`);
    },
  },
};

function changeNamed(word: string) {
  const found = Object.entries(configChanges).find(([name]) => name === word)?.[1];
  if (found !== undefined) return found;
  throw usage(
    `config dry-run knows no "${word}"`,
    `write one of ${Object.keys(configChanges).join(', ')}; of a rollout: fairlead rollout start … --dry-run`,
  );
}

export const config: Command = { page, run: (args, io) => runAction(page, actions, args, io) };
