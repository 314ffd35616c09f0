import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../core/manual-clock.ts';
import { watchStalls } from './stall-watch.ts';

function start() {
  const clock = manualClock();
  const cuts: string[] = [];
  const probes: PromiseWithResolvers<void>[] = [];
  const watch = watchStalls({
    clock,
    probe: () => {
      const one = Promise.withResolvers<void>();
      probes.push(one);
      return one.promise;
    },
    cut: (reason) => void cuts.push(reason),
  });
  return { clock, cuts, probes, watch };
}
const settled = () => new Promise(setImmediate);

test('what hangs is given up when no new connection can be opened either', async () => {
  const { clock, cuts, probes, watch } = start();
  watch.started();
  clock.advance(2_000);
  assert.equal(probes.length, 0);
  clock.advance(1_000);
  assert.equal(probes.length, 1);
  clock.advance(5_000);
  assert.equal(probes.length, 1, 'one at a time');
  probes[0]?.reject(new Error('192.0.2.1:80 did not answer'));
  await settled();
  assert.deepEqual(cuts, ['no answer, and 192.0.2.1:80 did not answer']);
});

test('a receiver that is slow is left in peace', async () => {
  const { clock, cuts, probes, watch } = start();
  watch.started();
  clock.advance(3_000);
  probes[0]?.resolve();
  await settled();
  clock.advance(9_000);
  assert.equal(probes.length, 1);
  clock.advance(2_000);
  assert.equal(probes.length, 2);
  assert.deepEqual(cuts, []);
});

test('answers to others are progress, and with nothing under way nobody looks', async () => {
  const { clock, cuts, probes, watch } = start();
  watch.started();
  for (let second = 0; second < 20; second++) {
    watch.started();
    clock.advance(1_000);
    watch.ended();
  }
  assert.equal(probes.length, 0);
  clock.advance(3_000);
  assert.equal(probes.length, 1);
  watch.ended();
  probes[0]?.reject(new Error('refused'));
  await settled();
  clock.advance(60_000);
  assert.deepEqual([probes.length, cuts.length], [1, 0]);
});

test('an answer that came while the connection was tried counts more', async () => {
  const { clock, cuts, probes, watch } = start();
  watch.started();
  watch.started();
  clock.advance(3_500);
  watch.ended();
  probes[0]?.reject(new Error('refused'));
  await settled();
  assert.deepEqual(cuts, []);
});
