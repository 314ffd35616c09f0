import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dice, pieces } from '../../listening/testing/random.ts';
import { LineFramer } from './lines.ts';

function read(chunks: readonly Buffer[], maxLine: number, busyEvery = 0) {
  const lines: Buffer[] = [];
  let cuts = 0;
  let offers = 0;
  const framer = new LineFramer(maxLine, (bytes, from, to, cut) => {
    offers += 1;
    if (busyEvery > 0 && offers % busyEvery === 0) return false;
    lines.push(Buffer.from(bytes.subarray(from, to)));
    if (cut) cuts += 1;
    return true;
  });
  for (const chunk of chunks) for (let at = framer.feed(chunk, 0); at < chunk.length; ) at = framer.feed(chunk, at);
  while (!framer.end());
  return { lines: lines.map((line) => line.toString('latin1')), cuts };
}

test('all bytes between line feeds are lines, empty ones and the last one without an end too', () => {
  assert.deepEqual(read([Buffer.from('a\r\n\n\0\u00ff\nlast', 'latin1')], 100).lines, ['a\r', '', '\0ÿ', 'last']);
  assert.deepEqual(read([Buffer.from('a\n')], 100).lines, ['a']);
});

test('however the bytes are cut, and however often there is no room, the lines are the same', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = dice(seed);
    const bytes = Buffer.from(Array.from({ length: random.below(300) }, () => random.pick([0x0a, 0x61, 0x00, 0xff, 0x62])));
    const text = bytes.toString('latin1');
    const wanted = (text.endsWith('\n') || text === '' ? text.slice(0, -1) : text).split('\n').map((line) => line.slice(0, 10));
    const { lines } = read(pieces(bytes, random, 9), 10, random.pick([0, 2, 3]));
    assert.deepEqual(lines, text === '' ? [] : wanted, `seed ${seed}`);
  }
});

test('a line that is too long is cut and counted', () => {
  assert.deepEqual(read(pieces(Buffer.from(`${'x'.repeat(100)}\ny\n`), dice(1), 7), 10), { lines: ['x'.repeat(10), 'y'], cuts: 1 });
});
