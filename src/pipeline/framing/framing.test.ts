import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slabRecords } from '../slab.ts';
import { seeded } from '../testing/batches.ts';
import type { Flush, Framer } from './framer.ts';
import { delimiterFramer, lineFramer } from './lines.ts';
import { multilineFramer } from './multiline.ts';

const starts = new Uint32Array(slabRecords);
const ends = new Uint32Array(slabRecords);

/** Records and what is left, of text that begins at an index which is not 0. */
function frame(framer: Framer, text: string, flush: Flush = 'none'): readonly [readonly string[], string] {
  const bytes = Buffer.from(`\n\n${text}\n\n`, 'latin1');
  const { count, consumed } = framer.frame({ bytes, starts, ends }, 2, bytes.length - 2, flush);
  const records = Array.from({ length: count }, (_, index) => bytes.toString('latin1', starts[index], ends[index]));
  return [records, bytes.toString('latin1', consumed, bytes.length - 2)];
}

const rules = { maxLines: 100, maxBytes: 1_000 };
const byStart = multilineFramer(lineFramer, { ...rules, start: /^\d/ });
const byContinuation = multilineFramer(lineFramer, { ...rules, continuation: /^\s/ });
const byEnd = multilineFramer(lineFramer, { ...rules, end: /;$/ });
const byStartAndEnd = multilineFramer(lineFramer, { ...rules, start: /^BEGIN/, end: /^END/ });
const byStartAndContinuation = multilineFramer(lineFramer, { ...rules, start: /^\d/, continuation: /^\s/ });

const cases: readonly (readonly [string, Framer, string, Flush, readonly string[], string])[] = [
  ['lines', lineFramer, 'a\nbc\n\nd', 'none', ['a', 'bc', ''], 'd'],
  ['carriage returns', lineFramer, 'a\r\n\r\nb\rc\n', 'none', ['a', '', 'b\rc'], ''],
  ['the rest', lineFramer, 'a\nb', 'rest', ['a', 'b'], ''],
  ['groups do not make a line of the rest', lineFramer, 'a\nb', 'groups', ['a'], 'b'],
  ['nothing', lineFramer, '', 'rest', [], ''],
  ['a delimiter of several bytes', delimiterFramer(Buffer.from('||')), 'a||b|c|||d', 'none', ['a', 'b|c'], '|d'],
  ['half a delimiter at the end', delimiterFramer(Buffer.from('||')), 'a||b|', 'none', ['a'], 'b|'],
  [
    'only whole units of two bytes',
    delimiterFramer(Buffer.from('\n\0', 'latin1'), 2),
    'a\0\x00\n\0\0\n\0b',
    'none',
    ['a\0\x00\n\0\0'],
    'b',
  ],
  ['a start', byStart, '1\nx\n2\n3\ny\n', 'none', ['1\nx', '2'], '3\ny\n'],
  ['a start, nothing added', byStart, '1\nx\n2\ny', 'groups', ['1\nx', '2'], 'y'],
  ['a start, at the end', byStart, '1\nx\n2\ny', 'rest', ['1\nx', '2\ny'], ''],
  ['lines before the first start', byStart, 'x\ny\n1\n', 'none', ['x\ny'], '1\n'],
  ['a continuation', byContinuation, 'a\n b\nc\n', 'none', ['a\n b'], 'c\n'],
  ['an end', byEnd, 'a\nb;\nc;\nd\n', 'none', ['a\nb;', 'c;'], 'd\n'],
  ['start and end', byStartAndEnd, 'BEGIN\nx\nEND\nBEGIN\nEND\nBEGIN\n', 'none', ['BEGIN\nx\nEND', 'BEGIN\nEND'], 'BEGIN\n'],
  ['start and continuation', byStartAndContinuation, '1\n x\nother\n2\n', 'none', ['1\n x', 'other'], '2\n'],
  ['carriage returns within a group stay', byContinuation, 'a\r\n b\r\nc\r\n', 'none', ['a\r\n b'], 'c\r\n'],
  [
    'a group of too many lines',
    multilineFramer(lineFramer, { ...rules, maxLines: 2, end: /;$/ }),
    'a\nb\nc\nd\ne\n',
    'none',
    ['a\nb', 'c\nd'],
    'e\n',
  ],
  [
    'a group of too many bytes',
    multilineFramer(lineFramer, { ...rules, maxBytes: 5, end: /;$/ }),
    'aa\nbb\ncc\ndd\n',
    'none',
    ['aa\nbb'],
    'cc\ndd\n',
  ],
];

for (const [name, framer, text, flush, records, rest] of cases)
  test(`framing: ${name}`, () => assert.deepEqual(frame(framer, text, flush), [records, rest]));

test('a record that is skipped ends behind its delimiter, or is not seen to end', () => {
  const bytes = Buffer.from('xx||yy|');
  const framer = delimiterFramer(Buffer.from('||'));
  assert.deepEqual([framer.skip(bytes, 0, 7), framer.skip(bytes, 4, 7), framer.skip(bytes, 0, 3)], [4, -1, -1]);
  assert.deepEqual([lineFramer.skip(Buffer.from('ab\nc'), 0, 4), lineFramer.skip(Buffer.from('ab\nc'), 0, 2)], [3, -1]);
});

test('more records than an index has room for are left for the next time', () => {
  const bytes = Buffer.alloc(slabRecords + 10, '\n');
  assert.deepEqual(lineFramer.frame({ bytes, starts, ends }, 0, bytes.length, 'rest'), { count: slabRecords, consumed: slabRecords });
});

test('whatever the portions, the records are the same', () => {
  const random = seeded(7);
  const framers = [lineFramer, byStart, byContinuation, byEnd, byStartAndEnd];
  for (let round = 0; round < 300; round++) {
    const text = Array.from({ length: 60 }, () => '1 a;\n\r\nBEGIN\nEND\n'.charAt(Math.floor(random() * 17))).join('');
    const framer = framers[round % framers.length] ?? lineFramer;
    const [whole] = frame(framer, text, 'rest');
    assert.deepEqual(inPortions(framer, Buffer.from(text), random), whole, `round ${round}: ${JSON.stringify(text)}`);
  }
});

/** As a reader does it: what was not consumed is given again with more behind it. */
function inPortions(framer: Framer, bytes: Buffer, random: () => number): readonly string[] {
  const records: string[] = [];
  let at = 0;
  for (let end = 0; at < bytes.length; ) {
    end = Math.min(bytes.length, end + Math.ceil(random() * 9));
    const { count, consumed } = framer.frame(
      { bytes: bytes.subarray(0, end), starts, ends },
      at,
      end,
      end === bytes.length ? 'rest' : 'none',
    );
    for (let index = 0; index < count; index++) records.push(bytes.toString('latin1', starts[index], ends[index]));
    at = consumed;
  }
  return records;
}
