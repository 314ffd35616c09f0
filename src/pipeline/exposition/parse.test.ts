import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { dice } from '../listening/testing/random.ts';
import type { MetricPoint } from '../metric-point.ts';
import { type ExpositionFormat, formatOf, parseExposition } from './parse.ts';
import { pointsOf } from './points.ts';

function read(text: string, format: ExpositionFormat = 'text'): readonly MetricPoint[] {
  const parsed = parseExposition(text, format);
  assert.ok(parsed.ok, parsed.ok ? '' : `line ${parsed.line}: ${parsed.reason}`);
  return pointsOf(parsed.families, { timeMs: 1_000, honor: true }, (labels) => labels);
}

function refusal(text: string, format: ExpositionFormat = 'text'): string {
  const parsed = parseExposition(text, format);
  return parsed.ok ? 'taken' : `${parsed.line}: ${parsed.reason}`;
}

/** The example of the format's own page (prometheus.io/docs/instrumenting/exposition_formats). */
const example = String.raw`# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

# A histogram, which has a pretty complex representation in the text format:
# HELP http_request_duration_seconds A histogram of the request duration.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="0.1"} 33444
http_request_duration_seconds_bucket{le="0.2"} 100392
http_request_duration_seconds_bucket{le="0.5"} 129389
http_request_duration_seconds_bucket{le="1"} 133988
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320

# Finally a summary, which has a complex representation, too:
# HELP rpc_duration_seconds A summary of the RPC duration in seconds.
# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.01"} 3102
rpc_duration_seconds{quantile="0.5"} 4773
rpc_duration_seconds_sum 1.7560473e+07
rpc_duration_seconds_count 2693
`;

test('the example of the text format is read', () => {
  const help = (text: string) => ({ help: text });
  assert.deepEqual(read(example), [
    {
      name: 'http_requests_total',
      labels: { method: 'post', code: '200' },
      timeMs: 1395066363000,
      ...help('The total number of HTTP requests.'),
      value: { kind: 'sum', value: 1027, monotonic: true },
    },
    {
      name: 'http_requests_total',
      labels: { method: 'post', code: '400' },
      timeMs: 1395066363000,
      ...help('The total number of HTTP requests.'),
      value: { kind: 'sum', value: 3, monotonic: true },
    },
    {
      name: 'msdos_file_access_time_seconds',
      labels: { path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find file:\n"FILE.TXT"' },
      timeMs: 1_000,
      value: { kind: 'unknown', value: 1.458255915e9 },
    },
    { name: 'metric_without_timestamp_and_labels', labels: {}, timeMs: 1_000, value: { kind: 'unknown', value: 12.47 } },
    {
      name: 'something_weird',
      labels: { problem: 'division by zero' },
      timeMs: -3982045,
      value: { kind: 'unknown', value: Number.POSITIVE_INFINITY },
    },
    {
      name: 'http_request_duration_seconds',
      labels: {},
      timeMs: 1_000,
      ...help('A histogram of the request duration.'),
      value: {
        kind: 'histogram',
        bounds: [0.05, 0.1, 0.2, 0.5, 1],
        counts: [24054, 9390, 66948, 28997, 4599, 10332],
        sum: 53423,
        count: 144320,
      },
    },
    {
      name: 'rpc_duration_seconds',
      labels: {},
      timeMs: 1_000,
      ...help('A summary of the RPC duration in seconds.'),
      value: {
        kind: 'summary',
        quantiles: [
          { quantile: 0.01, value: 3102 },
          { quantile: 0.5, value: 4773 },
        ],
        sum: 17560473,
        count: 2693,
      },
    },
  ]);
});

test('OpenMetrics has units, times in seconds, exemplars, creation times and an end', () => {
  const text = `# TYPE foo_seconds counter
# UNIT foo_seconds seconds
# HELP foo_seconds Some "text" with \\\\ and \\n.
foo_seconds_total{a="b"} 17.0 1520879607.789 # {trace_id="x"} 0.5 1520879607.1
foo_seconds_created{a="b"} 1520430000.5
# TYPE build info
build_info{version="1"} 1
# EOF
`;
  assert.deepEqual(read(text, 'openmetrics'), [
    {
      name: 'foo_seconds_total',
      labels: { a: 'b' },
      timeMs: 1520879607789,
      startMs: 1520430000500,
      help: 'Some "text" with \\ and \n.',
      unit: 'seconds',
      value: { kind: 'sum', value: 17, monotonic: true },
    },
    { name: 'build_info', labels: { version: '1' }, timeMs: 1_000, value: { kind: 'gauge', value: 1 } },
  ]);
  assert.match(refusal('foo 1\n', 'openmetrics'), /does not end with # EOF/);
  assert.match(refusal('# EOF\nfoo 1\n', 'openmetrics'), /^2: something follows/);
});

test('names in quotes, as Prometheus 3 writes them', () => {
  assert.deepEqual(read('{"http.requests","le mans"="x\\"y", b="c"} 1\n'), [
    { name: 'http.requests', labels: { 'le mans': 'x"y', b: 'c' }, timeMs: 1_000, value: { kind: 'unknown', value: 1 } },
  ]);
});

test('what is wrong is refused with its line', () => {
  const cases: readonly (readonly [text: string, wanted: RegExp])[] = [
    ['a 1\nb{x="1" 2\n', /^2: a comma or } was expected/],
    ['a{x="1}', /no end/],
    ['a{x=1} 1', /quoted string/],
    ['a{x="1",x="2"} 1', /twice/],
    ['a one', /no number/],
    ['a', /no number/],
    ['a 1 2 3', /no time/],
    ['1a 1', /a name was expected/],
    ['# TYPE a nonsense', /no type/],
    ['{} 1', /a name was expected/],
  ];
  for (const [text, wanted] of cases) assert.match(refusal(text), wanted, text);
});

test('numbers of all kinds are read', () => {
  const values = read('a NaN\nb -Inf\nc 0x1F\nd .5\ne 1e-3\nf +7\n').map(({ value }) => ('value' in value ? value.value : undefined));
  assert.deepEqual(values, [Number.NaN, Number.NEGATIVE_INFINITY, 31, 0.5, 0.001, 7]);
});

test('what prom-client writes is read back, in both formats', async () => {
  for (const format of ['text', 'openmetrics'] as const) {
    const registry = new Registry();
    registry.setContentType((format === 'text' ? Registry.PROMETHEUS_CONTENT_TYPE : Registry.OPENMETRICS_CONTENT_TYPE) as never);
    const registers = [registry] as never;
    new Counter({ name: 'orders_total', help: 'Orders.', labelNames: ['city'], registers }).inc({ city: 'Köln "x"\n' }, 3);
    new Gauge({ name: 'open', help: 'Open.', registers }).set(-2.5);
    const histogram = new Histogram({ name: 'took', help: 'Took.', buckets: [1, 10], registers });
    for (const value of [0.5, 5, 50, 5]) histogram.observe(value);
    new Summary({ name: 'size', help: 'Size.', percentiles: [0.5], registers }).observe(4);
    const points = read(await registry.metrics(), formatOf(registry.contentType));
    assert.deepEqual(
      points.map(({ name, labels, value }) => ({ name, labels, value })),
      [
        { name: 'orders_total', labels: { city: 'Köln "x"\n' }, value: { kind: 'sum', value: 3, monotonic: true } },
        { name: 'open', labels: {}, value: { kind: 'gauge', value: -2.5 } },
        { name: 'took', labels: {}, value: { kind: 'histogram', bounds: [1, 10], counts: [1, 2, 1], sum: 60.5, count: 4 } },
        { name: 'size', labels: {}, value: { kind: 'summary', quantiles: [{ quantile: 0.5, value: 4 }], sum: 4, count: 1 } },
      ],
      format,
    );
  }
});

test('damaged and random expositions are read or refused, and never more', () => {
  for (let seed = 1; seed <= 2_000; seed++) {
    const random = dice(seed);
    const characters = [...example];
    for (let hit = 0; hit < 1 + random.below(10); hit++)
      characters[random.below(characters.length)] = random.pick([...'{}",\\=#\n 1aé\t_', '']);
    const parsed = parseExposition(characters.join(''), random.pick(['text', 'openmetrics'] as const));
    if (parsed.ok) pointsOf(parsed.families, { timeMs: 0, honor: false }, (labels) => labels);
    else assert.ok(parsed.line >= 1 && parsed.reason !== '');
  }
});
