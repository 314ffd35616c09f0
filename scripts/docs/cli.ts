import type { CommandPage, Option } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { commonOptions } from '../../src/cli/parse.ts';
import { code, fenced, generatedFrom, page, table } from './markdown.ts';

export async function cliPage(): Promise<string> {
  const pages = await Promise.all(commands.map(async (entry) => (await entry.load()).page));
  return page(
    generatedFrom('src/cli/'),
    '# Commands',
    table(
      ['command', 'does'],
      pages.map(({ name, summary }) => [`[fairlead ${name}](#fairlead-${name})`, summary]),
    ),
    `Without a path, the working directory is searched; ${code('-')} is standard input. ${code('fairlead help COMMAND')} prints what stands here. Exit codes and errors: [errors](errors.md).`,
    ...pages.map(commandSection),
    '## Options of every command',
    optionTable(commonOptions),
  );
}

function commandSection({ name, usage, description, options, examples, exitCodes }: CommandPage): string {
  return page(
    `## fairlead ${name}`,
    fenced('text', usage.join('\n')),
    ...description,
    ...options.flatMap((group) => [`**${group.title}**`, optionTable(group.options)]),
    examples.length === 0 ? '' : '**Examples**',
    examples.length === 0 ? '' : fenced('sh', examples.map(({ command, text }) => `# ${text}\n${command}`).join('\n\n')),
    '**Exit codes**',
    table(
      ['code', 'meaning'],
      exitCodes.map((entry) => [String(entry.code), entry.meaning]),
    ),
  ).trimEnd();
}

function optionTable(options: readonly Option[]): string {
  return table(
    ['option', 'meaning'],
    options.map((option) => [code(spelled(option)), `${option.description}${option.multiple === true ? ' (repeatable)' : ''}`]),
  );
}

function spelled({ name, short, placeholder, optionalValue }: Option): string {
  const value = placeholder === undefined ? '' : optionalValue === true ? `[=${placeholder}]` : ` ${placeholder}`;
  return `${short === undefined ? '' : `-${short}, `}--${name}${value}`;
}
