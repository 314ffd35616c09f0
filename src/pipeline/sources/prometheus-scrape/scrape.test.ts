import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joined, scraped } from './scrape.ts';
import { instanceOf, readTargets, shown, targetKey, targetOf } from './targets.ts';

const target = targetOf(new URL('http://192.0.2.7:9100/metrics'), 'node', { zone: 'north' });
const options = { honorLabels: false, honorTimestamps: true };
const brief = (points: ReturnType<typeof scraped>['points']) =>
  points.map(({ name, labels, timeMs, value }) => [name, labels, timeMs, 'value' in value ? value.value : 0]);

test('a scrape has the samples of the target, and how it went', () => {
  const { points, problem } = scraped(target, { ok: true, text: 'a{zone="x"} 1\nb 2 5\n', contentType: 'text/plain' }, 1_000, 250, options);
  const labels = { job: 'node', instance: '192.0.2.7:9100', zone: 'north' };
  assert.equal(problem, undefined);
  assert.deepEqual(brief(points), [
    ['a', { exported_zone: 'x', ...labels }, 1_000, 1],
    ['b', labels, 5, 2],
    ['up', labels, 1_000, 1],
    ['scrape_duration_seconds', labels, 1_000, 0.25],
    ['scrape_samples_scraped', labels, 1_000, 2],
  ]);
});

test('a target that does not answer, or answers nonsense, is down and has no samples', () => {
  for (const asked of [
    { ok: false, reason: 'refused' },
    { ok: true, text: 'a 1\n{', contentType: undefined },
    { ok: true, text: 'a 1\n', contentType: 'application/openmetrics-text; version=1.0.0' }, // cut off: no # EOF
  ] as const) {
    const { points, problem } = scraped(target, asked, 1_000, 250, options);
    assert.ok(problem);
    assert.deepEqual(
      points.map(({ name, value }) => [name, 'value' in value ? value.value : 0]),
      [
        ['up', 0],
        ['scrape_duration_seconds', 0.25],
        ['scrape_samples_scraped', 0],
      ],
    );
  }
});

test('labels that both have are kept apart, or those of the sample win', () => {
  assert.deepEqual(joined({ job: 'a', exported_job: 'b', x: '1' }, { job: 'c' }, false), {
    exported_exported_job: 'a',
    exported_job: 'b',
    x: '1',
    job: 'c',
  });
  assert.deepEqual(joined({ job: 'a', x: '1' }, { job: 'c', y: '2' }, true), { job: 'a', x: '1', y: '2' });
});

test('lists of targets are read as Prometheus does', () => {
  const text = JSON.stringify([
    {
      targets: ['192.0.2.1:80', '[2001:db8::1]:9100'],
      labels: { __meta_x: 'y', __metrics_path__: '/m', __param_module: 'http', zone: 'a' },
    },
    { targets: ['db.example.org:9187'], labels: { __scheme__: 'https' } },
  ]);
  const read = readTargets(text, 'job');
  assert.ok(read.ok);
  assert.deepEqual(
    read.targets.map(({ url, labels }) => [url.href, labels]),
    [
      ['http://192.0.2.1/m?module=http', { job: 'job', instance: '192.0.2.1:80', zone: 'a' }],
      ['http://[2001:db8::1]:9100/m?module=http', { job: 'job', instance: '[2001:db8::1]:9100', zone: 'a' }],
      ['https://db.example.org:9187/metrics', { job: 'job', instance: 'db.example.org:9187' }],
    ],
  );
  for (const bad of [
    '',
    '{}',
    '[{}]',
    '[{"targets":[1]}]',
    '[{"targets":["a b"]}]',
    '[{"targets":["x:1"],"labels":{"__scheme__":"file"}}]',
  ])
    assert.equal(readTargets(bad, 'job').ok, false, bad);
});

test('a target is named by host and port, and never shown with its password', () => {
  assert.equal(instanceOf(new URL('https://a.example.org/x')), 'a.example.org:443');
  assert.equal(shown(new URL('http://user:secret@a.example.org/x?token=1')), 'http://a.example.org/x');
  assert.notEqual(targetKey(target), targetKey(targetOf(target.url, 'node', {})));
});
