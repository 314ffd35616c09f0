import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairleadError } from '../core/errors.ts';
import { type Actions, labelsOf, runAction, wholeNumber } from './actions.ts';
import type { CommandPage } from './command.ts';
import { contextGroup } from './context.ts';
import type { Io } from './io.ts';
import { parseArguments } from './parse.ts';

const page: CommandPage = {
  ...{ name: 'things', summary: '', usage: [], description: [], examples: [], exitCodes: [] },
  options: [
    {
      title: 'Options',
      options: [
        { name: 'note', placeholder: 'TEXT', description: '' },
        { name: 'force', description: '' },
      ],
    },
    contextGroup,
  ],
};
const ran: string[] = [];
const action = (takes: readonly string[], options: readonly string[] = []) => ({
  takes,
  options,
  run: async (rest: readonly string[]) => ran.push(rest.join(' ')),
});
const actions: Actions = {
  list: action([]),
  show: action(['NAME'], ['note']),
  put: action(['NAME', 'FILE…']),
  diff: action(['A', '[B]']),
};

async function said(line: string): Promise<string> {
  try {
    // None of these actions looks at the streams.
    await runAction(page, actions, parseArguments(page, line === '' ? [] : line.split(' ')), undefined as unknown as Io);
    return `ran ${ran.pop()}`;
  } catch (error) {
    if (error instanceof FairleadError) return `${error.message}; ${error.hint}`;
    throw error;
  }
}

test('the first word picks the action, and without one it is list', async () => {
  assert.equal(await said(''), 'ran ');
  assert.equal(await said('show x'), 'ran x');
  assert.equal(await said('put x a b c'), 'ran x a b c');
  assert.equal(await said('diff a'), 'ran a');
  assert.equal(await said('diff a b'), 'ran a b');
});

test('what is missing, too much or misspelt is named, with what to write', async () => {
  assert.equal(await said('shwo x'), 'things has no "shwo"; did you mean "show"?');
  assert.equal(await said('burn'), 'things has no "burn"; it has list, show, put, diff; see fairlead help things');
  assert.equal(await said('constructor'), 'things has no "constructor"; it has list, show, put, diff; see fairlead help things');
  assert.equal(await said('show'), 'things show needs NAME; write fairlead things show NAME');
  assert.equal(await said('put x'), 'things put needs FILE…; write fairlead things put NAME FILE…');
  assert.equal(await said('diff a b c'), 'things diff takes no "c"; write fairlead things diff A [B]');
  assert.equal(await said('list x'), 'things list takes no "x"; write fairlead things list');
});

test('an option that an action does not read is refused, not ignored; those about the server always count', async () => {
  assert.equal(await said('show x --note y'), 'ran x');
  assert.equal(await said('show x --force'), 'things show takes no --force; it takes --note; see fairlead help things');
  assert.equal(await said('list --force'), 'things list takes no --force; leave it out; see fairlead help things');
  assert.equal(await said('list --json --context x'), 'ran ');
});

test('labels are pairs, repeated or with commas between them', () => {
  assert.deepEqual(labelsOf(['a=1,b=2', 'c=x=y', 'd=']), { a: '1', b: '2', c: 'x=y', d: '' });
  for (const wrong of ['a', '=1', '', 'a=1,']) assert.throws(() => labelsOf([wrong]), /is no label/, wrong);
});

test('whole numbers are whole numbers', () => {
  const number = (text: string) => wholeNumber(parseArguments(page, [`--note=${text}`]), 'note', 3);
  assert.deepEqual([number('7'), number('-3'), number('0')], [7, -3, 0]);
  assert.equal(wholeNumber(parseArguments(page, []), 'note', 3), undefined);
  for (const wrong of ['1.5', '1e3', '0x10', 'seven', '99999999999']) assert.throws(() => number(wrong), /is no whole number/, wrong);
});
