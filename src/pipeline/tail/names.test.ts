import assert from 'node:assert/strict';
import { test } from 'node:test';
import { globExpression, literalFolder, parseGlob } from './glob.ts';
import { headOf, markOf, originalNames } from './identity.ts';
import { selectionOf } from './selection.ts';

const globs: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['/var/log/*.log', ['/var/log/a.log', '/var/log/.log'], ['/var/log/a.log.1', '/var/log/x/a.log', '/var/log/aXlog']],
  ['/var/log/**/*.log', ['/var/log/a.log', '/var/log/x/y/a.log'], ['/var/log.log', '/var/logs/a.log']],
  ['/var/**', ['/var/a', '/var/x/y'], ['/va/a']],
  ['/a/[a-c]?{1,22}', ['/a/bx1', '/a/cy22'], ['/a/dx1', '/a/bx2']],
  ['/a/[!a]', ['/a/b'], ['/a/a']],
  ['/a/x(1)+$', ['/a/x(1)+$'], ['/a/x11']],
  ['*.gz', ['/any/where.gz', 'a.gz'], ['/a.gz/b']],
];

for (const [pattern, fits, others] of globs)
  test(`the pattern ${pattern}`, () => {
    for (const path of fits) assert.match(path, globExpression(pattern));
    for (const path of others) assert.doesNotMatch(path, globExpression(pattern));
  });

test('a pattern begins with the folder that has no wildcard in it', () => {
  assert.equal(parseGlob('/var/log/*/a.log').root, '/var/log');
  assert.deepEqual(parseGlob('/var/log/a.log'), { root: '/var/log', levels: ['a.log'] });
  assert.equal(parseGlob('/*').root, '/');
  assert.equal(parseGlob('/var/**').levels.length, 2);
});

test('a regular expression says in which folder its files lie', () => {
  const folders = [/^\/var\/log\/(?<app>[^/]+)\.log$/, /^\/var\/logs?\/x/, /^\/srv\/a\.b\/c+/, /log$/, /^\/(a|b)/].map(literalFolder);
  assert.deepEqual(folders, ['/var/log', '/var', '/srv/a.b', '/', '/']);
});

const rotated: readonly (readonly [string, string, boolean])[] = [
  ['app.log.1', 'app.log', true],
  ['app.log.2.gz', 'app.log', true],
  ['app.log.gz', 'app.log', true],
  ['app.log-20260102', 'app.log', true],
  ['app.log~', 'app.log', true],
  ['app-20260102.log', 'app.log', true],
  ['app-2026-01-02T03:04.log.zst', 'app.log', true],
  ['app-1-20260102.log', 'app-1.log', true],
  ['app.log', 'app.log', false],
  ['other.log.1', 'app.log', false],
  ['app-0002.log', 'app-0001.log', false],
  ['application.log', 'app.log', false],
];

for (const [candidate, original, expected] of rotated)
  test(`${candidate} is ${expected ? '' : 'not '}a name for what ${original} was`, () =>
    assert.equal(originalNames(candidate).includes(original), expected));

test('head and mark say what they are of, down to one byte', () => {
  const bytes = Buffer.from('abc');
  assert.match(headOf(bytes), /^3\.[0-9a-f]{24}$/);
  assert.equal(headOf(bytes, 1), headOf(Buffer.from('a')));
  assert.notEqual(markOf(bytes, 2, 1), markOf(bytes, 3, 1));
  assert.equal(markOf(bytes, 3, 1), markOf(Buffer.from('xc'), 2, 1));
});

test('the selection: pattern, expression and exclusions together, and labels of named groups', () => {
  const selection = selectionOf({ path: ['/l/*.log'], pathRegex: /(?<app>[a-z]+)(?<n>\d)?\.log$/, exclude: ['debug*', '/l/no.log'] });
  assert.deepEqual(['/l/a.log', '/l/debug1.log', '/l/no.log', '/m/a.log', '/l/_.log'].map(selection.covers), [
    true,
    false,
    false,
    false,
    false,
  ]);
  assert.deepEqual([selection.labels('/l/web7.log'), selection.labels('/l/web.log')], [{ app: 'web', n: '7' }, { app: 'web' }]);
});
