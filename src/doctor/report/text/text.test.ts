import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceText } from '../../../core/text.ts';
import type { Evidence } from '../../../network/answer.ts';
import { snippet } from './snippet.ts';
import { clean, columns, styleFor, wrap } from './style.ts';

const plain = styleFor({ colour: false, width: undefined });

function show(text: string, ...marks: readonly (readonly [word: string, label: string])[]): readonly string[] {
  const source = new SourceText('a.yaml', text);
  const evidence = marks.map(([word, label]): Evidence => {
    const start = text.indexOf(word);
    return { label, origin: source.origin(start, start + word.length) };
  });
  return snippet(evidence, new Map([['a.yaml', source]]), plain, plain.error);
}

test('carets stand under what is meant, whatever takes its columns before it', () => {
  assert.deepEqual(show('\turl: x\r\n', ['x', 'here']), ['  1 |     url: x', '    |          ^ here']);
  assert.deepEqual(show('名前: x\n', ['x', 'here']), ['  1 | 名前: x', '    |       ^ here']);
  assert.deepEqual(show('é: x\n', ['x', '']), ['  1 | é: x', '    |    ^']);
});

test('lines far apart are joined by dots, near ones by what lies between, and two marks of a line have a row each', () => {
  assert.deepEqual(show('a\nb\nc\nd\ne\nf f2\n', ['f2', 'first'], ['a', 'second'], ['c', 'third'], ['f ', 'fourth']), [
    '  1 | a',
    '    | - second',
    '  2 | b',
    '  3 | c',
    '    | - third',
    '  ...',
    '  6 | f f2',
    '    | -- fourth',
    '    |   ^^ first',
  ]);
});

test('a span over several lines is marked on its first, one behind the end of the text still has a caret', () => {
  assert.deepEqual(show('a: b\n  c\n', ['b\n  c', 'all']), ['  1 | a: b', '    |    ^ all']);
  assert.deepEqual(show('ab\n', ['', 'x']), ['  1 | ab', '    | ^ x']);
});

test('a minified line is shown around the place only', () => {
  const [line = '', caret = ''] = show(`${'x'.repeat(5000)}target${'y'.repeat(5000)}`, ['target', 'here']);
  assert.ok(line.length < 500 && line.includes('…') && line.includes('target'));
  assert.equal(caret.indexOf('^'), line.indexOf('target'));
});

test('what could steer a terminal is shown, not sent', () => {
  assert.equal(clean('a\u001b[31mb\u0007\u202e\u009b'), 'a\u241b[31mb\u2407\ufffd\ufffd');
  assert.equal(columns('日本 é'), 6);
});

test('text is wrapped on a terminal and left alone in a pipe; long words stay whole', () => {
  const text = 'one two three four five six seven https://prometheus.example.org:9090/api/v1/write';
  assert.equal(wrap(text, undefined, '  '), text);
  const lines = wrap(text, 30, '  ').split('\n');
  assert.ok(lines.length > 2 && lines.every((line) => line.includes('https') || line.length <= 30));
});
