/** `fairlead rules` */
import { SCHEMA_VERSION } from '../doctor/as-json.ts';
import { rules } from '../doctor/rules/index.ts';
import type { Arguments, Command, CommandPage } from './command.ts';
import type { Io } from './io.ts';
import { formatOf } from './reach.ts';

const page: CommandPage = {
  name: 'rules',
  summary: 'list the rules',
  usage: ['fairlead rules [--format json]'],
  description: [
    'Lists every rule with its id, its severity and what it reports. "off" are those that run only when they are asked for, with --rule or in fairlead.yaml.',
  ],
  options: [{ title: 'Output', options: [{ name: 'format', placeholder: 'FORMAT', description: 'text or json; text unless stated' }] }],
  examples: [{ command: 'fairlead rules', text: 'all rules' }],
  exitCodes: [{ code: 0, meaning: 'always' }],
};

async function run(args: Arguments, io: Io): Promise<number> {
  const listed = rules.map(({ id, name, title, severity, onByDefault }) => ({ id, name, title, severity, onByDefault }));
  if (formatOf(args) === 'json') {
    await io.print(`${JSON.stringify({ schemaVersion: SCHEMA_VERSION, rules: listed }, undefined, 2)}\n`);
    return 0;
  }
  const { styleFor, wrap } = await import('../doctor/report/text/style.ts');
  const style = styleFor(io);
  const width = Math.max(...listed.map(({ name }) => name.length));
  const indent = ' '.repeat(width + 16);
  const lines = listed.map(({ id, name, title, severity, onByDefault }) => {
    const paint = onByDefault ? style[severity] : style.faint;
    const level = paint((onByDefault ? severity : 'off').padEnd(7));
    return `${style.strong(id)}  ${level}  ${name.padEnd(width)}  ${wrap(title, style.width, indent)}`;
  });
  await io.print(`${lines.join('\n')}\n`);
  return 0;
}

export const rulesCommand: Command = { page, run };
