import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBatch } from '../batch.ts';
import { Receipt } from '../receipt.ts';
import type { Slab, SlabPool } from '../slab.ts';
import { createSlabPool } from '../slab-pool.ts';
import type { Format, Stream } from '../stream.ts';
import { createEncoder } from './create-encoder.ts';
import { inTurn } from './turns.ts';

const streamOf = (format: Format, tags: readonly string[] = ['web'], labels = {}): Stream => ({
  ...{ source: 'app', generation: '00000000000000aa', labels, tags, format },
});

function batchOf(stream: Stream, records: readonly (string | Buffer)[], slab?: Slab, settled = (_: boolean) => {}): LogBatch {
  const bytes = slab?.bytes ?? Buffer.alloc(records.reduce((sum, one) => sum + Buffer.byteLength(one) + 1, 100));
  const starts = slab?.starts ?? new Uint32Array(records.length);
  const ends = slab?.ends ?? new Uint32Array(records.length);
  let at = 0;
  for (const [index, record] of records.entries()) {
    starts[index] = at;
    at += Buffer.from(record).copy(bytes, at);
    ends[index] = at;
    at += bytes.write('\n', at);
  }
  return new LogBatch({
    stream,
    bytes,
    starts,
    ends,
    count: records.length,
    base: 1_000,
    readAtMs: 5,
    receipt: new Receipt(settled),
    slab,
  });
}

const textOf = (batch: LogBatch) =>
  Array.from({ length: batch.count }, (_, index) => batch.bytes.toString('utf8', batch.starts[index], batch.ends[index]));

function encoded(encoding: 'auto' | 'raw' | 'json', stream: Stream, records: readonly (string | Buffer)[]): readonly string[] {
  const batch = createEncoder(encoding, { slabs: createSlabPool(2) })(batchOf(stream, records));
  assert.ok(!(batch instanceof Promise));
  return textOf(batch);
}

test('raw and auto on lines of text give the same batch', () => {
  for (const encoding of ['raw', 'auto'] as const) {
    const batch = batchOf(streamOf('text'), ['a line']);
    assert.equal(createEncoder(encoding, { slabs: createSlabPool(1) })(batch), batch);
  }
});

test('objects get tags and labels before their last brace, unless they have them', () => {
  const stream = streamOf('json', ['web', 'q"'], { env: 'prod' });
  assert.deepEqual(
    encoded('auto', stream, [
      '{"a":1}',
      ' { } ',
      '{"tags":[],"a":2}',
      '{"labels":0}\r',
      '{"t\\u0061gs":1,"labels":2}',
      'no object',
      '{"a":{"tags":1}}',
    ]),
    [
      '{"a":1,"tags":["web","q\\""],"labels":{"env":"prod"}}',
      ' { "tags":["web","q\\""],"labels":{"env":"prod"}}',
      '{"tags":[],"a":2,"labels":{"env":"prod"}}',
      '{"labels":0,"tags":["web","q\\""]}',
      '{"t\\u0061gs":1,"labels":2}',
      'no object',
      '{"a":{"tags":1},"tags":["web","q\\""],"labels":{"env":"prod"}}',
    ],
  );
});

test('json makes an object of every record, with invalid UTF-8 replaced and on one line', () => {
  const broken = Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff, 0x41), Buffer.from('"}')]);
  assert.deepEqual(encoded('json', streamOf('json'), ['{"a":1}', '{broken}', '[1]', broken, Buffer.of(0xc3), '{\n"a":\n1}']), [
    '{"a":1,"tags":["web"]}',
    '{"message":"{broken}","tags":["web"]}',
    '{"message":"[1]","tags":["web"]}',
    '{"a":"\ufffdA","tags":["web"]}',
    '{"message":"\ufffd","tags":["web"]}',
    '{ "a": 1,"tags":["web"]}',
  ]);
  assert.deepEqual(encoded('json', streamOf('text', []), ['say "hi"\t\u0001\\', '{"a":1}', '']), [
    '{"message":"say \\"hi\\"\\t\\u0001\\\\"}',
    '{"message":"{\\"a\\":1}"}',
    '{"message":""}',
  ]);
});

test('json with nothing to add gives the same batch when all are objects', () => {
  const encode = createEncoder('json', { slabs: createSlabPool(1) });
  const fine = batchOf(streamOf('json', []), ['{"a":1}', '{}']);
  assert.equal(encode(fine), fine);
  const mixed = encode(batchOf(streamOf('json', []), ['{"a":1}', 'x']));
  assert.ok(!(mixed instanceof Promise));
  assert.deepEqual(textOf(mixed), ['{"a":1}', '{"message":"x"}']);
});

test('identities, times and the receipt go on, and the slab that came in goes back', () => {
  const pool = createSlabPool(3);
  const settled: boolean[] = [];
  const slab = pool.take();
  const batch = batchOf(streamOf('json'), Array<string>(2_000).fill('{"level":"info","message":"something of some length"}'), slab, (ok) =>
    settled.push(ok),
  );
  const result = createEncoder('auto', { slabs: pool })(batch);
  assert.ok(!(result instanceof Promise));
  assert.equal(pool.out, 1);
  assert.notEqual(result.slab, slab);
  for (const record of [0, 1, 1_999]) assert.equal(result.positionOf(record), batch.positionOf(record));
  result.free();
  result.receipt.release();
  assert.equal(pool.out, 0);
  assert.deepEqual(settled, [true]);
});

/** One sink with a full slab of records that all grow: more than fits into any slab, while the pool has none left. */
test('what grows beyond a slab is written whole, waits in turn when memory is out, and goes on', async () => {
  const pool: SlabPool = createSlabPool(0);
  const encode = createEncoder('auto', { slabs: pool });
  const line = `{"message":"${'x'.repeat(190)}"}`;
  const make = (first: string) => batchOf(streamOf('json', ['a-tag-of-some-length']), [first, ...Array<string>(5_000).fill(line)]);
  const results = ['{"n":0}', '{"n":1}', '{"n":2}', '{"n":3}', '{"n":4}', '{"n":5}'].map((first) => encode(make(first)));
  const [ready, waiting] = [results.slice(0, 4), results.slice(4)];
  for (const one of ready) {
    assert.ok(!(one instanceof Promise));
    assert.equal(textOf(one).at(-1), `{"message":"${'x'.repeat(190)}","tags":["a-tag-of-some-length"]}`);
  }
  for (const one of waiting) assert.ok(one instanceof Promise);
  for (const one of ready) (await one).free();
  assert.deepEqual(await Promise.all(waiting.map(async (one) => textOf(await one)[0])), [
    '{"n":4,"tags":["a-tag-of-some-length"]}',
    '{"n":5,"tags":["a-tag-of-some-length"]}',
  ]);
});

test('work that had to wait is not overtaken', async () => {
  let room = false;
  const gate = Promise.withResolvers<void>();
  const done: number[] = [];
  const work = inTurn(
    (value: number) => (room ? done.push(value) : undefined),
    () => gate.promise,
  );
  const first = work(1);
  room = true;
  const second = work(2);
  gate.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(done, [1, 2]);
  assert.equal(work(3), 3);
});
