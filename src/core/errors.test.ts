import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorEntry, errorTable, FairleadError } from './errors.ts';

test('a message and its hint are filled from the details; what is not given stays visible', () => {
  const error = new FairleadError('FAIRLEAD_ENGINE_UNREACHABLE', { socket: '/run/docker.sock' });
  assert.equal(error.message, 'the Docker engine at /run/docker.sock does not answer: {reason}');
  assert.equal(error.exitCode, 3);
  assert.equal(new FairleadError('FAIRLEAD_USAGE', { problem: 'unknown flag --x', hint: 'see --help' }).hint, 'see --help');
});

test('the cause is kept', () => {
  const cause = new Error('ENOENT');
  assert.equal(new FairleadError('FAIRLEAD_INPUT_NOT_FOUND', { path: 'x' }, { cause }).cause, cause);
});

test('every entry of the table says something and what to do, without a full stop, under a code of ours', () => {
  const entries: [string, ErrorEntry][] = Object.entries(errorTable);
  assert.ok(entries.length >= 8);
  for (const [code, { message, hint }] of entries) {
    assert.match(code, /^FAIRLEAD_[A-Z]+(?:_[A-Z]+)*$/);
    for (const text of [message, hint]) assert.match(text, /[^.\s]$/, code);
  }
});
