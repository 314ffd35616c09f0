import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapedBytes, JsonWriter } from './json-writer.ts';
import { dice } from './testing/random.ts';

function written(write: (json: JsonWriter) => void, room = 10_000): string {
  const json = new JsonWriter();
  json.bytes = Buffer.alloc(room);
  write(json);
  return json.bytes.toString('latin1', 0, json.at);
}

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

test('any text becomes the JSON string that the language writes', () => {
  for (const text of ['', 'plain', '"quoted" \\ back', '\n\r\t\b\f\u0000\u001f\u007f', 'Gruß 世界 🚢', '\u2028 \ufeff'])
    assert.equal(
      written((json) => json.string(Buffer.from(text), 0, Buffer.byteLength(text))),
      utf8(JSON.stringify(text)),
    );
});

test('bytes that are not UTF-8 become the replacement character, and what is between them stays', () => {
  const cases: readonly (readonly [bytes: readonly number[], text: string])[] = [
    [[0x61, 0xff, 0x62], 'a\ufffdb'],
    [[0xc0, 0xaf], '\ufffd\ufffd'], // overlong
    [[0xed, 0xa0, 0x80], '\ufffd\ufffd\ufffd'], // a surrogate
    [[0xf4, 0x90, 0x80, 0x80], '\ufffd\ufffd\ufffd\ufffd'], // beyond U+10FFFF
    [[0xe4, 0xb8], '\ufffd\ufffd'], // cut off
  ];
  for (const [bytes, text] of cases)
    assert.equal(
      written((json) => json.string(Buffer.from(bytes), 0, bytes.length)),
      utf8(JSON.stringify(text)),
    );
});

test('random bytes always become JSON, never more than the room that is promised, and valid text unchanged', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const bytes = dice(seed).bytes(dice(seed + 1_000).below(200));
    const text = written((json) => json.string(bytes, 0, bytes.length), bytes.length * escapedBytes + 2);
    const value: unknown = JSON.parse(Buffer.from(text, 'latin1').toString());
    assert.equal(typeof value, 'string', `seed ${seed}`);
    if (Buffer.from(bytes.toString()).equals(bytes)) assert.equal(value, bytes.toString(), `seed ${seed}`);
  }
});

test('times are written in UTC with milliseconds', () => {
  for (const ms of [0, 1_795_348_800_123, 1_795_348_800_999.7, 1_795_348_801_000])
    assert.equal(
      written((json) => json.isoTime(ms)),
      JSON.stringify(new Date(Math.floor(ms)).toISOString()),
    );
});
