import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJsonDocuments, skimValue } from './json-documents.ts';

test('documents that follow each other are all read', () => {
  assert.deepEqual(parseJsonDocuments('\ufeff[1]\r\n{"a": "]\\"}"} null "x"'), { values: [[1], { a: ']"}' }, null, 'x'], faults: [] });
});

test('a document that is broken does not hide the next one', () => {
  const { values, faults } = parseJsonDocuments('[{"a": 1,}]\n[{"b": 2}]\n');
  assert.deepEqual(values, [[{ b: 2 }]]);
  assert.deepEqual(faults, [{ offset: 9, message: 'found "}", expected a key in double quotes' }]);
});

test('of a list that was cut off, the items before are read', () => {
  const { values, faults } = parseJsonDocuments('[{"a": 1}, {"b": [2]}, {"c": {"d"');
  assert.deepEqual(values, [{ a: 1 }, { b: [2] }]);
  assert.deepEqual(faults, [{ offset: 33, message: 'the text ends here, expected ":"' }]);
});

const faults: readonly (readonly [text: string, offset: number, message: string])[] = [
  ['[{"a" 1}]', 6, 'found "1", expected ":"'],
  ['[1 2]', 3, 'found "2", expected "," or the closing bracket'],
  ['[1,]', 3, 'found "]", expected a value'],
  ['{"a": tru}', 6, 'found "t", expected a value'],
  ['{"a": 01}', 6, 'found "0", expected a value'],
  ['{"a": "x', 8, 'the text ends here, expected the closing double quote'],
  ['{"a": "\\x"}', 7, 'found "\\\\", expected an escape such as \\" or \\n'],
  ['{a: 1}', 1, 'found "a", expected a key in double quotes or "}"'],
  ['[', 1, 'the text ends here, expected a value or "]"'],
  ['{"a": 1]', 7, 'found "]", expected "," or the closing bracket'],
];

for (const [text, offset, message] of faults) {
  test(`${text} is wrong at character ${offset}`, () => {
    assert.deepEqual(parseJsonDocuments(text).faults, [{ offset, message }]);
  });
}

test('the scanner accepts exactly what JSON.parse accepts', () => {
  const pieces = ['{', '}', '[', ']', '"a"', ':', ',', '1', '-0.5e+3', '01', 'true', 'nul', '"\\u00e9"', '"\\u0"', ' '];
  let state = 7;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  let accepted = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const text = Array.from({ length: 1 + random(7) }, () => pieces[random(pieces.length)]).join('');
    const parsed = parses(text);
    const end = skimValue(text, 0);
    assert.equal(typeof end === 'number' && text.slice(end).trim() === '', parsed, text);
    if (parsed) accepted += 1;
  }
  assert.ok(accepted > 500, String(accepted));
});

test('depth is no problem', () => {
  assert.equal(skimValue('['.repeat(1_000_000) + ']'.repeat(1_000_000), 0), 2_000_000);
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
