import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { formatOrigin } from '../core/origin.ts';
import { SourceText } from '../core/text.ts';
import { duration, labels, listenAddress, size } from './fields.ts';
import { readSettings } from './read.ts';

const schema = z.strictObject({
  agents: z
    .strictObject({
      listen: listenAddress().default({ host: '::', port: 8443 }),
      ttl: duration()
        .default(90_000)
        .meta({ examples: ['90s'] }),
    })
    .prefault({}),
  level: z.enum(['debug', 'info']).default('info'),
  name: z.string().min(2),
  labels: labels().default({}),
  spool: size().default(0),
  sinks: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('file'), path: z.string() }),
        z.strictObject({ type: z.literal('kafka'), topic: z.string() }),
      ]),
    )
    .default([]),
});

const wrong = (text: string) => {
  const read = readSettings(schema, new SourceText('fairlead-server.yaml', text));
  assert.ok(!read.ok, 'it must be refused');
  return read.problems.map((one) => `${formatOrigin(one.origin)} ${one.message}; ${one.hint}`);
};

test('what is written is read into values with units, and what is not has its default', () => {
  const read = readSettings(
    schema,
    new SourceText('x', 'name: main\nagents: { ttl: 2m, listen: ":9000" }\nspool: 64MiB\nlabels: {env: prod, rack: 7}\n'),
  );
  assert.deepEqual(read, {
    ok: true,
    value: {
      name: 'main',
      agents: { ttl: 120_000, listen: { host: '::', port: 9000 } },
      level: 'info',
      spool: 67_108_864,
      labels: { env: 'prod', rack: '7' },
      sinks: [],
    },
  });
});

test('an unknown key is named with its place and the nearest known one', () => {
  assert.deepEqual(wrong('name: main\nagents:\n  lisen: ":1"\n'), [
    'fairlead-server.yaml:3:3 unknown key "lisen" in agents; did you mean "listen"?',
  ]);
  assert.deepEqual(wrong('nam: main\n'), [
    'fairlead-server.yaml:1:1 name is missing; add name',
    'fairlead-server.yaml:1:1 unknown key "nam"; did you mean "name"?',
  ]);
});

test('all mistakes of a file come at once', () => {
  assert.deepEqual(wrong('name: x\nlevel: inof\nagents:\n  ttl: 90\n  listen: localhost:1\nspool: 5 MB\n'), [
    'fairlead-server.yaml:1:7 name: "x" is too small; at least 2 characters',
    'fairlead-server.yaml:2:8 level: "inof" is not one of debug, info; did you mean "info"?',
    'fairlead-server.yaml:4:8 agents.ttl must be a text, not 90; for example ttl: 90s',
    'fairlead-server.yaml:5:11 agents.listen: "localhost:1" is no address to listen on; write ADDRESS:PORT, for example "127.0.0.1:8443" or ":8443"; see the reference of settings',
    'fairlead-server.yaml:6:8 spool: "5 MB" is no size; write a number and a unit, for example "64MiB"; see the reference of settings',
  ]);
});

test('a kind of several says which kinds there are', () => {
  assert.deepEqual(wrong('name: main\nsinks:\n  - type: kafak\n'), [
    'fairlead-server.yaml:3:11 sinks[0].type: "kafak" is not one of file, kafka; did you mean "kafka"?',
  ]);
  assert.deepEqual(wrong('name: main\nsinks:\n  - path: /x\n'), [
    'fairlead-server.yaml:3:5 sinks[0].type is missing; write one of file, kafka',
  ]);
  assert.deepEqual(wrong('name: main\nsinks:\n  - {type: file, topic: x}\n'), [
    'fairlead-server.yaml:3:5 sinks[0].path is missing; add sinks[0].path',
    'fairlead-server.yaml:3:18 unknown key "topic" in sinks[0]; known keys: type, path',
  ]);
});

test('what is no YAML, too deep, too large or full of aliases is refused without being built', () => {
  assert.match(wrong('name: [').join(), /fairlead-server\.yaml:1:\d+ /);
  assert.match(wrong(`name: ${'['.repeat(100_000)}`).join(), /nested deeper than 64/);
  assert.match(wrong(`${'- '.repeat(100_000)}x`).join(), /nested deeper/);
  assert.match(wrong(`name: ${'x'.repeat(1 << 20)}`).join(), /larger than/);
  const bomb = `a: &a [${'x,'.repeat(9)}x]\n${'bcdefghij'
    .split('')
    .map((key, at) => `${key}: &${key} [${`*${'abcdefghi'[at]},`.repeat(9)}x]`)
    .join('\n')}\nname: main\n`;
  assert.match(wrong(bomb).join(), /alias/i);
  assert.match(wrong('name: a\nname: b\n').join(), /:2:1 Map keys must be unique/);
});
