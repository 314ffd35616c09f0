/** A right stack is silent; with one fault planted in it there is one finding, on the right line, and its fix silences it. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { applyEdits } from '../../core/text.ts';
import type { Finding } from '../../network/answer.ts';
import { declared } from '../../network/fact.ts';
import { createReach } from '../../reach/index.ts';
import { type Files, withOverlay } from '../../readers/files.ts';
import { readAll } from '../../readers/index.ts';
import { proveFixes } from '../fixes/index.ts';
import { rules } from './index.ts';
import { ruleContext, runRules } from './run.ts';

type Texts = Readonly<Record<string, string>>;

const right: Texts = {
  'compose.yaml': `# A shop that is watched.
x-logging: &logging
  driver: json-file
  options: { max-size: "10m" }

x-telemetry: &telemetry
  OTEL_EXPORTER_OTLP_ENDPOINT: http://collector:4317
  OTEL_EXPORTER_OTLP_PROTOCOL: grpc

services:
  shop:
    image: example.org/shop:1.4
    logging: *logging
    environment:
      <<: *telemetry
      DATABASE_URL: postgres://shop:secret@db:5432/shop
      REDIS_URL: redis://cache:6379/0
      PUBLIC_URL: http://localhost:8080
    ports:
      - "8080:8000"
    networks: [front, back]
    depends_on:
      db: { condition: service_healthy }
  db:
    image: postgres:16
    networks: [back]
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U shop -h 127.0.0.1"]
  cache:
    image: redis:7
    networks: [back]
  collector:
    image: otel/opentelemetry-collector-contrib:0.110.0
    logging: *logging
    volumes:
      - ./collector.yaml:/etc/otelcol-contrib/config.yaml:ro
    networks:
      front:
      watch:
        aliases: [otel]
  prometheus:
    image: prom/prometheus:v2.53.0
    volumes:
      - ./prometheus.yml:/etc/prometheus/prometheus.yml:ro
    extra_hosts:
      - host.docker.internal:host-gateway
    ports:
      - "127.0.0.1:9091:9090"
    networks: [watch]
  node-exporter:
    image: prom/node-exporter:v1.8.1
    command: ["--web.listen-address=0.0.0.0:9100"]
    networks: [watch]
  grafana:
    image: grafana/grafana:11.1.0
    environment:
      GF_SERVER_ROOT_URL: http://localhost:3000
    ports:
      - "3000:3000"
    networks: [watch, front]

networks:
  front: {}
  back:
    internal: true
  watch: {}
`,
  'collector.yaml': `receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 0.0.0.0:4317
exporters:
  prometheusremotewrite:
    endpoint: http://prometheus:9090/api/v1/write
service:
  pipelines:
    metrics: { receivers: [otlp], exporters: [prometheusremotewrite] }
`,
  'prometheus.yml': `scrape_configs:
  - job_name: prometheus
    static_configs:
      - targets: ["localhost:9090"]
  - job_name: node
    static_configs:
      - targets: ["node-exporter:9100"]
  - job_name: host
    static_configs:
      - targets: ["host.docker.internal:9200"]
`,
};

interface Fault {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly rule: string;
  /** Where the blame is, when it is not on the changed line. */
  readonly blame?: string;
  readonly fix: 'safe' | 'suggestion';
}

const faults: readonly Fault[] = [
  {
    name: 'localhost for a neighbour, in the environment',
    file: 'compose.yaml',
    from: '@db:5432',
    to: '@localhost:5432',
    rule: 'R01',
    fix: 'safe',
  },
  {
    name: '127.0.0.1 for a neighbour, in a scrape target',
    file: 'prometheus.yml',
    from: 'node-exporter:9100',
    to: '127.0.0.1:9100',
    rule: 'R01',
    fix: 'safe',
  },
  {
    name: 'localhost for a neighbour, in an exporter',
    file: 'collector.yaml',
    from: 'http://prometheus:9090',
    to: 'http://localhost:9090',
    rule: 'R01',
    fix: 'safe',
  },
  { name: 'an exporter on loopback', file: 'compose.yaml', from: '=0.0.0.0:9100', to: '=127.0.0.1:9100', rule: 'R02', fix: 'safe' },
  { name: 'a receiver on loopback', file: 'collector.yaml', from: '0.0.0.0:4317', to: 'localhost:4317', rule: 'R02', fix: 'safe' },
  {
    name: 'no entry for the host',
    file: 'compose.yaml',
    from: '    extra_hosts:\n      - host.docker.internal:host-gateway\n',
    to: '',
    rule: 'R03',
    blame: 'prometheus.yml:10',
    fix: 'safe',
  },
  {
    name: 'a neighbour on another network',
    file: 'compose.yaml',
    from: '0.0.0.0:9100"]\n    networks: [watch]',
    to: '0.0.0.0:9100"]\n    networks: [back]',
    rule: 'R05',
    blame: 'prometheus.yml:7',
    fix: 'safe',
  },
  {
    name: 'the published port of a neighbour',
    file: 'collector.yaml',
    from: 'prometheus:9090',
    to: 'prometheus:9091',
    rule: 'R06',
    fix: 'safe',
  },
  { name: 'two users of a port', file: 'compose.yaml', from: '"3000:3000"', to: '"8080:3000"', rule: 'R11', fix: 'suggestion' },
  {
    name: 'a published port on an internal network',
    file: 'compose.yaml',
    from: '    image: redis:7\n',
    to: '    image: redis:7\n    ports: ["6379:6379"]\n',
    rule: 'R09',
    blame: 'compose.yaml:31',
    fix: 'suggestion',
  },
];

const noFiles: Files = { read: () => ({ ok: false, reason: 'missing', message: 'no such file' }), exists: () => false };
const stated = { kind: 'default', text: 'the test' } as const;

function findingsOf(texts: Texts): readonly Finding[] {
  const files = withOverlay(noFiles, new Map(Object.entries(texts).map(([name, text]) => [resolve('stack', name), text])));
  const read = (from: Files) =>
    readAll(from, {
      inputs: [{ kind: 'compose', paths: ['stack/compose.yaml'] }],
      environment: { platform: declared('linux', stated), hostFirewall: declared('open', stated) },
    });
  const model = read(files);
  assert.deepEqual(
    model.problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  const reach = createReach(model);
  const ruleSet = rules.filter((rule) => rule.onByDefault);
  const findings = proveFixes({ drafts: runRules(ruleContext(model, reach), ruleSet), model, reach, files, reread: read, ruleSet });
  return findings.filter(({ severity }) => severity !== 'info');
}

const show = (findings: readonly Finding[]): string => findings.map(({ ruleId, message }) => `${ruleId} ${message}`).join('\n');

function lineOf(text: string, part: string): number {
  return text.slice(0, text.indexOf(part)).split('\n').length;
}

function placeOf({ evidence: [{ origin }] }: Finding): string {
  return origin.kind === 'file' ? `${resolve(origin.file).slice(resolve('stack').length + 1)}:${origin.span.line}` : origin.kind;
}

test('the right stack is silent', () => assert.equal(show(findingsOf(right)), ''));

for (const { name, file, from, to, rule, blame, fix } of faults) {
  test(`${rule}: ${name}`, () => {
    const before = right[file] ?? '';
    assert.equal(before.split(from).length, 2, 'the fault is planted in one place');
    const texts = { ...right, [file]: before.replace(from, () => to) };
    const findings = findingsOf(texts);
    assert.equal(findings.length, 1, show(findings));
    const [finding] = findings;
    assert.ok(finding !== undefined);
    assert.equal(finding.ruleId, rule, finding.message);
    assert.equal(placeOf(finding), blame ?? `${file}:${lineOf(before, from)}`);
    const offered = finding.fixes.find(({ edits }) => edits.length > 0);
    assert.equal(offered?.applicability, fix);
    assert.equal(show(findingsOf(patched(texts, offered?.edits ?? []))), '', 'the fix leaves nothing behind');
  });
}

function patched(texts: Texts, edits: Finding['fixes'][number]['edits']): Texts {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [
      name,
      applyEdits(
        text,
        edits.filter((edit) => resolve(edit.file) === resolve('stack', name)),
      ),
    ]),
  );
}
