import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceText } from '../../../core/text.ts';
import type { Value } from './value.ts';
import { partOrigin } from './value.ts';
import { flagsOf, splitWords } from './words.ts';

const script = (text: string): Value => ({ text, origin: new SourceText('x.sh', text).origin(0, text.length, { exact: true }) });
const port: Value = { text: '8080', origin: { kind: 'default', text: 'PORT' } };
const words = (text: string) => splitWords(script(text), (name) => (name === 'PORT' ? port : undefined)).map((word) => word.text);

const cases: readonly (readonly [string, readonly string[]])[] = [
  ['a  b', ['a', 'b']],
  [`a 'b c' "d e"`, ['a', 'b c', 'd e']],
  ['a\\ b', ['a b']],
  ['a&&b; c|d', ['a', '&&', 'b', ';', 'c', '|', 'd']],
  ['x --port=$PORT ${PORT}', ['x', '--port=8080', '8080']],
  [`x '$PORT'`, ['x', '$PORT']],
  ['a \\\n b', ['a', 'b']],
  [`--flag="a b"`, ['--flag=a b']],
  ['"unclosed', ['unclosed']],
];

for (const [text, expected] of cases) test(`words of ${JSON.stringify(text)}`, () => assert.deepEqual(words(text), expected));

test('a word keeps its place', () => {
  const [, word] = splitWords(script('x --url=http://a:1'), () => undefined);
  assert.ok(word !== undefined);
  const origin = partOrigin(word, 6, 14);
  assert.ok(origin.kind === 'file' && origin.exact);
  assert.deepEqual([origin.span.start, origin.span.end], [8, 16]);
});

test('flags take their value behind = or from the next word that is no flag', () => {
  const found = flagsOf(splitWords(script('x -a 1 --b=2 --c --d e -f'), () => undefined));
  assert.deepEqual(
    found.map(({ name, value }) => [name, value?.text]),
    [
      ['-a', '1'],
      ['--b', '2'],
      ['--c', undefined],
      ['--d', 'e'],
      ['-f', undefined],
    ],
  );
});
