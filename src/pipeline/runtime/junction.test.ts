import assert from 'node:assert/strict';
import test from 'node:test';
import type { Batch } from '../batch.ts';
import { LogBatch } from '../batch.ts';
import { newSourceCounters } from '../counters.ts';
import { Receipt } from '../receipt.ts';
import { Junction, type LiveOutlet } from './junction.ts';
import type { Outlet } from './outlet.ts';

function batchOf(lines: readonly string[], settled: (delivered: boolean) => void): LogBatch {
  const bytes = Buffer.from(lines.join(''));
  const ends = Uint32Array.from(lines.map((_, index) => lines.slice(0, index + 1).join('').length));
  const starts = Uint32Array.from(lines.map((line, index) => (ends[index] ?? 0) - line.length));
  return new LogBatch({
    ...{ bytes, starts, ends, count: lines.length, base: 0, readAtMs: 0, receipt: new Receipt(settled) },
    stream: { source: 's', generation: '00000000000000aa', labels: {}, tags: [], format: 'text' },
  });
}

function outletOf(name: string) {
  const got: Batch[] = [];
  const outlet = { push: (batch: Batch) => void got.push(batch) } as unknown as Outlet;
  const live: LiveOutlet = { name, takes: 'both', outlet, taps: new Set() };
  const texts = () =>
    got.flatMap((batch) =>
      batch.kind === 'logs'
        ? Array.from({ length: batch.count }, (_, record) => batch.bytes.toString('utf8', batch.starts[record], batch.ends[record]))
        : [],
    );
  return { live, texts, release: () => got.splice(0).forEach((batch) => batch.receipt.release()) };
}

const startsWith = (letter: string) => ({
  matches: (batch: LogBatch) =>
    Uint8Array.from({ length: batch.count }, (_, record) => (batch.bytes[batch.starts[record] ?? 0] === letter.charCodeAt(0) ? 1 : 0)),
});

test('each route takes what it asks for, and the other one what none took; the receipt settles after all of them', () => {
  const errors = outletOf('errors');
  const both = outletOf('both');
  const rest = outletOf('rest');
  const junction = new Junction(newSourceCounters());
  const route = (key: string, more: object) => ({
    key,
    from: ['s'],
    when: undefined,
    otherwise: false,
    chain: undefined,
    outlets: [],
    ...more,
  });
  junction.routes = [
    route('1', { when: startsWith('e'), outlets: [errors.live, both.live] }),
    route('2', { when: startsWith('w'), outlets: [both.live] }),
    route('3', { otherwise: true, outlets: [rest.live] }),
  ];
  const settled: boolean[] = [];
  junction.push(batchOf(['e1', 'w1', 'x1', 'e2'], (delivered) => settled.push(delivered)));
  assert.deepEqual(errors.texts(), ['e1', 'e2']);
  assert.deepEqual(both.texts(), ['e1', 'e2', 'w1']);
  assert.deepEqual(rest.texts(), ['x1']);
  errors.release();
  both.release();
  assert.deepEqual(settled, []);
  rest.release();
  assert.deepEqual(settled, [true]);
  assert.equal(junction.unrouted, 0);
});

test('what no route wants is counted, and its receipt is released', () => {
  const errors = outletOf('errors');
  const junction = new Junction(newSourceCounters());
  junction.routes = [{ key: '1', from: ['s'], when: startsWith('e'), otherwise: false, chain: undefined, outlets: [errors.live] }];
  const settled: boolean[] = [];
  junction.push(batchOf(['a', 'b'], (delivered) => settled.push(delivered)));
  assert.deepEqual(settled, [true]);
  assert.equal(junction.unrouted, 2);
});
