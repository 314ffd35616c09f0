import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandsIn, runCommand, withOutputs } from '../../scripts/docs/console.ts';
import { consolePages } from '../../scripts/docs/pages.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test('outputs are replaced, exit codes are shown, and foreign commands are left alone', () => {
  const text = 'a\n```console\n$ fairlead x\nold\n$ cat y\n```\nb\n```console\n$ docker ps\nkept\n```\n';
  const ran = withOutputs(text, (command) =>
    command.startsWith('docker') ? undefined : { output: `ran ${command}  \n\n`, exitCode: command === 'cat y' ? 0 : 1 },
  );
  assert.equal(
    ran,
    'a\n```console\n$ fairlead x\nran fairlead x\n# exit code 1\n\n$ cat y\nran cat y\n```\nb\n```console\n$ docker ps\nkept\n```\n',
  );
});

test('a command that fails is not written into a page', () => {
  assert.throws(
    () => withOutputs('```console\n$ fairlead x\n```\n', () => ({ output: 'internal error', exitCode: 3 })),
    /"fairlead x", which ends with exit code 3/,
  );
});

test('every command that a page shows runs, and does not end with a usage error', () => {
  const commands = consolePages.flatMap((path) => commandsIn(read(path)));
  assert.ok(commands.length >= 4, `only ${commands.length} commands`);
  for (const command of commands) assert.ok((runCommand(command)?.exitCode ?? 2) < 2, command);
});

test('a command that does not exist is found', () => {
  assert.equal(runCommand('fairlead chekc examples')?.exitCode, 2);
});

test('every npm script that a page names exists', () => {
  const scripts = (JSON.parse(read('package.json')) as { readonly scripts: Record<string, string> }).scripts; // npm's own format
  const named = ['README.md', 'CONTRIBUTING.md', 'bench/README.md', 'lab/README.md', ...consolePages].flatMap((path) =>
    [...read(path).matchAll(/\bnpm (?:run (?:-s )?([a-z:]+)|(start|test))\b/g)].map((match) => match[1] ?? match[2] ?? ''),
  );
  assert.ok(named.length >= 8);
  assert.deepEqual(
    [...new Set(named)].filter((name) => scripts[name] === undefined),
    [],
  );
});
