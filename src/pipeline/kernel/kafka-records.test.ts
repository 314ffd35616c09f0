import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBatch, type LogColumns } from '../batch.ts';
import { Receipt } from '../receipt.ts';
import { createSlabPool } from '../slab-pool.ts';
import type { Stream } from '../stream.ts';
import { encodePlainly } from './kafka-plain.ts';
import { encodeKafkaRecords, identityHeader, kafkaHeaders, type RecordsOptions, sizeOfKafkaRecord } from './kafka-records.ts';
import { indexLines } from './lines.ts';
import { between, seeded } from './testing/random.ts';
import { readRecords } from './testing/records.ts';

const stream: Stream = { source: 'app', generation: '0123456789abcdef', labels: {}, tags: [], format: 'text' };
const bare: RecordsOptions = { baseTimestampMs: 1_000, firstOffsetDelta: 0, identity: false };

function slabs() {
  const pool = createSlabPool(2);
  const [lines, out] = [pool.take(), pool.take()];
  assert.ok(lines && out);
  out.bytes.fill(0xee);
  return { lines, out: out.bytes };
}

/** The text's lines as a batch in a slab, and where to write. */
function batchOf(text: Buffer | string, more: Partial<LogColumns> = {}) {
  const { lines, out } = slabs();
  const length = typeof text === 'string' ? lines.bytes.write(text, 'latin1') : text.copy(lines.bytes);
  const count = indexLines(lines, 0, length);
  const { bytes, starts, ends } = lines;
  const receipt = new Receipt(() => {});
  const batch = new LogBatch({ stream, bytes, starts, ends, count, base: 5_000_000_000, readAtMs: 1_007.9, receipt, slab: lines, ...more });
  return { batch, out };
}

function both(batch: LogBatch, from: number, out: Buffer, start: number, limit: number, options: RecordsOptions) {
  const encoded = encodeKafkaRecords(batch, from, out, start, limit, options);
  const heap = Buffer.alloc(out.length, 0xee);
  const plain = encodePlainly(batch, from, heap, start, limit, options);
  assert.deepEqual(encoded, plain);
  assert.equal(Buffer.compare(out, heap), 0, 'kernel and JavaScript wrote different bytes, or wrote where they must not');
  return { ...encoded, read: readRecords(heap.subarray(start, start + plain.bytes)) };
}

test('lines become records with deltas, no key and no headers', () => {
  const { batch, out } = batchOf('one\n\nthree\n');
  const { records, read, maxTimestampMs } = both(batch, 0, out, 61, out.length, { ...bare, firstOffsetDelta: 63 });
  assert.equal(records, 3);
  assert.equal(maxTimestampMs, 1_007);
  assert.deepEqual(
    read,
    ['one', '', 'three'].map((value, at) => ({ timeDelta: 7, offsetDelta: 63 + at, key: undefined, value, headers: [] })),
  );
});

test('the bytes of one record are those of the protocol guide', () => {
  const { batch, out } = batchOf('hi\n');
  const { bytes } = both(batch, 0, out, 0, 100, { ...bare, identity: true, headers: kafkaHeaders([['t', 'v']]) });
  const headers = '04 0274 0276 16 6661 6972 6c65 6164 2d69 64 20 0123456789abcdef 000000012a05f200';
  // Length (41, zigzag 82), attributes, timestamp delta 7, offset delta 0, no key, value of 2.
  assert.equal(out.toString('hex', 0, bytes), `52 00 0e 00 01 04 6869 ${headers}`.replaceAll(' ', ''));
});

test('the identity is the generation and the position of the record, own positions included', () => {
  const positions = Float64Array.of(3, 2 ** 53 - 1, 2 ** 32);
  for (const [more, expected] of [
    [{}, [5_000_000_000, 5_000_000_002, 5_000_000_004]],
    [{ positions }, [...positions]],
  ] as const) {
    const { batch, out } = batchOf('a\nb\nc\n', more);
    const { read } = both(batch, 0, out, 0, out.length, { ...bare, identity: true });
    const ids = read.map(({ headers }) => Buffer.from(headers[0]?.[1] ?? '', 'latin1'));
    assert.ok(read.every(({ headers }) => headers.length === 1 && headers[0]?.[0] === identityHeader));
    assert.deepEqual(
      ids.map((id) => id.toString('hex', 0, 8)),
      Array(3).fill(stream.generation),
    );
    assert.deepEqual(
      ids.map((id) => Number(id.readBigUInt64BE(8))),
      expected,
    );
  }
});

test('times may be before the base, have fractions, be missing or be nonsense', () => {
  const times = Float64Array.of(999.5, Number.NaN, 1_000.999, -5, Number.POSITIVE_INFINITY, 1e300, 1_900_000_000_000.25);
  const { batch, out } = batchOf('a\nb\nc\nd\ne\nf\ng\n', { times });
  const { read, maxTimestampMs } = both(batch, 0, out, 0, out.length, bare);
  assert.deepEqual(
    read.map(({ timeDelta }) => timeDelta),
    [-1, 7, 0, -1_005, 7, 7, 1_899_999_999_000],
  );
  assert.equal(maxTimestampMs, 1_900_000_000_000);
});

test('what has no room below the limit is left to the next call, and not a byte is written behind the limit', () => {
  const { batch, out } = batchOf('one\ntwo\nthree\n');
  const one = sizeOfKafkaRecord(batch, 0, 0, bare);
  assert.deepEqual(both(batch, 0, out, 10, 10 + one * 2, bare).records, 2);
  out.fill(0xee);
  assert.deepEqual(both(batch, 0, out, 10, 10 + one * 2 - 1, bare).records, 1);
  out.fill(0xee);
  const none = both(batch, 2, out, 10, 10 + one, bare);
  assert.deepEqual([none.records, none.bytes, none.maxTimestampMs], [0, 0, -1]);
  assert.ok(out.every((byte) => byte === 0xee));
  assert.equal(both(batch, 2, out, 10, 10 + sizeOfKafkaRecord(batch, 2, 0, bare), bare).records, 1);
});

test('records have the keys that are pointed at: some, an empty one, none', () => {
  const { batch, out } = batchOf('alpha=1\nbeta=2\ngamma=3\n');
  const keys = { keyStarts: Uint32Array.of(0, 8, 2), keyEnds: Uint32Array.of(5, 8, 0) };
  const { read } = both(batch, 0, out, 0, out.length, { ...bare, ...keys });
  assert.deepEqual(
    read.map(({ key }) => key),
    ['alpha', '', undefined],
  );
  assert.deepEqual(
    read.map(({ value }) => value),
    ['alpha=1', 'beta=2', 'gamma=3'],
  );
});

test('a selection is encoded in its order, from where it is asked for', () => {
  const { batch, out } = batchOf('a\nb\nc\nd\ne\n', { times: Float64Array.of(1_001, 1_002, 1_003, 1_004, 1_005) });
  const select = Uint32Array.of(4, 0, 3, 1);
  const { read, records } = both(batch, 1, out, 0, out.length, { ...bare, identity: true, select, to: 3 });
  assert.equal(records, 2);
  assert.deepEqual(
    read.map(({ value, timeDelta, offsetDelta }) => [value, timeDelta, offsetDelta]),
    [
      ['a', 1, 0],
      ['d', 4, 1],
    ],
  );
});

test('fields are inserted in front of the last byte of every record', () => {
  const { batch, out } = batchOf('{"a":1}\n{"b":{}}\n');
  const insert = Buffer.from(',"tags":["x"]');
  const { read, records } = both(batch, 0, out, 0, out.length, { ...bare, insert });
  assert.deepEqual(
    read.map(({ value }) => value),
    ['{"a":1,"tags":["x"]}', '{"b":{},"tags":["x"]}'],
  );
  const size = sizeOfKafkaRecord(batch, 0, 0, { ...bare, insert }) + sizeOfKafkaRecord(batch, 1, 1, { ...bare, insert });
  assert.equal(records, 2);
  out.fill(0xee);
  assert.equal(both(batch, 0, out, 0, size - 1, { ...bare, insert }).records, 1);
});

test('records on the heap are encoded into a slab as others are: long ones, short ones, in any order, chosen ones', () => {
  const { out } = slabs();
  for (let seed = 1; seed <= 8; seed++) {
    const random = seeded(seed);
    const lengths = Array.from({ length: 900 }, () => (between(random, 0, 300) === 0 ? 300_000 : between(random, 0, 600)));
    const bytes = Buffer.alloc(lengths.reduce((sum, length) => sum + length, 0));
    for (let at = 0; at < bytes.length; at += 5) bytes[at] = between(random, 0, 255);
    const ends = Uint32Array.from(lengths);
    for (let at = 1; at < ends.length; at++) ends[at] = (ends[at] ?? 0) + (ends[at - 1] ?? 0);
    const starts = ends.map((end, at) => end - (lengths[at] ?? 0));
    if (seed % 3 === 0) for (const column of [starts, ends]) column.reverse();
    const receipt = new Receipt(() => {});
    const batch = new LogBatch({ stream, bytes, starts, ends, count: lengths.length, base: 7, readAtMs: 1_000, receipt });
    const select = seed % 2 === 0 ? Uint32Array.from({ length: 400 }, () => between(random, 0, 899)) : undefined;
    out.fill(0xee);
    const insert = seed % 4 === 0 ? Buffer.from('more') : undefined;
    const { records } = both(batch, 3, out, 50, out.length, { ...bare, identity: true, select, insert });
    assert.ok(records > 0);
  }
});

test('random batches: the same bytes with the kernel as without, and they read back as what they were made of', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seeded(seed);
    const lengths = Array.from({ length: between(random, 1, 300) }, () => between(random, 0, [3, 70, 300, 9_000][seed % 4] ?? 0));
    const lines = lengths.map((length) => Buffer.from(Array.from({ length }, () => between(random, 11, 255))).toString('latin1'));
    const times = Float64Array.from(lines, () => between(random, -2_000, 90_000) + random());
    const { batch, out } = batchOf(`${lines.join('\n')}\n`.slice(0, 2 ** 20), {
      ...(seed % 3 === 0 ? { times } : {}),
      ...(seed % 5 === 0 ? { positions: Float64Array.from(lines, () => between(random, 0, 2 ** 50)) } : {}),
    });
    const constant = kafkaHeaders(Array.from({ length: between(random, 0, 3) }, (_, at) => [`k${at}`, 'é'.repeat(between(random, 0, 80))]));
    const from = between(random, 0, batch.count - 1);
    const start = between(random, 0, 200);
    const options = { baseTimestampMs: 1_000, firstOffsetDelta: between(random, 0, 9_000), identity: seed % 2 === 0, headers: constant };
    const { read, records } = both(batch, from, out, start, between(random, start, out.length), options);
    assert.deepEqual(
      read.map(({ value }) => value),
      lines.slice(from, from + records),
      `seed ${seed}`,
    );
    assert.ok(read.every(({ headers }) => headers.length === constant.count + (options.identity ? 1 : 0)));
  }
});

test('a record that is alone too large for any slab has a size, and fits into exactly that much', () => {
  const bytes = Buffer.alloc(3_000_000, 120);
  const receipt = new Receipt(() => {});
  const columns = { starts: Uint32Array.of(0), ends: Uint32Array.of(bytes.length), count: 1, base: 0, readAtMs: 1_000 };
  const batch = new LogBatch({ stream, bytes, ...columns, receipt });
  const size = sizeOfKafkaRecord(batch, 0, 0, bare);
  assert.deepEqual(encodeKafkaRecords(batch, 0, Buffer.alloc(size), 0, size, bare), { records: 1, bytes: size, maxTimestampMs: 1_000 });
  assert.equal(encodeKafkaRecords(batch, 0, Buffer.alloc(size), 0, size - 1, bare).records, 0);
});
