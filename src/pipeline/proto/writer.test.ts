import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Writer } from './writer.ts';

const hex = (write: (writer: Writer) => void): string => {
  const writer = new Writer(1);
  write(writer);
  return writer.written().toString('hex');
};

test('varints are those of the protobuf guide', () => {
  assert.equal(
    hex((to) => to.varintField(1, 150)),
    '089601',
  );
  assert.equal(
    hex((to) => to.varint(0)),
    '00',
  );
  assert.equal(
    hex((to) => to.varint(Number.MAX_SAFE_INTEGER)),
    'ffffffffffffff0f',
  );
  assert.equal(
    hex((to) => to.varintField(1, -1)),
    '08ffffffffffffffffff01',
  );
  assert.equal(
    hex((to) => to.varintField(1, -2)),
    '08feffffffffffffffff01',
  );
});

test('text is "testing" as the guide has it, and an empty one is not written', () => {
  assert.equal(
    hex((to) => to.textField(2, 'testing')),
    '120774657374696e67',
  );
  assert.equal(
    hex((to) => to.textField(2, '')),
    '',
  );
  assert.equal(
    hex((to) => to.textField(2, 'é€😀')),
    '1209c3a9e282acf09f9880',
  );
});

test('a message inside a message has the shortest length, whatever was expected', () => {
  for (const expected of [0, 127, 128, 20_000, 3_000_000])
    for (const length of [0, 1, 127, 128, 16_383, 16_384]) {
      const writer = new Writer(1);
      const outer = writer.open(3, expected);
      const inner = writer.open(1, expected);
      writer.copy(Buffer.alloc(length, 7));
      writer.close(inner);
      writer.close(outer);
      const varint = (value: number) => hex((to) => to.varint(value));
      const body = `0a${varint(length)}${'07'.repeat(length)}`;
      assert.equal(writer.written().toString('hex'), `1a${varint(body.length / 2)}${body}`);
    }
});

test('times become nanoseconds without losing one', () => {
  const nanos = (ms: number): bigint => {
    const writer = new Writer();
    writer.nanosField(1, ms);
    return writer.written().readBigUInt64LE(1);
  };
  for (const ms of [1, 65_535, 65_536, 1_700_000_000_123, 2 ** 42 - 1, 8_640_000_000_000_000 / 1_000])
    assert.equal(nanos(ms), BigInt(ms) * 1_000_000n);
  assert.equal(nanos(1.5), 1_500_000n);
  assert.equal(nanos(1_700_000_000_123.25), 1_700_000_000_123_250_000n);
  assert.equal(
    hex((to) => to.nanosField(1, 0)),
    '',
  );
  assert.equal(
    hex((to) => to.nanosField(1, Number.NaN)),
    '',
  );
});

test('fixed numbers and doubles lie as they do in memory', () => {
  assert.equal(
    hex((to) => to.doubleField(1, 0)),
    '090000000000000000',
  );
  assert.equal(
    hex((to) => to.doubleField(1, -2.5)),
    '0900000000000004c0',
  );
  assert.equal(
    hex((to) => to.fixed64Field(1, 1n)),
    '090100000000000000',
  );
  assert.equal(
    hex((to) => to.fixed32Field(8, 258)),
    '4502010000',
  );
});
