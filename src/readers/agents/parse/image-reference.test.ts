import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageTable } from '../images/index.ts';
import { isBefore, isImage, parseImage } from './image-reference.ts';

const references: readonly (readonly [string, string, string | undefined])[] = [
  ['redis', 'redis', undefined],
  ['docker.io/library/redis:7-alpine', 'redis', '7.0.0'],
  ['registry.example.org:5000/prom/prometheus:v3.1.0', 'prom/prometheus', '3.1.0'],
  ['localhost/otelcol:0.104', 'otelcol', '0.104.0'],
  ['grafana/grafana@sha256:00', 'grafana/grafana', undefined],
  ['otel/opentelemetry-collector:0.103.1-amd64', 'otel/opentelemetry-collector', '0.103.1'],
  ['postgres:latest', 'postgres', undefined],
];

for (const [text, repository, version] of references) {
  test(`${text} is ${repository} ${version ?? 'of no version'}`, () => {
    const image = parseImage(text);
    assert.deepEqual([image.repository, image.version?.join('.')], [repository, version]);
  });
}

test('a pattern is the end of a path; one part alone is an official image', () => {
  assert.ok(isImage(parseImage('ghcr.io/mirror/prom/prometheus'), ['prom/prometheus']));
  assert.ok(!isImage(parseImage('example/redis'), ['redis']));
  assert.ok(isImage(parseImage('zabbix/zabbix-server-mysql'), ['zabbix/zabbix-server-*']));
});

test('a missing version is the newest', () => {
  assert.ok(isBefore([0, 103, 9], [0, 104, 0]));
  assert.ok(!isBefore([0, 104, 0], [0, 104, 0]));
  assert.ok(!isBefore(undefined, [0, 104, 0]));
});

test('the image table holds sensible entries', () => {
  assert.ok(imageTable.length > 70);
  for (const { images, listeners, source, program } of imageTable) {
    assert.ok(images.length > 0 && listeners.length > 0 && source.startsWith('https://'), program);
    for (const { port } of listeners) assert.ok(port > 0 && port < 65_536, program);
  }
});
