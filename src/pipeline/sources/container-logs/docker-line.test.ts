import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newLine, stderr, stdout } from '../../containers/line.ts';
import { StampReader } from '../../containers/stamp.ts';
import { seeded } from '../../kernel/testing/random.ts';
import { readDocker } from './docker-line.ts';

interface Read {
  readonly text: Buffer;
  readonly partial: boolean;
  readonly channel: number;
  readonly timeMs: number;
}

function readLine(text: string | Buffer): Read | undefined {
  const bytes = Buffer.concat([Buffer.from('{"before":1}\n'), Buffer.from(text), Buffer.from('\n{"behind":"\\n"}')]);
  const from = 13;
  const to = from + Buffer.byteLength(text);
  const original = Buffer.from(bytes);
  const line = newLine();
  const found = readDocker(bytes, from, to, new StampReader(), line);
  assert.deepEqual(bytes.subarray(to), original.subarray(to), 'bytes behind the line were changed');
  if (!found) assert.deepEqual(bytes, original, 'a line that is none was changed');
  const { start, end, partial, channel, timeMs } = line;
  return found ? { text: Buffer.from(bytes.subarray(start, end)), partial, channel, timeMs } : undefined;
}

const pieces = [
  'a',
  '"',
  '\\',
  '\n',
  '\r',
  '\t',
  '\u0000',
  '\u001f',
  '/',
  'é',
  '€',
  '😀',
  '\ud800',
  '\udc00',
  '{"message":"x"}',
  ' ',
  '<',
  '\u2028',
  '\\u0041',
];

/** What may stand for a character in a JSON string besides itself. */
function escapedAnyhow(character: string, random: () => number): string {
  if (random() < 0.2)
    return [...Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
  if (character === '/' && random() < 0.5) return '\\/';
  return JSON.stringify(character).slice(1, -1);
}

test('lines of the json-file driver are read as JSON.parse reads them, whatever is in them', () => {
  const random = seeded(20_261_123);
  for (let round = 0; round < 3_000; round += 1) {
    const characters = Array.from({ length: Math.floor(random() * 12) }, () => pieces[Math.floor(random() * pieces.length)] ?? '');
    const ended = random() < 0.7;
    const log = [...characters, ...(ended ? ['\n'] : [])].map((one) => escapedAnyhow(one, random)).join('');
    const fields = [`"log":"${log}"`, '"stream":"stderr"', '"time":"2026-01-02T03:04:05.000123456Z"'];
    if (random() < 0.3) fields.splice(2, 0, '"attrs":{"a\\"}":["}",{"log":"no"}],"n":-1.5e3}');
    if (random() < 0.2) fields.reverse();
    const line = `{${fields.join(random() < 0.2 ? ' , ' : ',')}}`;
    const expected = Buffer.from(JSON.parse(line).log);
    const got = readLine(line);
    assert.ok(got !== undefined, line);
    const complete = expected.at(-1) === 10;
    assert.deepEqual(got.text, complete ? expected.subarray(0, -1) : expected, line);
    assert.equal(got.partial, !complete, line);
    assert.equal(got.channel, stderr);
    assert.ok(Math.abs(got.timeMs - (Date.UTC(2026, 0, 2, 3, 4, 5) + 0.123456)) < 0.001);
  }
});

test('wrapped_json: the JSON of an application comes out as the application wrote it', () => {
  const inner = '{"message":"he said \\"hi\\"","path":"C:\\\\x"}';
  const got = readLine(JSON.stringify({ log: `${inner}\n`, stream: 'stdout', time: '2026-01-02T03:04:05Z' }));
  assert.equal(got?.text.toString(), inner);
  assert.equal(got?.channel, stdout);
});

test('bytes that are no UTF-8 stay what they are', () => {
  const log = Buffer.concat([
    Buffer.from('{"log":"'),
    Buffer.of(0xff, 0xfe),
    Buffer.from('\\t\\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}'),
  ]);
  assert.deepEqual(readLine(log)?.text, Buffer.of(0xff, 0xfe, 9));
});

test('what is no such line is left as it was', () => {
  const tail = '","stream":"stdout","time":"2026-01-02T03:04:05Z"}';
  for (const line of [
    '',
    '{',
    '{}',
    'plain text',
    '{"log":"no stream\\n"}',
    '{"stream":"stdout","time":"2026-01-02T03:04:05Z"}',
    `{"log":"a\\nb\\q${tail}`,
    `{"log":"a\\n\\u12g4${tail}`,
    '{"log":"cut off\\n","stream":"std',
    '{"log":"\\n","stream":"elsewhere"}',
    `{"log":"x\\n${tail} and more`,
    '{"log":5,"stream":"stdout"}',
  ])
    assert.equal(readLine(line), undefined, line);
});
