import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dice, pieces } from '../../listening/testing/random.ts';
import { type Framing, SyslogFramer } from './framer.ts';

interface Heard {
  readonly messages: string[];
  readonly cut: number;
}

/** `busyEvery`: every so many messages there is no room at first. */
function hear(chunks: readonly Buffer[], framing: Framing = 'auto', maxMessage = 100, busyEvery = 0): Heard {
  const messages: string[] = [];
  let cuts = 0;
  let offers = 0;
  const framer = new SyslogFramer(framing, maxMessage, (bytes, from, to, cut) => {
    offers += 1;
    if (busyEvery > 0 && offers % busyEvery === 0) return false;
    messages.push(bytes.toString('latin1', from, to));
    if (cut) cuts += 1;
    return true;
  });
  for (const chunk of chunks) for (let at = framer.feed(chunk, 0); at < chunk.length; ) at = framer.feed(chunk, at);
  while (!framer.end());
  return { messages, cut: cuts };
}

test('counted messages and lines are told apart, one by one', () => {
  const bytes = Buffer.from('5 <1>ab6 <2>c\nd<3>line\n4 <4>x\n<5>last');
  assert.deepEqual(hear([bytes]).messages, ['<1>ab', '<2>c\nd', '<3>line', '<4>x', '<5>last']);
});

test('digits that are no length begin a line', () => {
  assert.deepEqual(hear([Buffer.from('12: cisco\n123\n0 zero\n')]).messages, ['12: cisco', '123', '0 zero']);
});

test('however the bytes are cut, and however often there is no room, the messages are the same', () => {
  for (let seed = 1; seed <= 400; seed++) {
    const random = dice(seed);
    const wanted: string[] = [];
    const parts: string[] = [];
    for (let count = 0; count < 1 + random.below(8); count++) {
      const text = `<${random.below(192)}>${'x\ny'.repeat(random.below(10))}${random.below(10_000)}`;
      const counted = random.below(2) === 0;
      const message = counted ? text : text.replaceAll('\n', ' ');
      wanted.push(message);
      parts.push(counted ? `${message.length} ${message}` : `${message}\n`);
    }
    const bytes = Buffer.from(parts.join(''));
    const heard = hear(pieces(bytes, random, 1 + random.below(20)), 'auto', 100, random.pick([0, 2, 3]));
    assert.deepEqual(heard, { messages: wanted, cut: 0 }, `seed ${seed}`);
  }
});

test('a message that is too long is cut, and the next one is whole', () => {
  assert.deepEqual(hear([Buffer.from(`${'x'.repeat(500)}\nnext\n`)], 'auto', 10), { messages: ['x'.repeat(10), 'next'], cut: 1 });
  assert.deepEqual(hear([Buffer.from(`500 ${'x'.repeat(500)}4 next`)], 'auto', 10), { messages: ['x'.repeat(10), 'next'], cut: 1 });
  const slowly = pieces(Buffer.from(`500 ${'x'.repeat(500)}4 next`), dice(1), 7);
  assert.deepEqual(hear(slowly, 'auto', 10), { messages: ['x'.repeat(10), 'next'], cut: 1 });
});

test('a line of 1 GiB without an end keeps what is allowed and no more', () => {
  let kept = 0;
  const framer = new SyslogFramer('auto', 65_536, (_, from, to) => {
    kept = to - from;
    return true;
  });
  const chunk = Buffer.alloc(1 << 20, 'x');
  for (let count = 0; count < 1_024; count++) {
    framer.feed(chunk, 0);
    assert.ok(framer.reserved <= 65_536);
  }
  framer.feed(Buffer.from('\n'), 0);
  assert.equal(kept, 65_536);
  assert.equal(framer.reserved, 0);
});

test('random bytes never break the framer', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const random = dice(seed);
    const bytes = Buffer.from(
      Array.from({ length: random.below(200) }, () => random.pick([0x31, 0x39, 0x20, 0x0a, 0x3c, 0x00, 0xff, 0x61])),
    );
    const heard = hear(pieces(bytes, random, 9), random.pick(['auto', 'octet-counting', 'newline'] as const), 20);
    assert.ok(heard.messages.every((message) => message.length <= 20));
  }
});
