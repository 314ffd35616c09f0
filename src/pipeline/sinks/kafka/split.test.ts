import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBatch } from '../../batch.ts';
import { encodeKafkaRecords, kafkaHeaders } from '../../kernel/kafka-records.ts';
import { Receipt } from '../../receipt.ts';
import type { Stream } from '../../stream.ts';
import { positionOf, recordsOf, rewritten, splitShares } from './split.ts';

const stream: Stream = { source: 's', generation: '00112233aabbccdd', labels: {}, tags: [], format: 'text' };
const receipt = () => new Receipt(() => {});

function encode(texts: readonly string[], firstTimeMs: number): Buffer {
  const bytes = Buffer.from(texts.join(''));
  const ends = Uint32Array.from(texts, (_, at) => texts.slice(0, at + 1).join('').length);
  const starts = Uint32Array.from(texts, (text, at) => (ends[at] ?? 0) - text.length);
  const times = Float64Array.from(texts, (_, at) => firstTimeMs + 1000 * at);
  const count = texts.length;
  const batch = new LogBatch({ ...{ stream, bytes, starts, ends, count, base: 5_000_000_000, times, readAtMs: 0 }, receipt: receipt() });
  const out = Buffer.alloc(40_000);
  const options = { baseTimestampMs: firstTimeMs, firstOffsetDelta: 0, identity: true, headers: kafkaHeaders([['source', 'lab']]) };
  return out.subarray(0, encodeKafkaRecords(batch, 0, out, 0, out.length, options).bytes);
}

const texts = Array.from({ length: 200 }, (_, at) => `record ${at}`);

test('records are found again in what was encoded, with value and position', () => {
  const plain = encode(texts, 0);
  const views = recordsOf(plain);
  assert.deepEqual(
    views.map(({ valueStart, valueEnd }) => plain.toString('utf8', valueStart, valueEnd)),
    texts,
  );
  assert.deepEqual(
    views.map((view) => positionOf(plain, view)),
    texts.map((_, at) => 5_000_000_000 + texts.slice(0, at).join('').length),
  );
});

test('the second half, written anew, is what a batch of its own would have been', () => {
  const plain = encode(texts, 0);
  const half = rewritten(plain, recordsOf(plain).slice(100));
  const views = recordsOf(half);
  assert.equal(views.length, 100);
  assert.deepEqual(
    views.map(({ timestampDelta }) => timestampDelta),
    texts.slice(100).map((_, at) => 1000 * (100 + at)),
  );
  const whole = rewritten(plain, recordsOf(plain));
  assert.ok(whole.equals(plain), 'all of them together are the same bytes');
});

test('shares are divided where the batch is, and one that lies on both sides is held once more', () => {
  const settled: boolean[] = [];
  const shared = new Receipt((delivered) => settled.push(delivered));
  const shares = [
    { receipt: receipt(), stream, records: 3, bytes: 30 },
    { receipt: shared, stream, records: 4, bytes: 40 },
    { receipt: receipt(), stream, records: 1, bytes: 10 },
  ];
  const [before, after] = splitShares(shares, 4);
  assert.deepEqual(
    before.map(({ records, bytes }) => [records, bytes]),
    [
      [3, 30],
      [1, 10],
    ],
  );
  assert.deepEqual(
    after.map(({ records, bytes }) => [records, bytes]),
    [
      [3, 30],
      [1, 10],
    ],
  );
  shared.release();
  assert.deepEqual(settled, []);
  shared.release();
  assert.deepEqual(settled, [true]);
});
