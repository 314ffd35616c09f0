import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Link } from '../network/model.ts';
import { buildModel } from '../network/testing/build.ts';
import { compareModels, isEmpty } from './diff.ts';

const link = (host: string): Link => ({
  id: 'agent#URL',
  workloadId: 'agent',
  evaluator: 'container',
  raw: `http://${host}:80`,
  host,
  port: 80,
  transport: 'tcp',
  application: 'http',
  plane: 'data',
  purpose: 'dials',
  setting: 'URL',
  origin: { kind: 'default', text: 'the test' },
  generic: false,
});

const model = (network: string, links: readonly Link[] = [link('server')]) => ({
  ...buildModel({
    containers: { agent: { networks: ['front'] }, twin: { networks: ['front'] }, server: { networks: [network], listens: ['80'] } },
  }),
  links,
});

test('a model does not differ from itself', () => {
  assert.ok(isEmpty(compareModels(model('front'), model('front'))));
});

test('a server that moves away changes the links and the pairs of all who reached it', () => {
  const { links, pairs } = compareModels(model('front'), model('back'));
  assert.deepEqual(
    links.map(({ from, before, after }) => [from, before?.kind, after?.kind]),
    [['agent', 'reachable', 'unreachable']],
  );
  assert.deepEqual(
    pairs.filter(({ after }) => after.kind === 'unreachable').map(({ from, to }) => [from, to]),
    [[['agent', 'twin'], ['server:80/tcp']]],
  );
});

test('links that only one side has are listed, not compared', () => {
  const { links, linksOnlyBefore, linksOnlyAfter } = compareModels(
    model('front'),
    model('front', [{ ...link('server'), setting: 'OTHER_URL' }]),
  );
  assert.deepEqual(
    [links.length, linksOnlyBefore.map(({ setting }) => setting), linksOnlyAfter.map(({ setting }) => setting)],
    [0, ['URL'], ['OTHER_URL']],
  );
});

test('a workload that is gone takes its ports with it', () => {
  const small = buildModel({ containers: { agent: { networks: ['front'] } } });
  const { onlyBefore, pairs } = compareModels(model('front'), small);
  assert.ok(onlyBefore.includes('server') && onlyBefore.includes('server:80/tcp'));
  assert.deepEqual(pairs, []);
});

test('who shares the namespace of a port reaches it by localhost, whatever changes for the others', () => {
  const stack = (address: string) =>
    buildModel({ containers: { agent: { networks: ['net'] }, exporter: { networks: ['net'], listens: [address] } } });
  const { pairs } = compareModels(stack('127.0.0.1:9100'), stack('0.0.0.0:9100'));
  assert.ok(pairs.length > 0);
  for (const { from } of pairs) assert.ok(!from.includes('exporter'), from.join(', '));
});
