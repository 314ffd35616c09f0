/** `fairlead reach` */
import { problemJson, SCHEMA_VERSION, verdictJson } from '../doctor/as-json.ts';
import type { Asked } from '../doctor/ask.ts';
import { parseAsk } from '../doctor/ask.ts';
import type { Verdict } from '../network/answer.ts';
import type { Model } from '../network/model.ts';
import { createReach } from '../reach/index.ts';
import { readAll } from '../readers/index.ts';
import type { Arguments, Command, CommandPage } from './command.ts';
import { prepare } from './input.ts';
import { inputGroups } from './input-options.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';
import { unreadable } from './remarks.ts';
import { startStages } from './stages.ts';

const page: CommandPage = {
  name: 'reach',
  summary: 'answer one question step by step, or all pairs with --all',
  usage: ['fairlead reach [options] FROM TO[:PORT] [paths…]', 'fairlead reach --all [options] [paths…]'],
  description: [
    'FROM is a service, a container, host (a process on the Docker host), remote (another machine), or routed (another machine that has a route to the containers).',
    'TO is what FROM dials: a name, an address, a URL, or host for the address of the Docker host; /udp behind the port for UDP. Without a port, every port that TO is known to offer is asked. Asked from the host or from outside, a published port is dialled through the host.',
    'With --all, every workload, the host and another machine are asked for every port that anybody offers; equal containers are answered together.',
  ],
  options: [
    {
      title: 'Output',
      options: [
        { name: 'all', description: 'all pairs' },
        { name: 'summary', description: 'with --all: only how many pairs have which verdict' },
        { name: 'format', placeholder: 'FORMAT', description: 'text or json; text unless stated' },
      ],
    },
    ...inputGroups,
  ],
  examples: [
    { command: 'fairlead reach agent prometheus:9090', text: 'does the agent reach prometheus on 9090?' },
    {
      command: 'fairlead reach agent http://host.docker.internal:9090 --host-firewall drop',
      text: 'with a host whose firewall drops what comes from containers',
    },
    { command: 'fairlead reach remote grafana:3000', text: 'can another machine see Grafana?' },
    { command: 'fairlead reach --all --format json', text: 'the whole matrix, for a program' },
  ],
  exitCodes: [
    { code: 0, meaning: 'reachable (all that was asked)' },
    { code: 1, meaning: 'unreachable, or not surely reachable: ambiguous and undetermined count as no' },
    { code: 2, meaning: 'wrong usage, an unknown name, or an input that cannot be read' },
    { code: 3, meaning: 'could not finish' },
  ],
};

async function run(args: Arguments, io: Io): Promise<number> {
  const format = formatOf(args);
  const [from, to, ...paths] = args.has('all') ? ['', '', ...args.positionals] : args.positionals;
  if (from === undefined || to === undefined)
    throw usage('reach needs FROM and TO', 'write fairlead reach FROM TO:PORT, or fairlead reach --all');
  const stages = startStages(args, io);
  const prepared = await prepare(args, paths, io, stages);
  stages.enter('reading');
  const model = readAll(prepared.files, prepared.read);
  const problems = [...prepared.problems, ...model.problems];
  stages.enter('asking');
  const broken = unreadable(problems, io);
  if (args.has('all')) return Math.max(broken, await printAll(model, args, format, io));
  const answers = answerAll(model, parseAsk(model, from, to));
  stages.done();
  if (format === 'json') await io.print(json(answers, problems.map(problemJson)));
  else await printText(answers, io);
  const reachable = answers.every(({ verdict }) => verdict.kind === 'reachable');
  return Math.max(broken, reachable ? 0 : 1);
}

export function formatOf(args: Arguments): 'text' | 'json' {
  const format = args.value('format') ?? 'text';
  if (format === 'text' || format === 'json') return format;
  throw usage(`--format: "${format}" is not one of text, json`, 'sarif and markdown are formats of fairlead check');
}

interface Answer extends Asked {
  readonly verdict: Verdict;
}

function answerAll(model: Model, asked: readonly Asked[]): readonly Answer[] {
  const reach = createReach(model);
  return asked.map((one) => ({ ...one, verdict: reach.ask(one.question) }));
}

function json(answers: readonly Answer[], problems: readonly unknown[]): string {
  const value = {
    schemaVersion: SCHEMA_VERSION,
    answers: answers.map(({ words, verdict }) => ({ asked: words, ...verdictJson(verdict) })),
    problems,
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

async function printText(answers: readonly Answer[], io: Io): Promise<void> {
  const [{ verdictText }, { styleFor }] = await Promise.all([
    import('../doctor/report/text/verdict.ts'),
    import('../doctor/report/text/style.ts'),
  ]);
  const style = styleFor(io);
  await io.print(`${answers.map(({ words, verdict }) => verdictText(words, verdict, style)).join('\n\n')}\n`);
}

async function printAll(model: Model, args: Arguments, format: 'text' | 'json', io: Io): Promise<number> {
  const { askAll } = await import('../doctor/matrix.ts');
  const all = askAll(model);
  if (format === 'json') {
    const { allPairsJson } = await import('../doctor/answers-json.ts');
    await io.print(`${JSON.stringify(allPairsJson(all), undefined, 2)}\n`);
  } else {
    const [{ matrixText }, { styleFor }] = await Promise.all([
      import('../doctor/report/text/matrix.ts'),
      import('../doctor/report/text/style.ts'),
    ]);
    await io.print(matrixText(all, styleFor(io), args.has('summary')));
  }
  // A matrix is a description: that some pairs are kept apart is no finding.
  return 0;
}

export const reach: Command = { page, run };
