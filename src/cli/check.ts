/** `fairlead check` */

import { didYouMean } from '../core/nearest.ts';
import type { Problem } from '../core/problem.ts';
import type { CheckRequest, CheckResult } from '../doctor/check.ts';
import { check as runCheck } from '../doctor/check.ts';
import type { Format, Report } from '../doctor/report/index.ts';
import { formats, render } from '../doctor/report/index.ts';
import { rules } from '../doctor/rules/index.ts';
import { countAll, plural } from '../doctor/words.ts';
import type { Severity } from '../network/answer.ts';
import { severities } from '../network/answer.ts';
import type { Arguments, Command, CommandPage } from './command.ts';
import { prepare } from './input.ts';
import { inputGroups } from './input-options.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';
import { startStages } from './stages.ts';
import { version } from './version.ts';

const page: CommandPage = {
  name: 'check',
  summary: 'find what keeps agents from their servers, and prove the fix',
  usage: [
    'fairlead check [options] [paths…]',
    'fairlead check [options] -f compose.yaml -f compose.override.yaml',
    'docker inspect CONTAINER… | fairlead check -',
  ],
  description: [
    'Reads Compose files, docker commands, docker inspect JSON, Consul catalogs or a running engine into one model of the network; finds the links (what agents dial, in environment variables, command lines and mounted configuration); answers for each link whether it gets there; and reports what breaks it, with the line to blame, the chain of reasons, what one sees when it breaks, and the smallest change that mends it.',
    'A fix is offered only when asking again on the patched text turns the answer and harms no other. [*] marks those that --fix applies; the others are shown for you to choose.',
    'A finding is suppressed by a comment on its line or the line above, "# fairlead-ignore R08: why", for a whole file by "# fairlead-ignore-file R33: why", or in fairlead.yaml. A reason is required.',
  ],
  options: [
    {
      title: 'Output',
      options: [
        { name: 'format', placeholder: 'FORMAT', description: `${formats.join(', ')}; text unless stated` },
        { name: 'quiet', short: 'q', description: 'one line per error and warning, nothing else' },
        { name: 'diff', description: 'print the safe fixes as a patch instead of the report; nothing is written' },
        { name: 'fix', description: 'apply the safe fixes to the files, then report what is left' },
        {
          name: 'rule',
          placeholder: 'RULE',
          multiple: true,
          description: 'only this rule, by id or name; also one that is off by default',
        },
        { name: 'severity', placeholder: 'LEVEL', description: `report from this level up: ${severities.join(', ')}` },
      ],
    },
    ...inputGroups,
  ],
  examples: [
    { command: 'fairlead check', text: 'the Compose files, scripts and pages in this folder and below' },
    {
      command: 'fairlead check compose.yaml --docker 28 --host-listener 9090',
      text: 'what holds on Docker 28, with a service on port 9090 of the host',
    },
    { command: 'fairlead check --diff | git apply', text: 'take the safe fixes over' },
    { command: 'fairlead check --format sarif > fairlead.sarif', text: 'for code scanning' },
    { command: 'fairlead check --engine', text: 'what runs now, with what it really listens on' },
  ],
  exitCodes: [
    { code: 0, meaning: 'nothing found; informative findings do not count' },
    { code: 1, meaning: 'errors or warnings were found (with --fix: are left)' },
    { code: 2, meaning: 'wrong usage, or an input that cannot be read; what can be read is checked nevertheless' },
    { code: 3, meaning: 'could not finish: the engine does not answer, time is up, or an error of ours' },
  ],
};

interface Options {
  readonly format: Format;
  readonly quiet: boolean;
  readonly only: readonly string[] | undefined;
  readonly atLeast: Severity | undefined;
}

async function run(args: Arguments, io: Io): Promise<number> {
  const options = readOptions(args);
  const stages = startStages(args, io);
  const { problems, ...prepared } = await prepare(args, args.positionals, io, stages);
  const request: CheckRequest = {
    ...prepared,
    rules,
    onStage: (stage) => stages.enter(stage),
    ...(options.only === undefined ? {} : { only: options.only }),
    ...(options.atLeast === undefined ? {} : { atLeast: options.atLeast }),
  };
  const result = withProblems(runCheck(request), problems);
  stages.done();
  if (args.has('diff')) return printDiff(result, request, io);
  const final = args.has('fix') ? withProblems(await fixFiles(result, request, io), problems) : result;
  stages.done();
  await print(final, options, io);
  return exitCode(final);
}

function readOptions(args: Arguments): Options {
  if (args.has('diff') && args.has('fix')) throw usage('--diff and --fix exclude each other', '--diff shows what --fix would write');
  const level = args.value('severity');
  const only = args.values('rule').flatMap((names) => names.split(','));
  for (const name of only) assertRule(name);
  return {
    format: oneOf('format', args.value('format') ?? 'text', formats),
    quiet: args.has('quiet'),
    only: only.length === 0 ? undefined : only,
    atLeast: level === undefined ? undefined : oneOf('severity', level, severities),
  };
}

function oneOf<T extends string>(flag: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (found !== undefined) return found;
  throw usage(`--${flag}: "${text}" is not one of ${allowed.join(', ')}`, didYouMean(text, allowed, `write one of ${allowed.join(', ')}`));
}

function assertRule(name: string): void {
  if (rules.some((rule) => rule.id === name || rule.name === name)) return;
  // A number that no rule has is no slip of another one's.
  const candidates = /^r\d+$/i.test(name) ? [] : rules.map((rule) => rule.name);
  throw usage(`--rule: there is no rule "${name}"`, didYouMean(name, candidates, 'fairlead rules lists them'));
}

const withProblems = (result: CheckResult, problems: readonly Problem[]): CheckResult => ({
  ...result,
  problems: [...problems, ...result.problems],
});

async function print(result: CheckResult, options: Options, io: Io): Promise<void> {
  const report: Report = { ...result, version: version(), rules };
  await io.print(await render(options.format, report, { colour: io.colour, width: io.width, quiet: options.quiet }));
}

function exitCode(result: CheckResult): number {
  const counts = countAll(result.findings, result.links, result.problems);
  if (counts.unreadable > 0) return 2;
  return counts.findings.error + counts.findings.warning > 0 ? 1 : 0;
}

/** The patch goes to standard output, alone, so that `git apply` can read it; the rest is said beside. */
async function printDiff(result: CheckResult, request: CheckRequest, io: Io): Promise<number> {
  const { patchOf } = await import('./fix.ts');
  const { patch, fixed } = patchOf(result, request);
  await io.print(patch);
  for (const problem of result.problems.filter((one) => one.severity === 'error')) io.say(`error: ${problem.message}\n`);
  const left = result.findings.length - fixed;
  io.say(`${plural(fixed, 'finding')} fixed by this patch${left === 0 ? '' : `, ${left} left: see fairlead check`}\n`);
  return exitCode(result);
}

/** Writes the fixed files and checks again: what is reported is what the files now say. */
async function fixFiles(result: CheckResult, request: CheckRequest, io: Io): Promise<CheckResult> {
  const { writeFixes } = await import('./fix.ts');
  const { fixed, files } = writeFixes(result, request);
  if (files === 0) {
    io.say('nothing to fix by itself\n');
    return result;
  }
  io.say(`${plural(fixed, 'finding')} fixed in ${plural(files, 'file')}\n`);
  return runCheck(request);
}

export const check: Command = { page, run };
