import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outOf, tryOut } from '../try-out.ts';

const records = Array.from(
  { length: 2_000 },
  (_, index) => `{"trace":"${index % 500}","n":${index},"level":"${index % 100 === 0 ? 'error' : 'info'}"}`,
);

test('about the part that was asked for goes on, the same when it is read again', () => {
  const steps = [{ type: 'sample', ratio: 0.1 }];
  const once = outOf(steps, records, { base: 5_000 });
  assert.ok(once.length > 140 && once.length < 270, String(once.length));
  assert.deepEqual(outOf(steps, records, { base: 5_000 }), once);
  assert.notDeepEqual(outOf(steps, records, { base: 5_000, generation: 'b'.repeat(16) }), once);
  assert.deepEqual(outOf([{ type: 'sample', oneIn: 1 }], records), records);
  assert.deepEqual(outOf([{ type: 'sample', ratio: 0 }], records), []);
});

test('records with the same key share one fate, wherever they are and however the value is written', () => {
  const kept = outOf([{ type: 'sample', oneIn: 4, key: 'trace' }], records);
  const traces = new Set(kept.map((record) => /"trace":"(\d+)"/.exec(record)?.[1]));
  assert.equal(kept.length, traces.size * 4);
  assert.ok(traces.size > 80 && traces.size < 180, String(traces.size));
  const [trace] = traces;
  const spelled = `{"x":{},"trace":"${[...(trace ?? '')].map((digit) => `\\u003${digit}`).join('')}"}`;
  assert.deepEqual(
    outOf(
      [
        { type: 'sample', oneIn: 4, key: 'trace' },
        { type: 'add', fields: { a: 1 } },
      ],
      [spelled],
    ).length,
    1,
  );
});

test('the same records are chosen in every version', () => {
  const some = records.slice(0, 40);
  assert.deepEqual(
    outOf([{ type: 'sample', oneIn: 8, key: 'n' }], some).map((record) => Number(/"n":(\d+)/.exec(record)?.[1])),
    [2, 3, 26],
  );
  assert.deepEqual(
    outOf([{ type: 'sample', oneIn: 8 }], some).map((record) => Number(/"n":(\d+)/.exec(record)?.[1])),
    [4, 5, 6, 12, 13, 17, 20, 23, 25, 26, 30, 34, 35, 37, 39],
  );
});

test('always lets through more, also between transforms that change fields', () => {
  const errors = records.filter((record) => record.includes('error')).length;
  assert.equal(outOf([{ type: 'sample', ratio: 0, always: 'level == "error"' }], records).length, errors);
  const made = tryOut([
    { type: 'add', fields: { a: 1 } },
    { type: 'sample', ratio: 0, always: 'level == "error"' },
  ]);
  assert.equal(made.run(records).length, errors);
});
