import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyEdits, SourceText } from './text.ts';

test('an offset becomes a line and a column, and one behind the end is the end', () => {
  const source = new SourceText('f', 'ab\r\ncd\n\nü𝒳z');
  const cases = [
    [0, 1, 1],
    [2, 1, 3],
    [4, 2, 1],
    [7, 3, 1],
    [8, 4, 1],
    [11, 4, 4], // 𝒳 counts twice: columns are UTF-16 code units, as SARIF and editors count
    [99, 4, 5],
    [-1, 1, 1],
  ] as const;
  for (const [offset, line, column] of cases) assert.deepEqual(source.position(offset), { line, column }, `offset ${offset}`);
});

test('a line comes without its ending, whichever it is', () => {
  const source = new SourceText('f', 'ab\r\ncd\n\nef');
  assert.deepEqual(
    [1, 2, 3, 4, 5, 0].map((line) => source.line(line)),
    ['ab', 'cd', '', 'ef', '', ''],
  );
});

test('a span covers several lines', () => {
  assert.deepEqual(new SourceText('f', 'ab\ncd').span(1, 4), { start: 1, end: 4, line: 1, column: 2, endLine: 2, endColumn: 2 });
});

test('an empty text has one line', () => {
  assert.deepEqual(new SourceText('f', '').position(0), { line: 1, column: 1 });
  assert.equal(new SourceText('f', '').line(1), '');
});

test('edits are carried out in the order of their places', () => {
  const edit = (start: number, end: number, text: string) => ({ file: 'f', start, end, text });
  assert.equal(applyEdits('abcdef', [edit(4, 5, 'X'), edit(0, 1, ''), edit(6, 6, '!')]), 'bcdXf!');
  assert.equal(applyEdits('abc', [edit(1, 1, 'x'), edit(1, 2, 'y')]), 'axyc');
});

test('edits that overlap or leave the text are refused', () => {
  const edit = (start: number, end: number) => ({ file: 'f', start, end, text: '' });
  assert.throws(() => applyEdits('abcdef', [edit(0, 3), edit(2, 4)]), RangeError);
  assert.throws(() => applyEdits('abc', [edit(2, 4)]), RangeError);
});
