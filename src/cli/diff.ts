/** `fairlead diff` */
import { compareModels, isEmpty } from '../doctor/diff.ts';
import { profileFields } from '../doctor/profile.ts';
import type { Model } from '../network/model.ts';
import { readAll } from '../readers/index.ts';
import type { Arguments, Command, CommandPage } from './command.ts';
import { prepare } from './input.ts';
import { inputGroups } from './input-options.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';
import { formatOf } from './reach.ts';
import { unreadable } from './remarks.ts';
import type { Stages } from './stages.ts';
import { startStages } from './stages.ts';

const page: CommandPage = {
  name: 'diff',
  summary: 'tell which answers change between two inputs or two profiles',
  usage: [
    'fairlead diff [options] OLD NEW',
    'fairlead diff --docker 27..28 [options] [paths…]',
    'fairlead diff --profile-old NAME --profile-new NAME [options] [paths…]',
  ],
  description: [
    'OLD and NEW are files or folders. Answers are compared for every link that both have, and for all pairs of workloads and the ports they offer; what only one of them has is listed apart.',
    'With a range OLD..NEW in an option of the engine or the host (--docker 27..28, --userland-proxy on..off, --host-firewall open..drop, …), or with two Compose profiles, one input is compared with itself: what breaks when this host moves?',
  ],
  options: [
    {
      title: 'Output',
      options: [
        { name: 'format', placeholder: 'FORMAT', description: 'text or json; text unless stated' },
        { name: 'profile-old', placeholder: 'NAME', multiple: true, description: 'Compose profile of the old side' },
        { name: 'profile-new', placeholder: 'NAME', multiple: true, description: 'Compose profile of the new side' },
      ],
    },
    ...inputGroups,
  ],
  examples: [
    { command: 'fairlead diff --docker 27..28', text: 'what an upgrade of the engine changes for this folder' },
    { command: 'fairlead diff main/compose.yaml compose.yaml', text: 'what a change of the file changes' },
  ],
  exitCodes: [
    { code: 0, meaning: 'no answer changes' },
    { code: 1, meaning: 'some answer changes' },
    { code: 2, meaning: 'wrong usage, or an input that cannot be read' },
    { code: 3, meaning: 'could not finish' },
  ],
};

async function run(args: Arguments, io: Io): Promise<number> {
  const format = formatOf(args);
  const ranges = rangesOf(args);
  const ofOneInput = ranges.length > 0 || args.has('profile-old') || args.has('profile-new');
  const stages = startStages(args, io);
  const sides = ofOneInput ? [args.positionals, args.positionals] : twoInputs(args.positionals);
  const [before, after] = await Promise.all([
    readSide(sides[0] ?? [], args, 'old', io, stages),
    readSide(sides[1] ?? [], args, 'new', io, stages),
  ]);
  stages.enter('comparing');
  const difference = compareModels(before.model, after.model);
  stages.done();
  if (format === 'json') {
    const { differenceJson } = await import('../doctor/answers-json.ts');
    await io.print(`${JSON.stringify(differenceJson(difference), undefined, 2)}\n`);
  } else {
    const [{ differenceText }, { styleFor }] = await Promise.all([
      import('../doctor/report/text/difference.ts'),
      import('../doctor/report/text/style.ts'),
    ]);
    await io.print(differenceText(difference, styleFor(io)));
  }
  return Math.max(before.broken, after.broken, isEmpty(difference) ? 0 : 1);
}

function twoInputs(positionals: readonly string[]): readonly (readonly string[])[] {
  const [before, after, ...more] = positionals;
  if (before === undefined || after === undefined || more.length > 0)
    throw usage('diff needs OLD and NEW', 'write fairlead diff OLD NEW, or compare profiles of one input: fairlead diff --docker 27..28');
  return [[before], [after]];
}

type Side = 'old' | 'new';

/** Flags of the profile whose value is a range. */
function rangesOf(args: Arguments): readonly string[] {
  return profileFields.map((field) => field.flag).filter((flag) => args.value(flag)?.includes('..'));
}

async function readSide(
  paths: readonly string[],
  args: Arguments,
  side: Side,
  io: Io,
  stages: Stages,
): Promise<{ readonly model: Model; readonly broken: 0 | 2 }> {
  const own = sideArguments(args, side);
  const prepared = await prepare(own, paths, io, stages);
  stages.enter(`reading ${side}`);
  const model = readAll(prepared.files, prepared.read);
  return { model, broken: unreadable([...prepared.problems, ...model.problems], io) };
}

/** The arguments as if they had been given for this side alone. */
function sideArguments(args: Arguments, side: Side): Arguments {
  const value = (name: string): string | undefined => half(name, args.value(name), side);
  return {
    ...args,
    value,
    has: (name) => args.has(name),
    values: (name) => (name === 'profile' ? [...args.values('profile'), ...args.values(`profile-${side}`)] : args.values(name)),
  };
}

function half(name: string, text: string | undefined, side: Side): string | undefined {
  if (text === undefined || !profileFields.some((field) => field.flag === name)) return text;
  const [before, after, ...more] = text.split('..');
  if (after === undefined) return text;
  if (more.length > 0 || before === '' || after === '')
    throw usage(`--${name}: "${text}" is not a range`, 'write OLD..NEW, for example 27..28');
  return side === 'old' ? before : after;
}

export const diff: Command = { page, run };
