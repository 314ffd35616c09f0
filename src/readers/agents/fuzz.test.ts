/** Damaged configurations and values: nothing throws, and time stays bounded. The seed is printed; FUZZ_SEED sets it. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Workload } from '../../network/model.ts';
import { filesOf, readFixture } from './fixture.ts';
import { readAgents } from './index.ts';

const PIECES = [
  '\n',
  '\t',
  ' ',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ':',
  '=',
  '${',
  '${A',
  '}',
  '<',
  '>',
  '</match>',
  '@INCLUDE x',
  '*a',
  '&a',
  '<<:',
  '- ',
  '\\',
  '$',
  '%',
  '//',
  '::',
  '[::1]',
  '0.0.0.0',
  '65536',
  '\u0000',
  '\uFFFC',
  '😀',
  '#{ENV[',
  '"""',
  "'''",
  '[[',
  'null',
  ',',
];
const ROUNDS = 40;

test('damaged configurations, commands and variables never throw', (context) => {
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
  context.diagnostic(`seed ${seed}`);
  const random = randomFrom(seed);
  const fixtures = globSync('testdata/**/*.yaml', { cwd: import.meta.dirname }).sort();
  let read = 0;
  for (const path of fixtures) {
    const { part, files } = readFixture(path, readFileSync(join(import.meta.dirname, path), 'utf8'));
    const texts = mountedTexts(part.workloads, files);
    for (let round = 0; round < ROUNDS; round += 1) {
      const damaged = new Map([...texts].map(([file, text]) => [file, damage(text, random)]));
      const workloads = round % 2 === 0 ? part.workloads : part.workloads.map((workload) => damageWorkload(workload, random));
      const started = performance.now();
      const found = readAgents(filesOf(damaged), { ...part, workloads });
      const tookMs = performance.now() - started;
      assert.ok(tookMs < 2000, `${path}: ${tookMs} ms, seed ${seed}`);
      for (const { port } of [...found.links, ...found.listeners])
        assert.ok(port === undefined || (port > 0 && port < 65_536), `${path}: port ${port}, seed ${seed}`);
      read += 1;
    }
  }
  assert.ok(read > 1000);
});

/** Texts that make slow regular expressions and deep recursions show themselves. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ['nested brackets', '['.repeat(50_000)],
  ['nested maps', 'a: {'.repeat(20_000)],
  ['deep indentation', Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ['nested blocks', 'a {\n'.repeat(50_000)],
  ['nested elements', '<match a>\n'.repeat(50_000)],
  [
    'alias bomb',
    `a: &a [x,x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? 'a' : `b${i - 1}`},*${i === 0 ? 'a' : `b${i - 1}`}]`).join('\n')}\n`,
  ],
  ['one long line', 'a'.repeat(1_000_000)],
  ['many dollars', '${'.repeat(100_000)],
  ['many quotes', `"${'\\'.repeat(100_001)}`],
  ['many spaces', `a${' '.repeat(200_000)}b`],
  ['many at signs', `postgres://${'@'.repeat(50_000)}`],
];

for (const [name, text] of HOSTILE) {
  test(`hostile text: ${name}`, () => {
    const paths: readonly (readonly [string, string])[] = [
      ['prom/prometheus', '/etc/prometheus/prometheus.yml'],
      ['fluent/fluent-bit', '/fluent-bit/etc/fluent-bit.conf'],
      ['fluentd', '/fluentd/etc/fluent.conf'],
      ['telegraf', '/etc/telegraf/telegraf.conf'],
      ['grafana/alloy', '/etc/alloy/config.alloy'],
      ['zabbix/zabbix-agent', '/etc/zabbix/zabbix_agentd.conf'],
    ];
    for (const [image, target] of paths) {
      const { part } = readFixture(
        'hostile.yaml',
        `workload:\n  image: ${image}\n  environment: { A_URL: x }\n  command: [x]\n  mounts: { ${target}: ./hostile }\n`,
      );
      const workloads = part.workloads.map((workload) => withText(workload, text));
      const started = performance.now();
      readAgents(filesOf(new Map([['./hostile', text]])), { ...part, workloads });
      const tookMs = performance.now() - started;
      assert.ok(tookMs < 4000, `${image}: ${tookMs} ms`);
    }
  });
}

function withText(workload: Workload, text: string): Workload {
  const environment = workload.environment.map((variable) => ({ ...variable, value: text }));
  const command = { form: 'shell' as const, values: [{ value: text, origin: workload.origin }], origin: workload.origin };
  return { ...workload, environment, command };
}

function mountedTexts(workloads: readonly Workload[], files: ReturnType<typeof readFixture>['files']): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { mounts } of workloads) {
    for (const { source, target } of mounts) {
      for (const path of [source ?? '', `${source}/${target.split('/').at(-1)}`, `${source}/prometheus.yml`, `${source}/fluent-bit.conf`]) {
        const read = files.read(path);
        if (read.ok) texts.set(path, read.source.text);
      }
    }
  }
  return texts;
}

function damage(text: string, random: (below: number) => number): string {
  let damaged = text;
  for (let count = random(6) + 1; count > 0; count -= 1) {
    const at = random(damaged.length + 1);
    const kind = random(3);
    if (kind === 0) damaged = damaged.slice(0, at) + (PIECES[random(PIECES.length)] ?? '') + damaged.slice(at);
    else if (kind === 1) damaged = damaged.slice(0, at) + damaged.slice(at + random(20));
    else damaged = damaged.slice(0, at) + damaged.slice(random(damaged.length + 1));
  }
  return damaged.slice(0, 20_000);
}

function damageWorkload(workload: Workload, random: (below: number) => number): Workload {
  const text = <T extends { readonly value: string }>(one: T): T => ({ ...one, value: damage(one.value, random) });
  const { command, entrypoint, image } = workload;
  return {
    ...workload,
    environment: workload.environment.map((variable) => ({
      ...variable,
      value: variable.value === undefined ? undefined : damage(variable.value, random),
    })),
    ...(command === undefined ? {} : { command: { ...command, values: command.values.map(text) } }),
    ...(entrypoint === undefined ? {} : { entrypoint: { ...entrypoint, values: entrypoint.values.map(text) } }),
    ...(image === undefined || random(4) > 0 ? {} : { image: text(image) }),
  };
}

/** mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}
