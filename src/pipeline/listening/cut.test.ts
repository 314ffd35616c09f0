import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Receipt } from '../receipt.ts';
import { slabBytes, slabRecords } from '../slab.ts';
import type { Stream } from '../stream.ts';
import { cut, RecordRanges } from './cut.ts';
import { dice } from './testing/random.ts';

const stream: Stream = { source: 'test', generation: '0123456789abcdef', labels: {}, tags: [], format: 'text', pushed: true };

test('batches have all records in order, each within a slab, and positions as in the body', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = dice(seed);
    const body = Buffer.alloc(4 * slabBytes, 'x');
    const ranges = new RecordRanges();
    for (let at = 0; at < body.length - 1; ) {
      const length = 1 + random.below(random.below(50) === 0 ? 2 * slabBytes : 500);
      ranges.add(at, Math.min(body.length, at + length));
      at += length + 1;
    }
    const batches = cut(stream, body, ranges, 1_000, 0, new Receipt(() => {}));
    const seen: (readonly [number, number])[] = [];
    for (const batch of batches) {
      assert.ok(batch.count <= slabRecords);
      assert.ok(batch.count === 1 || batch.bytes.length <= slabBytes);
      for (let record = 0; record < batch.count; record++)
        seen.push([batch.positionOf(record), (batch.ends[record] ?? 0) - (batch.starts[record] ?? 0)]);
    }
    const wanted = Array.from({ length: ranges.count }, (_, record) => {
      const start = ranges.starts[record] ?? 0;
      return [1_000 + start, (ranges.ends[record] ?? 0) - start] as const;
    });
    assert.deepEqual(seen, wanted, `seed ${seed}`);
  }
});
