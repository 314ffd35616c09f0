/** `fairlead explain` */
import { errorTable } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import type { Rule } from '../doctor/rule.ts';
import { rules } from '../doctor/rules/index.ts';
import { pageOf } from '../doctor/rules/pages.ts';
import type { Arguments, Command, CommandPage } from './command.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';

const page: CommandPage = {
  name: 'explain',
  summary: 'explain a rule or an error code, with examples',
  usage: ['fairlead explain RULE|CODE'],
  description: [
    'Prints the page of a rule (what it reports, why it matters, examples that fail and that pass, how to fix it, what it cannot see), or what an error code means and what to do.',
  ],
  options: [],
  examples: [
    { command: 'fairlead explain R01', text: 'by the id of a rule' },
    { command: 'fairlead explain localhost-in-container', text: 'by its name' },
    { command: 'fairlead explain FAIRLEAD_TIMEOUT', text: 'an error code' },
  ],
  exitCodes: [
    { code: 0, meaning: 'explained' },
    { code: 2, meaning: 'there is no such rule or code' },
  ],
};

async function run(args: Arguments, io: Io): Promise<number> {
  const [word, ...more] = args.positionals;
  if (word === undefined || more.length > 0)
    throw usage('explain needs one rule or code', 'write fairlead explain R01; fairlead rules lists them');
  const rule = rules.find((one) => one.id === word.toUpperCase() || one.name === word.toLowerCase());
  if (rule !== undefined) await io.print(await rulePage(rule, io));
  else await io.print(errorPage(word));
  return 0;
}

async function rulePage(rule: Rule, io: Io): Promise<string> {
  const [{ pageText }, { styleFor }] = await Promise.all([
    import('../doctor/report/text/page.ts'),
    import('../doctor/report/text/style.ts'),
  ]);
  return `${pageText(await pageOf(rule), styleFor(io))}\n\n${lastLine(rule)}\n`;
}

function lastLine(rule: Rule): string {
  return `${rule.id} ${rule.name}: severity ${rule.severity}, ${rule.onByDefault ? 'on by default' : `off by default, asked for with --rule ${rule.id}`}.`;
}

function errorPage(word: string): string {
  const code = word.toUpperCase();
  const entry = Object.entries(errorTable).find(([name]) => name === code)?.[1];
  if (entry === undefined) {
    // A number that no rule has is no slip of another one's.
    const known = /^r\d+$/i.test(word) ? [] : [...rules.map((rule) => rule.name), ...Object.keys(errorTable)];
    throw usage(`there is no rule or code "${word}"`, didYouMean(word, known, 'fairlead rules lists the rules'));
  }
  const lines = [
    `${code}: the program ends with exit code ${entry.exitCode}.`,
    '',
    `  message  ${entry.message}`,
    `  hint     ${entry.hint}`,
    '',
  ];
  return lines.join('\n');
}

export const explain: Command = { page, run };
