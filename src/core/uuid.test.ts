import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uuidBytes, uuidText, uuidv7 } from './uuid.ts';

test('version and variant are those of UUIDv7, and the first 48 bits are the time', () => {
  // RFC 9562 appendix A.6: the example of version 7.
  const random = (bytes: Uint8Array) => {
    bytes.set([0, 0, 0, 0, 0, 0, 0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
    return bytes;
  };
  assert.equal(uuidv7(0x017f22e279b0, random), '017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
});

test('bytes and text are the same value', () => {
  const text = uuidv7(Date.now());
  assert.equal(uuidText(uuidBytes(text) ?? new Uint8Array(0)), text);
  assert.equal(uuidBytes('017f22e2-79b0-7cc3-98c4-dc0c0c07398'), undefined);
  assert.throws(() => uuidText(new Uint8Array(15)), RangeError);
});
