import assert from 'node:assert/strict';
import { test } from 'node:test';
import { between, seeded } from '../../kernel/testing/random.ts';
import { EntryWriter } from './entry-writer.ts';
import { ExportError, readEntries } from './export-format.ts';

type Fields = readonly (readonly [string, string])[];

function field([name, value]: readonly [string, string], binary: boolean): Buffer {
  const bytes = Buffer.from(value);
  if (!binary) return Buffer.concat([Buffer.from(`${name}=`), bytes, Buffer.from('\n')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')]);
}

const exported = (fields: Fields) =>
  Buffer.concat([...fields.map((one) => field(one, /[\n\u0000]/.test(one[1]) || one[1].length % 3 === 0)), Buffer.from('\n')]);

test('entries come out whole, however they were cut on the way, with fields of text and of bytes', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = seeded(seed);
    const entries = Array.from({ length: between(random, 1, 8) }, (_, index): Fields => {
      const message = Array.from({ length: between(random, 0, 9) }, () => ['a', '=', '\n', '\u0000', 'é', '"'][between(random, 0, 5)]).join(
        '',
      );
      return [
        ['__CURSOR', `c${index}`],
        ['__REALTIME_TIMESTAMP', `${1_700_000_000_000_000 + index}`],
        ['MESSAGE', message],
      ];
    });
    const all = Buffer.concat(entries.map(exported));
    const writer = new EntryWriter('all', 1 << 20, () => assert.fail('nothing is too long'));
    const got: unknown[] = [];
    const times: number[] = [];
    let rest = Buffer.alloc(0);
    for (let at = 0; at < all.length; ) {
      const next = at + between(random, 1, 40);
      rest = Buffer.concat([rest, all.subarray(at, next)]);
      rest = rest.subarray(readEntries(rest, writer));
      const { bytes, starts, ends, times: read } = writer.take();
      for (const [record, start] of starts.entries()) got.push(JSON.parse(bytes.toString('utf8', start, ends[record])));
      times.push(...read);
      at = next;
    }
    assert.deepEqual(
      got,
      entries.map((fields) => Object.fromEntries(fields)),
      `seed ${seed}`,
    );
    assert.equal(rest.length, 0);
    assert.equal(writer.cursor, `c${entries.length - 1}`);
    assert.equal(times[0], 1_700_000_000_000);
  }
});

test('the main fields have plain names, and what a program added stands beside them', () => {
  const writer = new EntryWriter('main', 5, () => {
    cut += 1;
  });
  let cut = 0;
  const entry: Fields = [
    ['_TRANSPORT', 'journal'],
    ['PRIORITY', '3'],
    ['_PID', '42'],
    ['_COMM', 'sh'],
    ['ORDER_ID', '7'],
    ['MESSAGE', 'too long'],
  ];
  readEntries(exported(entry), writer);
  const { bytes } = writer.take();
  assert.equal(bytes.toString(), '{"message":"too l","priority":"err","identifier":"sh","pid":42,"order_id":"7"}');
  assert.equal(cut, 2, 'the transport and the message');
});

test('the message alone is text, any bytes', () => {
  const writer = new EntryWriter('message', 100, () => {});
  readEntries(Buffer.concat([exported([['MESSAGE', 'a\nb']]), exported([['OTHER', 'x']])]), writer);
  const { bytes, starts, ends } = writer.take();
  assert.deepEqual(
    [...starts].map((start, record) => bytes.toString('utf8', start, ends[record])),
    ['a\nb', ''],
  );
});

test('what is no such format is an error and not a record', () => {
  const writer = new EntryWriter('all', 100, () => {});
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(2n);
  assert.throws(() => readEntries(Buffer.concat([Buffer.from('MESSAGE\n'), length, Buffer.from('abc\n\n')]), writer), ExportError);
  assert.throws(() => readEntries(Buffer.from(`${'x'.repeat(300)}\n`), writer), ExportError);
});
