import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newLine, stderr, stdout } from '../../containers/line.ts';
import { StampReader } from '../../containers/stamp.ts';
import { readCri } from './cri-line.ts';

function readLine(text: string) {
  const bytes = Buffer.from(`before\n${text}\n2016-10-06T00:17:09Z stdout F behind`);
  const line = newLine();
  const to = 7 + Buffer.byteLength(text);
  if (!readCri(bytes, 7, to, new StampReader(), line)) return undefined;
  return { text: bytes.toString('utf8', line.start, line.end), partial: line.partial, channel: line.channel, timeMs: line.timeMs };
}

const at = Date.UTC(2016, 9, 6, 0, 17, 9);

const lines = [
  [
    '2016-10-06T00:17:09.669794202Z stdout F the message',
    { text: 'the message', partial: false, channel: stdout, timeMs: at + 669.794202 },
  ],
  ['2016-10-06T00:17:09Z stderr P a part ', { text: 'a part ', partial: true, channel: stderr, timeMs: at }],
  ['2016-10-06T00:17:09.5+02:00 stdout F ', { text: '', partial: false, channel: stdout, timeMs: at + 500 - 7_200_000 }],
  ['2016-10-06T00:17:09.5-05:30 stdout F', { text: '', partial: false, channel: stdout, timeMs: at + 500 + 19_800_000 }],
  ['2016-10-06T00:17:09.1Z stdout P:more:tags  spaced', { text: ' spaced', partial: true, channel: stdout, timeMs: at + 100 }],
] as const;

for (const [line, expected] of lines)
  test(`"${line}" is taken apart`, () => {
    const got = readLine(line);
    assert.ok(got !== undefined);
    assert.ok(Math.abs(got.timeMs - expected.timeMs) < 0.001, `${got.timeMs}`);
    assert.deepEqual({ ...got, timeMs: expected.timeMs }, expected);
  });

test('lines of another form are none', () => {
  for (const line of [
    '',
    'plain text of an application',
    '2016-10-06T00:17:09.669794202Z stdout X the message',
    '2016-10-06T00:17:09.669794202Z stdout Full of words',
    '2016-10-06T00:17:09.669794202Z stdin F the message',
    '2016-10-06T00:17:09.669794202Z stdoutF the message',
    '2016-13-06T00:17:09.669794202Z stdout F the message',
    '2016-10-06 00:17:09.669794202Z stdout F the message',
    '2016-10-06T00:17:09.669794202 stdout F the message',
    '2016-10-06T00:17:09.669794202Z stdout',
    '2016-10-06T00:17:09.669794202Z',
  ])
    assert.equal(readLine(line), undefined, line);
});

test('one reader of times reads them in any order', () => {
  const stamps = new StampReader();
  const texts = [
    '2026-01-02T03:04:05.5Z',
    '2026-01-02T03:04:06Z',
    'nonsense of some length',
    '2025-12-31T23:59:59.999Z',
    '2026-01-02T03:04:05.5Z',
  ];
  for (const text of texts) assert.ok(Object.is(stamps.read(Buffer.from(text), 0, text.length), Date.parse(text)), text);
});
