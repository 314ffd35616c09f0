/** Commands that pages show without running them: the command, its action and its options exist. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CommandPage } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';

const root = join(import.meta.dirname, '../..');
const paths = [
  'README.md',
  'CONTRIBUTING.md',
  'deploy/README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

interface Shown {
  readonly at: string;
  readonly words: readonly string[];
}

/** `fairlead …` in code spans and blocks; a `fairlead` in a sentence is none. */
function shownIn(path: string, text: string): readonly Shown[] {
  return text.split('\n').flatMap((line, index) => {
    const inline = [...line.matchAll(/`(fairlead [^`]+)`/g)].map((match) => match[1] ?? '');
    const block = /^(?:\s*|\$ |.* exec (?:-T )?server )(fairlead .*)$/.exec(line)?.[1];
    return [...inline, ...(block === undefined || inline.length > 0 ? [] : [block])].map((command) => ({
      at: `${path}:${index + 1}`,
      words: command
        .replace(/ [|>#].*$/, '')
        .split(/\s+/)
        .slice(1),
    }));
  });
}

/** What is wrong with it, as a sentence. */
function problem(pages: readonly CommandPage[], { at, words }: Shown): string | undefined {
  const [name = '', ...rest] = words;
  // `fairlead --help`, `fairlead COMMAND`, `fairlead …`, and the first line of an output, `fairlead up: …`.
  if (!/^[a-z]+$/.test(name) || name === 'help') return undefined;
  const page = pages.find((one) => one.name === name);
  if (page === undefined) return `${at} there is no command ${name}`;
  const options = ['help', 'no-color', ...page.options.flatMap((group) => group.options.map((option) => option.name))];
  const unknown = rest.flatMap((word) => /^--([a-z][a-z-]*)/.exec(word)?.[1] ?? []).find((option) => !options.includes(option));
  if (unknown !== undefined) return `${at} ${name} has no --${unknown}`;
  const actions = page.usage.flatMap((line) => /^fairlead \S+ \[?([a-z][a-z-]*)/.exec(line)?.[1] ?? []);
  const [action] = rest;
  if (actions.length < 2 || action === undefined || !/^[a-z][a-z-]*$/.test(action)) return undefined;
  return page.usage.some((line) => line.split(/[\s[\]()|]+/).includes(action)) ? undefined : `${at} ${name} has no ${action}`;
}

const pages = await Promise.all(commands.map(async (entry) => (await entry.load()).page));

test('every command, action and option that a page shows exists', () => {
  const shown = paths.flatMap((path) => shownIn(path, readFileSync(join(root, path), 'utf8')));
  assert.ok(shown.length >= 40, `only ${shown.length} commands`);
  assert.deepEqual(
    shown.flatMap((one) => problem(pages, one) ?? []),
    [],
  );
});

test('a command, an action and an option that do not exist are found', () => {
  const planted =
    'Say `fairlead chekc x`.\n\n$ fairlead tokens crate --uses 2\n    fairlead tokens create --usess 2\n`fairlead` alone, `fairlead --version`\n';
  assert.deepEqual(
    shownIn('a.md', planted).flatMap((one) => problem(pages, one) ?? []),
    ['a.md:1 there is no command chekc', 'a.md:3 tokens has no crate', 'a.md:4 tokens has no --usess'],
  );
});
