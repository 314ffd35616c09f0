import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileSettings } from './settings.ts';

test('a path is all that is needed, and nothing is lost by default', () => {
  const settings = fileSettings.parse({ type: 'file', path: '/var/log/app/*.log' });
  assert.deepEqual([settings.path, settings.startPosition, settings.ignoreOlder], [['/var/log/app/*.log'], 'beginning', undefined]);
});

const wrong: readonly (readonly [object, string])[] = [
  [{}, 'path'],
  [{ path: [] }, 'path'],
  [{ pathRegex: 'log$' }, 'path'],
  [{ path: '/a', pathRegex: '(' }, 'pathRegex'],
  [{ path: '/a', multiline: {} }, 'multiline'],
  [{ path: '/a', multiline: { start: '^x' }, encoding: 'utf-16le' }, 'multiline'],
  [{ path: '/a', maxLineBytes: '1B' }, 'maxLineBytes'],
  [{ path: '/a', delimeter: '|' }, ''],
];

for (const [settings, at] of wrong)
  test(`${JSON.stringify(settings)} is refused at "${at}"`, () => {
    const read = fileSettings.safeParse({ type: 'file', ...settings });
    assert.equal(read.error?.issues[0]?.path.join('.'), at);
  });
