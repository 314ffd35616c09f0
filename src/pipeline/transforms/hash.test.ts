import assert from 'node:assert/strict';
import test from 'node:test';
import { hashPlainBytes, hashText } from './hash.ts';

// Of the reference implementation of MurmurHash3_x86_32, seed 0.
const known: readonly (readonly [string, number])[] = [
  ['', 0],
  ['test', 0xba6bd213],
  ['Hello, world!', 0xc0363e43],
  ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
];

test('texts and their bytes have the hash that others give them', () => {
  for (const [text, hash] of known) {
    assert.equal(hashText(text), hash, text);
    assert.equal(hashPlainBytes(Buffer.from(`..${text}..`), 2, 2 + text.length), hash, text);
  }
});

test('a backslash is found wherever it stands', () => {
  for (let length = 1; length < 12; length++)
    for (let at = 0; at < length; at++) {
      const bytes = Buffer.alloc(length, 0xdd);
      assert.notEqual(hashPlainBytes(bytes, 0, length), -1);
      bytes[at] = 0x5c;
      assert.equal(hashPlainBytes(bytes, 0, length), -1, `${at} of ${length}`);
    }
});
