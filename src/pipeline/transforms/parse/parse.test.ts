import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogBatch } from '../../batch.ts';
import { seeded } from '../../json-bytes/random-json.ts';
import { outOf, textsOf, tryOut } from '../try-out.ts';
import { parseSettings } from './settings.ts';

const text = { format: 'text' } as const;
const parse = (more: Readonly<Record<string, unknown>>) => [{ type: 'parse', ...more }];

function whole(
  steps: readonly Readonly<Record<string, unknown>>[],
  records: readonly string[],
  format: 'text' | 'json' = 'text',
): LogBatch {
  const made = tryOut(steps);
  const result = made.chain.apply(made.batch(records, { format }));
  assert.ok(result !== undefined && !(result instanceof Promise));
  return result;
}

test('lines that are objects become records with fields, and their bytes stay where they are', () => {
  const made = tryOut(parse({ format: 'json' }));
  const lines = ['{"a":1.0, "b":12345678901234567890}', 'no', '{"a":1', '[1]', ' {} '];
  const batch = made.batch(lines, text);
  const result = made.chain.apply(batch);
  assert.ok(result !== undefined && !(result instanceof Promise));
  assert.deepEqual(textsOf(result), lines);
  assert.equal(result.bytes, batch.bytes);
  assert.equal(result.stream.format, 'json');
  assert.equal(made.chain.counters[0]?.errors, 3);
});

test('onError drop lets nothing through that cannot be read', () => {
  assert.deepEqual(outOf(parse({ format: 'json', onError: 'drop' }), ['{"a":1}', 'no'], text), ['{"a":1}']);
});

test('JSON inside of a field takes the place of the field', () => {
  const wrapped = [
    '{"log":"{\\"message\\":\\"a \\\\\\"b\\\\\\"\\",\\"level\\":\\"info\\"}\\n","level":"x","s":1}',
    '{"log":{"n":2}}',
    '{"log":"no"}',
    '{"s":2}',
  ];
  assert.deepEqual(outOf(parse({ format: 'json', field: 'log' }), wrapped), [
    '{"s":1,"message":"a \\"b\\"","level":"info"}',
    '{"log":{"n":2}}',
    '{"log":"no"}',
    '{"s":2}',
  ]);
  assert.deepEqual(outOf(parse({ format: 'json', field: 'a.log', keepField: true }), ['{"a":{"log":"{\\"n\\":1}"}}']), [
    '{"a":{"log":"{\\"n\\":1}"},"n":1}',
  ]);
});

test('logfmt becomes fields', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['level=info msg="took 5 ms" status=200', '{"level":"info","msg":"took 5 ms","status":200}'],
    ['a="say \\"hi\\"\\n" b= c flag', '{"a":"say \\"hi\\"\\n","b":"","c":true,"flag":true}'],
    ['a=1 a=2 é=ü q"k=v', '{"a":"2","é":"ü","q\\"k":"v"}'],
    ['  a="open', '{"a":"open"}'],
    ['x=1 =5 y="a"b', '{"x":"1","y":"a","b":true}'],
    ['status=007 up=TRUE', '{"status":7,"up":true}'],
    ['status=1e3x up=maybe', '{"status":"1e3x","up":"maybe"}'],
  ];
  const types = { status: 'number', up: 'boolean' };
  for (const [line, expected] of cases) assert.deepEqual(outOf(parse({ format: 'logfmt', types }), [line], text), [expected], line);
  const made = tryOut(parse({ format: 'logfmt' }));
  assert.deepEqual(made.run(['just words', '', '=x'], text), ['just words', '', '=x']);
  assert.equal(made.chain.counters[0]?.errors, 3);
  assert.deepEqual(outOf(parse({ format: 'logfmt', field: 'msg' }), ['{"msg":"a=1 b=\\"x\\"","z":0}']), ['{"z":0,"a":"1","b":"x"}']);
});

test('named groups become fields, with the line beside them if it is to be kept', () => {
  const pattern = '^(?<client>\\S+) "(?<method>[A-Z]+) (?<path>[^"]*)"(?: (?<status>\\d+))?';
  const lines = ['192.0.2.7 "GET /a\\b" 503', '192.0.2.7 "GET /ü"', 'other'];
  assert.deepEqual(outOf(parse({ format: 'regex', pattern, types: { status: 'number' } }), lines, text), [
    '{"client":"192.0.2.7","method":"GET","path":"/a\\\\b","status":503}',
    '{"client":"192.0.2.7","method":"GET","path":"/ü"}',
    'other',
  ]);
  assert.deepEqual(outOf(parse({ format: 'regex', pattern: 'n=(?<n>\\d+)', keepField: true }), ['n=5 "x"'], text), [
    '{"n":"5","message":"n=5 \\"x\\""}',
  ]);
});

test('CRI lines become time, stream and message', () => {
  const result = whole(parse({ format: 'cri' }), [
    '2016-10-06T00:17:09.669794202Z stdout F a "b" c',
    '2016-10-06T00:17:10.5+02:00 stderr P part',
    '2016-10-06T00:17:09Z stdout F ',
    '2016-10-06T00:17:09Z stdin F x',
  ]);
  assert.deepEqual(textsOf(result), [
    '{"time":"2016-10-06T00:17:09.669794202Z","stream":"stdout","message":"a \\"b\\" c"}',
    '{"time":"2016-10-06T00:17:10.5+02:00","stream":"stderr","partial":true,"message":"part"}',
    '{"time":"2016-10-06T00:17:09Z","stream":"stdout","message":""}',
    '2016-10-06T00:17:09Z stdin F x',
  ]);
  assert.ok(Math.abs(result.timeOf(0) - (Date.UTC(2016, 9, 6, 0, 17, 9) + 669.794202)) < 0.001);
  assert.equal(result.timeOf(1), Date.UTC(2016, 9, 5, 22, 17, 10, 500));
  assert.equal(result.timeOf(3), 7);
});

test('times are read in every form that the settings name', () => {
  const at = Date.UTC(2026, 2, 4, 5, 6, 7);
  const cases: readonly (readonly [string, string, number, string?])[] = [
    ['auto', '2026-03-04T05:06:07Z', at],
    ['auto', '2026-03-04 05:06:07,250', at + 250],
    ['auto', '2026-03-04T05:06:07.123456+0200', at - 7_200_000 + 123.456],
    ['auto', '2026-02-30T00:00:00Z', Number.NaN],
    ['auto', '2026-03-04T24:00:00Z', Number.NaN],
    ['auto', '2026-03-04T05:06:07.Z', Number.NaN],
    ['auto', String(at / 1_000), at],
    ['auto', String(at / 1_000 + 0.5), at + 500],
    ['auto', String(at), at],
    ['auto', `${at}250`, at + 0.25],
    ['auto', `${at}250000`, at + 0.25],
    ['auto', 'soon', Number.NaN],
    ['unix', '-1.5', -1_500],
    ['unix', '1.5e9', 1.5e12],
    ['unix-ns', '1772600767000000001', 1_772_600_767_000],
    ['unix-us', '5', 0.005],
    ['rfc3339', '2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['rfc3339', '1900-02-29T00:00:00Z', Number.NaN],
    ['rfc3339', '1969-12-31T23:59:59.5Z', -500],
    ['%d/%b/%Y:%H:%M:%S %z', '04/Mar/2026:05:06:07 +0000', at],
    ['%d/%b/%Y:%H:%M:%S %z', '04/Mar/2026:05:06:07 -0130', at + 5_400_000],
    ['%Y-%m-%d %H:%M:%S.%f', '2026-03-04 05:06:07.5', at + 500],
    ['%a, %d %b %Y %I:%M:%S %p %Z', 'Wed, 04 Mar 2026 05:06:07 AM GMT', at],
    ['%I %p %F', '12 am 2026-03-04', Date.UTC(2026, 2, 4)],
    ['%Y %j', '2026 063', Date.UTC(2026, 2, 4)],
    ['%s', '1772600767', 1_772_600_767_000],
    ['[%F] %T 100%%', '[2026-03-04] 05:06:07 100%', at],
    ['%F', '2026-13-04', Number.NaN],
    ['%Y-%m-%d %H:%M', '2026-07-01 12:00', Date.UTC(2026, 6, 1, 10), 'Europe/Berlin'],
    ['%Y-%m-%d %H:%M', '2026-12-01 12:00', Date.UTC(2026, 11, 1, 11), 'Europe/Berlin'],
    ['rfc3339', '2026-07-01T12:00:00', Date.UTC(2026, 6, 1, 17, 30), '-05:30'],
    // The clock of these tests says 2026-01-01.
    ['%b %e %H:%M:%S', 'Dec 31 23:00:00', Date.UTC(2025, 11, 31, 23)],
    ['%b %e %H:%M:%S', 'Jan  1 12:00:00', Date.UTC(2026, 0, 1, 12)],
    ['%b %e %H:%M:%S', 'Jan  3 00:00:00', Date.UTC(2025, 0, 3)],
    ['%b %e', 'Feb 29', Date.UTC(2024, 1, 29)],
    ['%H:%M', '08:30', Date.UTC(2026, 0, 1, 8, 30)],
  ];
  for (const [format, written, expected, timeZone] of cases) {
    const result = whole(
      parse({ format: 'timestamp', field: 't', timeFormats: [format], ...(timeZone === undefined ? {} : { timeZone }) }),
      [JSON.stringify({ t: written })],
      'json',
    );
    const time = result.times?.[0] ?? Number.NaN;
    if (Number.isNaN(expected)) assert.ok(Number.isNaN(time), `${format} ${written}: ${time}`);
    else assert.ok(Math.abs(time - expected) < 0.001, `${format} ${written}: ${time}, not ${expected}`);
  }
});

test('the first time format that fits counts, numbers are times too, and the field goes away if it is not to be kept', () => {
  const steps = parse({ format: 'timestamp', field: 't', timeFormats: ['%H:%M', 'unix-ms'], keepField: false });
  const result = whole(steps, ['{"t":1500,"a":1}', '{"a":2}'], 'json');
  assert.deepEqual(textsOf(result), ['{"a":1}', '{"a":2}']);
  assert.deepEqual([result.timeOf(0), result.timeOf(1)], [1_500, 7]);
});

test('random times of the calendar are read as Date writes them', () => {
  const random = seeded(11);
  const times = Array.from({ length: 4_000 }, () => Math.floor((random() - 0.3) * 8e12));
  const records = times.map((ms) => `{"t":"${new Date(ms).toISOString()}"}`);
  for (const format of ['rfc3339', '%Y-%m-%dT%H:%M:%S.%LZ']) {
    const result = whole(parse({ format: 'timestamp', field: 't', timeFormats: [format] }), records, 'json');
    assert.deepEqual(
      Array.from(times, (_, record) => result.timeOf(record)),
      times,
    );
  }
});

test('settings that cannot work are refused with what is wrong', () => {
  const cases: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
    [{ format: 'regex' }, /needs a pattern/],
    [{ format: 'regex', pattern: '(\\d+)' }, /no group of the pattern has a name/],
    [{ format: 'regex', pattern: '(?<a>' }, /Invalid regular expression/],
    [{ format: 'json', pattern: 'x' }, /pattern is for format regex only/],
    [{ format: 'timestamp', timeFormats: ['%Q'] }, /%Q is not known/],
    [{ format: 'timestamp', timeFormats: ['rfc822'] }, /is no time format/],
    [{ format: 'timestamp', timeZone: 'Berlin' }, /is no time zone/],
    [{ format: 'json', field: 'a b' }, /1:3 expected/],
  ];
  for (const [more, expected] of cases) {
    const result = parseSettings.safeParse({ type: 'parse', ...more });
    assert.match(result.error?.issues.map(({ message }) => message).join() ?? '', expected);
  }
});

test('random lines of bytes never throw, in any format', () => {
  const random = seeded(3);
  const made = ['json', 'logfmt', 'cri', 'regex', 'timestamp'].map((format) =>
    tryOut(parse({ format, ...(format === 'regex' ? { pattern: '(?<a>.)(?<b>x)?' } : {}) })),
  );
  for (let round = 0; round < 300; round++) {
    const records = Array.from({ length: 10 }, () =>
      Buffer.from(
        Array.from({ length: Math.floor(random() * 40) }, () =>
          random() < 0.7 ? '="{} \\:a1-T'.charCodeAt(Math.floor(random() * 11)) : Math.floor(random() * 256),
        ),
      ),
    );
    for (const one of made) assert.equal(one.run(records, round % 2 === 0 ? text : {}).length, 10);
  }
});
