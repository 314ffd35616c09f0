import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, type Column, pairsText, printable, printableLines, table } from './table.ts';

interface Row {
  readonly name: string;
  readonly count: number;
  readonly note: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'name', value: (row) => row.name, flexible: true },
  { title: 'count', value: (row) => String(row.count), right: true, colour: (row) => (row.count > 9 ? '31' : undefined) },
  { title: 'note', value: (row) => row.note },
];
const rows: readonly Row[] = [
  { name: 'edge', count: 7, note: 'a note that goes on' },
  { name: 'a-very-long-name', count: 12, note: '' },
];
const plain = { width: undefined, colour: false };

test('columns are as wide as their contents, numbers stand at the right, nothing trails', () => {
  assert.equal(
    table(columns, rows, plain),
    ['NAME              COUNT  NOTE', 'edge                  7  a note that goes on', 'a-very-long-name     12', ''].join('\n'),
  );
});

test('at a terminal the last column gives way first, then names, in the middle; no line is wider than the terminal', () => {
  for (const width of [80, 40, 35, 30, 29]) {
    const lines = table(columns, rows, { width, colour: false }).split('\n');
    assert.ok(
      lines.every((line) => [...line].length <= width),
      `${width}: ${lines.join('|')}`,
    );
  }
  assert.match(table(columns, rows, { width: 35, colour: false }), /^edge {18}7 {2}a note th…\na-very-long-name {5}12$/m);
  assert.match(table(columns, rows, { width: 30, colour: false }), /^edge {15}7 {2}a note …\na-very…g-name {5}12$/m);
});

test('numbers are never cut, however narrow the terminal is', () => {
  assert.match(table(columns, rows, { width: 5, colour: false }), / 12$/m);
});

test('colour goes around the text of a cell and does not count as width', () => {
  const text = table(columns, rows, { width: undefined, colour: true });
  assert.match(text, /\u001b\[31m {3}12\u001b\[39m/);
  assert.equal(text.replaceAll(/\u001b\[\d+m/g, ''), table(columns, rows, plain));
});

test('what comes from outside cannot speak to the terminal, in a table, a line or a text', () => {
  const hostile = 'a\u001b]0;x\u0007b\u202ec\r\nd';
  assert.equal(printable(hostile), 'a\ufffd]0;x\ufffdb\ufffdc\ufffd\ufffdd');
  assert.equal(printableLines('one\ttwo\r\nthree\u001b[2J'), 'one    two\nthree\ufffd[2J');
  assert.doesNotMatch(table(columns, [{ name: hostile, count: 1, note: hostile }], plain), /[\u001b\u0007\r\u202e]/);
});

test('characters outside of the basic plane count once', () => {
  const text = table(
    columns,
    [
      { name: '😀', count: 1, note: 'x' },
      { name: 'ab', count: 2, note: 'y' },
    ],
    plain,
  );
  assert.deepEqual(
    text
      .split('\n')
      .slice(1, 3)
      .map((line) => [...line].length),
    [14, 14],
  );
});

test('ages are told in the largest unit that still says something', () => {
  const now = Date.parse('2026-01-02T00:00:00Z');
  const before = (seconds: number) => ago(new Date(now - seconds * 1_000).toISOString(), now);
  assert.deepEqual([0, 119, 120, 7_199, 7_200, 172_799, 172_800].map(before), ['0 s', '119 s', '2 min', '120 min', '2 h', '48 h', '2 d']);
  assert.equal(ago(undefined, now), 'never');
  assert.equal(before(-60), '0 s');
});

test('pairs of nothing are a dash', () => {
  assert.deepEqual([pairsText({}), pairsText({ a: '1', b: '' })], ['–', 'a=1,b=']);
});
