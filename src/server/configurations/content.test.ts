import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { contentHash, contentProblem, limits, pieces } from './content.ts';

const file = (name: string, body: string, contentType = 'text/yaml') => ({ name, contentType, body });

test('the hash is over the bytes that the page describes', () => {
  const canonical =
    '666169726c6561642d636f6e6669672d76310a' + // fairlead-config-v1 and a line feed
    `0000000000000001${'61'}` + // a
    `0000000000000009${Buffer.from('text/yaml').toString('hex')}` +
    `0000000000000005${'783a20c3a9'}`; // x: é
  const expected = createHash('sha256').update(Buffer.from(canonical, 'hex')).digest('hex');
  assert.equal(contentHash([file('a', 'x: é')]), expected);
});

test('the order of files does not matter, and every name, type and byte does', () => {
  const base = contentHash([file('a', '1'), file('b', '2')]);
  assert.equal(contentHash([file('b', '2'), file('a', '1')]), base);
  const others = [
    [file('a', '1')],
    [file('a', '2'), file('b', '1')],
    [file('a', '12'), file('b', '')],
    [file('a', '1', 'text/plain'), file('b', '2')],
    [file('ab', '1'), file('', '2')],
  ].map(contentHash);
  assert.equal(new Set([base, ...others]).size, 6);
});

const wrong: readonly (readonly [name: string, files: readonly ReturnType<typeof file>[], problem: RegExp])[] = [
  ['no file', [], /needs a file/],
  ['too many files', Array.from({ length: 65 }, (_, at) => file(`f${at}`, '')), /65 files; 64 are the most/],
  ['a name that stands twice', [file('a', ''), file('a', '')], /"a" stands twice/],
  ['a name with a control character', [file('a\nb', '')], /is no name of a file/],
  ['half of a surrogate pair', [file('a', '\ud800')], /is no text/],
  ['a NUL', [file('a', 'x\0y')], /is no text/],
  ['a file that is too large', [file('a', 'é'.repeat(limits.fileBytes / 2 + 1))], /1048578 bytes; 1048576 are the most for a file/],
  [
    'files that are too large together',
    Array.from({ length: 5 }, (_, at) => file(`f${at}`, 'x'.repeat(900_000))),
    /4500000 bytes together/,
  ],
];
for (const [name, files, problem] of wrong)
  test(`${name} is refused`, () => {
    assert.match(contentProblem(files) ?? '', problem);
  });

test('files at the limits are taken', () => {
  assert.equal(contentProblem(Array.from({ length: 4 }, (_, at) => file(`f${at}`, 'x'.repeat(limits.fileBytes)))), undefined);
});

test('pieces fit into a value of the store, part no character, and make the body again', () => {
  for (const body of ['', 'x', '€'.repeat(349_525), 'x'.repeat(2 ** 18), `x${'😀'.repeat(200_000)}`]) {
    const parts = pieces(body);
    assert.equal(parts.join(''), body);
    assert.ok(parts.every((part) => part.isWellFormed() && Buffer.byteLength(part) <= 1_048_576));
  }
});
