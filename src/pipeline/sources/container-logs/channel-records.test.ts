import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../core/clock.ts';
import { LogBatch } from '../../batch.ts';
import { ChannelRecords, joined } from '../../containers/channel-records.ts';
import { OutStreams } from '../../containers/out-streams.ts';
import { seeded } from '../../kernel/testing/random.ts';
import { Receipt } from '../../receipt.ts';
import { createSlabPool } from '../../slab-pool.ts';
import type { Stream } from '../../stream.ts';
import { rawLines } from './raw-lines.ts';
import { readers } from './readers.ts';

const stream: Stream = {
  source: 'pods',
  generation: '00000000000000aa',
  labels: { pod: 'web' },
  tags: [],
  format: 'text',
  path: '/var/log/x.log',
};

interface Got {
  readonly text: string;
  readonly channel: string | undefined;
  readonly position: number;
  readonly timeMs: number;
  readonly format: string;
}

/** Reads a file in portions, as the tailer does, and keeps what comes out. */
class Reading {
  readonly slabs = createSlabPool(2);
  readonly got: Got[] = [];
  readonly receipts: Receipt[] = [];
  /** By start of the portion: whether it was delivered. */
  readonly settled = new Map<number, boolean>();
  readonly file: ChannelRecords;
  cut = 0;
  foreign = 0;
  keep = false;

  constructor({ maxLineBytes = 1 << 20, joinTimeoutMs = 30_000 } = {}) {
    this.file = new ChannelRecords(
      stream.generation,
      stream.path ?? '',
      new OutStreams(stream, 'auto'),
      { read: readers.auto, maxLineBytes, joinTimeoutMs },
      {
        clock: systemClock,
        emit: (batch) => this.#emit(batch),
        cut: () => {
          this.cut += 1;
        },
        foreign: (_, lines) => {
          this.foreign += lines;
        },
      },
    );
  }

  portion(bytes: Buffer, base: number): void {
    const slab = this.slabs.take();
    assert.ok(slab !== undefined);
    bytes.copy(slab.bytes);
    const { count, consumed } = rawLines.frame(slab, 0, bytes.length, 'none');
    assert.equal(consumed, bytes.length, 'portions end with a line');
    const receipt = new Receipt((delivered) => this.settled.set(base, delivered));
    this.file.take(
      new LogBatch({ ...slab, slab, stream, count, base, readAtMs: 0, receipt, bytes: slab.bytes, starts: slab.starts, ends: slab.ends }),
    );
  }

  end(): void {
    for (const channel of joined) this.file.finish(channel);
    for (const receipt of this.receipts.splice(0)) receipt.release();
    assert.equal(this.slabs.out, 0);
    for (const [base, delivered] of this.settled) assert.ok(delivered, `${base}`);
  }

  of(channel: string | undefined): readonly string[] {
    return this.got.filter((one) => one.channel === channel).map(({ text }) => text);
  }

  #emit(batch: LogBatch): void {
    for (let record = 0; record < batch.count; record += 1) {
      const text = batch.bytes.toString('utf8', batch.starts[record], batch.ends[record]);
      const { labels, format } = batch.stream;
      this.got.push({ text, channel: labels.stream, position: batch.positionOf(record), timeMs: batch.timeOf(record), format });
    }
    batch.free();
    if (this.keep) this.receipts.push(batch.receipt);
    else batch.receipt.release();
  }
}

const time = '2026-01-02T03:04:05.000000001Z';
const cri = (channel: string, tag: string, text: string, at = time) => `${at} ${channel} ${tag} ${text}\n`;
const docker = (channel: string, log: string, at = time) => `${JSON.stringify({ log, stream: channel, time: at })}\n`;

test('parts are joined for each stream, also when the two are interleaved', () => {
  const reading = new Reading();
  const lines = [
    cri('stdout', 'P', 'out 1, '),
    cri('stderr', 'P', 'err 1, '),
    cri('stdout', 'P', 'out 2, '),
    cri('stderr', 'F', 'err 2'),
    cri('stdout', 'F', 'out 3'),
    cri('stdout', 'F', 'alone'),
  ];
  reading.portion(Buffer.from(lines.join('')), 0);
  reading.end();
  assert.deepEqual(reading.of('stdout'), ['out 1, out 2, out 3', 'alone']);
  assert.deepEqual(reading.of('stderr'), ['err 1, err 2']);
});

test('docker_partial_events_merging: a line of 50 KB is one record, whatever it was read with', () => {
  const text = `${'é"\\'.repeat(10_000)}end`;
  const parts = text.match(/[\s\S]{1,8000}/gu) ?? [];
  const lines = parts.map((part, index) => docker('stdout', index + 1 < parts.length ? part : `${part}\n`));
  for (const portions of [[lines.join('')], lines]) {
    const reading = new Reading();
    let base = 0;
    for (const one of portions) {
      reading.portion(Buffer.from(one), base);
      base += Buffer.byteLength(one);
    }
    reading.end();
    assert.deepEqual(reading.of('stdout'), [text]);
  }
});

test('a checkpoint does not move into a record that goes on', () => {
  const reading = new Reading();
  const first = cri('stdout', 'P', 'begin ');
  const second = cri('stderr', 'F', 'other');
  const third = cri('stdout', 'F', 'end');
  reading.portion(Buffer.from(first), 0);
  reading.portion(Buffer.from(second), first.length);
  assert.deepEqual([...reading.settled.keys()], [first.length], 'the part holds its receipt');
  reading.keep = true;
  reading.portion(Buffer.from(third), first.length + second.length);
  assert.equal(reading.settled.size, 1, 'until the record is delivered');
  reading.end();
  assert.equal(reading.settled.size, 3);
  assert.deepEqual(reading.of('stdout'), ['begin end']);
  assert.equal(reading.got.find(({ text }) => text === 'begin end')?.position, first.indexOf('begin'));
});

test('a record that failed gives back all that it was read in', () => {
  const reading = new Reading();
  reading.keep = true;
  const first = cri('stdout', 'P', 'begin ');
  reading.portion(Buffer.from(first), 0);
  reading.portion(Buffer.from(cri('stdout', 'F', 'end')), first.length);
  for (const receipt of reading.receipts.splice(0)) receipt.fail();
  assert.deepEqual([...reading.settled.values()], [false, false]);
});

test('a record that is longer than allowed is cut once, and what follows it is whole', () => {
  const reading = new Reading({ maxLineBytes: 100 });
  const lines = [
    cri('stdout', 'P', 'a'.repeat(80)),
    cri('stdout', 'P', 'b'.repeat(80)),
    cri('stdout', 'P', 'c'.repeat(80)),
    cri('stdout', 'F', 'd'),
    cri('stdout', 'F', 'whole'),
    cri('stdout', 'F', 'e'.repeat(101)),
  ];
  for (const portions of [[lines.join('')], lines]) {
    const one = portions.length === 1 ? reading : new Reading({ maxLineBytes: 100 });
    let base = 0;
    for (const portion of portions) {
      one.portion(Buffer.from(portion), base);
      base += portion.length;
    }
    one.end();
    assert.deepEqual(one.of('stdout'), ['a'.repeat(80) + 'b'.repeat(20), 'whole', 'e'.repeat(100)]);
    assert.equal(one.cut, 2);
  }
});

test('a part whose end never came is a record of its own when the next line is of much later', () => {
  const reading = new Reading();
  const lines = [cri('stdout', 'P', 'left behind'), cri('stdout', 'F', 'an hour later', '2026-01-02T04:04:05Z')];
  for (const line of lines) reading.portion(Buffer.from(line), 0);
  reading.end();
  assert.deepEqual(reading.of('stdout'), ['left behind', 'an hour later']);
});

test('what a container wrote last without a line feed is not joined with what it writes after its next start', () => {
  const reading = new Reading();
  const text = docker('stdout', 'password: ') + docker('stdout', 'started\n', '2026-01-02T03:04:07Z');
  reading.portion(Buffer.from(text), 0);
  reading.end();
  assert.deepEqual(reading.of('stdout'), ['password: ', 'started']);
});

test('records that are all JSON objects leave as JSON, and lines that no engine wrote as they are', () => {
  const reading = new Reading();
  reading.portion(Buffer.from([docker('stdout', '{"a":1}\n'), docker('stderr', 'text\n'), 'who wrote this?\n'].join('')), 0);
  reading.end();
  assert.deepEqual(
    reading.got.map(({ text, channel, format }) => [text, channel, format]),
    [
      ['{"a":1}', 'stdout', 'json'],
      ['text', 'stderr', 'text'],
      ['who wrote this?', undefined, 'text'],
    ],
  );
  assert.equal(reading.foreign, 1);
});

test('a carriage return in the middle of a record stays, one at its end does not', () => {
  const reading = new Reading();
  reading.portion(Buffer.from(cri('stdout', 'P', 'a\r') + cri('stdout', 'F', 'b\r') + docker('stdout', 'c\r\n')), 0);
  reading.end();
  assert.deepEqual(reading.of('stdout'), ['a\rb', 'c']);
});

test('random lines in random portions come out as a plain implementation has them, each with a position of its own', () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const random = seeded(seed);
    const lines: string[] = [];
    const expected: Record<string, string[]> = { stdout: [], stderr: [] };
    const open: Record<string, string> = { stdout: '', stderr: '' };
    const count = 1 + Math.floor(random() * 60);
    for (let index = 0; index < count; index += 1) {
      const channel = random() < 0.5 ? 'stdout' : 'stderr';
      const text = `${index}:${'x"\\é'.repeat(Math.floor(random() * 5))}`;
      const ends = random() < 0.6 || index > count - 8;
      lines.push(random() < 0.5 ? cri(channel, ends ? 'F' : 'P', text) : docker(channel, ends ? `${text}\n` : text));
      open[channel] += text;
      if (ends) expected[channel]?.push(open[channel] ?? '');
      if (ends) open[channel] = '';
    }
    const reading = new Reading();
    let base = 0;
    for (let from = 0; from < lines.length; ) {
      const to = from + 1 + Math.floor(random() * 9);
      const bytes = Buffer.from(lines.slice(from, to).join(''));
      reading.portion(bytes, base);
      base += bytes.length;
      from = to;
    }
    reading.end();
    for (const channel of ['stdout', 'stderr']) {
      const rest = open[channel] === '' ? [] : [open[channel]];
      assert.deepEqual(reading.of(channel), [...(expected[channel] ?? []), ...rest], `seed ${seed}, ${channel}`);
    }
    assert.equal(new Set(reading.got.map(({ position }) => position)).size, reading.got.length, `seed ${seed}`);
  }
});
