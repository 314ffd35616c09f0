/** Pages of help, as of a manual: for the program and for each command. */
import type { CommandPage, Option, Part } from './command.ts';
import { parts } from './command.ts';
import { commonOptions } from './parse.ts';

interface Listed {
  readonly name: string;
  readonly summary: string;
  readonly part: Part;
}

/** Lines of prose are wrapped here: readable in any terminal, and the same when piped. */
const WIDTH = 88;

export function programHelp(commands: readonly Listed[], version: string, colour: boolean): string {
  const strong = heading(colour);
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    `fairlead ${version}: prove that agents reach their servers, watch them, explain when they do not`,
    '',
    strong('USAGE'),
    '  fairlead COMMAND [options] [paths…]',
    '',
    ...parts.flatMap((part) => [
      strong(part.toUpperCase()),
      ...commands.filter((one) => one.part === part).map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
      '',
    ]),
    strong('WHAT THE DOCTOR READS'),
    ...paragraph(
      'Compose files (with override, include, extends, profiles and .env), docker commands in shell scripts and Markdown pages, the JSON of docker inspect and docker network inspect, Consul catalogs, and a running engine with --engine (read-only). What agents dial is found in environment variables, command lines and the configuration files that are mounted. Without a path, the working directory is searched; - is standard input.',
    ),
    '',
    strong('VERDICTS'),
    '  √ reachable     × unreachable     ‼ ambiguous: depends on a fact that is named',
    '  ? undetermined: a fact is missing, and it is named',
    '',
    strong('EXAMPLES'),
    '  fairlead check                              the Compose files of this folder',
    '  fairlead check --diff                       the proven fixes as a patch',
    '  fairlead reach agent prometheus:9090        one question, answered step by step',
    '  fairlead diff --docker 27..28 compose.yaml  what an upgrade of the engine changes',
    '  docker inspect $(docker ps -q) | fairlead check -',
    '  fairlead up                                 the whole product on this machine',
    '',
    strong('EXIT CODES'),
    '  0 clean, done   1 findings   2 usage, unreadable input, refused   3 could not finish',
    '',
    strong('ENVIRONMENT'),
    '  NO_COLOR, FORCE_COLOR    no colour at all; colour also in pipes',
    '  DOCKER_HOST              the engine that --engine reads, unless it names one',
    '  FAIRLEAD_CONTEXT         the file that says which server, and as whom',
    '  FAIRLEAD_TOKEN           the token that an agent joins with, where no file holds it',
    '  FAIRLEAD_DEBUG=1         the stack of an internal error',
    '',
    strong('FILES'),
    '  fairlead.yaml            settings: rules, suppressions, the environment profile, listeners of the host',
    '  ~/.config/fairlead/context.json   which server, and as whom, unless --context or FAIRLEAD_CONTEXT says',
    '',
    'See fairlead help COMMAND for the options of a command, fairlead explain R01 for a rule.',
    '',
  ].join('\n');
}

export function commandHelp(page: CommandPage, colour: boolean): string {
  const strong = heading(colour);
  const groups = [...page.options, { title: 'General', options: commonOptions }];
  return [
    `fairlead ${page.name}: ${page.summary}`,
    '',
    strong('USAGE'),
    ...page.usage.map((line) => `  ${line}`),
    '',
    strong('DESCRIPTION'),
    ...page.description.flatMap((text, index) => (index === 0 ? paragraph(text) : ['', ...paragraph(text)])),
    '',
    ...groups.flatMap(({ title, options }) => [strong(title.toUpperCase()), ...options.flatMap(optionLines), '']),
    ...(page.examples.length === 0
      ? []
      : [strong('EXAMPLES'), ...page.examples.flatMap(({ command, text }) => [`  ${command}`, `      ${text}`]), '']),
    strong('EXIT CODES'),
    ...page.exitCodes.map(({ code, meaning }) => `  ${code}  ${meaning}`),
    '',
  ].join('\n');
}

function optionTitle({ name, short, placeholder, optionalValue }: Option): string {
  const value = placeholder === undefined ? '' : optionalValue === true ? `[=${placeholder}]` : ` ${placeholder}`;
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value}`;
}

const COLUMN = 34;

function optionLines(option: Option): readonly string[] {
  const title = `  ${optionTitle(option)}`;
  const text = `${option.description}${option.multiple === true ? ' (repeatable)' : ''}`;
  const [first = '', ...rest] = wrapWords(text, WIDTH - COLUMN);
  const start = title.length < COLUMN - 1 ? [`${title.padEnd(COLUMN)}${first}`] : [title, `${' '.repeat(COLUMN)}${first}`];
  return [...start, ...rest.map((line) => `${' '.repeat(COLUMN)}${line}`)];
}

function paragraph(text: string): readonly string[] {
  return wrapWords(text, WIDTH - 2).map((line) => `  ${line}`);
}

function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const heading =
  (colour: boolean) =>
  (text: string): string =>
    colour ? `\u001b[1m${text}\u001b[0m` : text;
