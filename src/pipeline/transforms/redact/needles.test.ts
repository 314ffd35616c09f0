import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../json-bytes/random-json.ts';
import { needleFinder } from './needles.ts';

test('all texts that occur in a range are found, those inside of others and across each other too', () => {
  const random = seeded(5);
  const word = (longest: number) =>
    Array.from({ length: 1 + Math.floor(random() * longest) }, () => 'abé'[Math.floor(random() * 3)]).join('');
  let hits = 0;
  for (let round = 0; round < 3_000; round++) {
    const texts = Array.from({ length: 1 + Math.floor(random() * 6) }, () => word(4));
    const find = needleFinder(texts.map((text, index) => ({ text, bits: 1 << index })));
    const inside = word(10);
    const bytes = Buffer.from(`ab${inside}ab`);
    const expected = texts.reduce((bits, text, index) => bits | (inside.includes(text) ? 1 << index : 0), 0);
    assert.equal(find(bytes, 2, bytes.length - 2), expected, `${texts.join()} in ${inside}`);
    if (expected !== 0) hits += 1;
  }
  assert.ok(hits > 500 && hits < 2_900, String(hits));
});
