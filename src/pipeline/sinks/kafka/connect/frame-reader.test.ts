import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameReader } from './frame-reader.ts';

const frame = (text: string): Buffer => {
  const bytes = Buffer.alloc(4 + text.length);
  bytes.writeInt32BE(text.length, 0);
  bytes.write(text, 4);
  return bytes;
};

test('answers are found wherever the bytes are cut', () => {
  const all = Buffer.concat(['one', '', 'a longer one', 'x'].map(frame));
  for (let cut = 1; cut <= all.length; cut++) {
    const reader = new FrameReader();
    const found: string[] = [];
    for (let at = 0; at < all.length; at += cut) {
      reader.add(all.subarray(at, at + cut));
      for (let next = reader.next(); next !== undefined; next = reader.next()) found.push(String(next));
    }
    assert.deepEqual(found, ['one', '', 'a longer one', 'x'], `cut every ${cut} bytes`);
  }
});

for (const [what, length] of [
  ['negative', -1],
  ['of a gigabyte', 1 << 30],
  ['that is the beginning of an HTTP answer', 0x48545450],
] as const)
  test(`a length that is ${what} is malformed`, () => {
    const reader = new FrameReader();
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(length, 0);
    reader.add(bytes);
    assert.equal(reader.next(), 'malformed');
  });
