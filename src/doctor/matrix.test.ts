import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import type { Model } from '../network/model.ts';
import { buildModel } from '../network/testing/build.ts';
import { diskFiles, withOverlay } from '../readers/files.ts';
import { readAll } from '../readers/index.ts';
import { allPairsJson } from './answers-json.ts';
import { askAll, countPairs } from './matrix.ts';
import { matrixText } from './report/text/matrix.ts';
import { styleFor } from './report/text/style.ts';

const modelOf = (text: string): Model =>
  readAll(withOverlay(diskFiles, new Map([[resolve('compose.yaml'), text]])), { inputs: [{ kind: 'compose', paths: ['compose.yaml'] }] });

test('every pair is answered once, in its group or by itself', () => {
  const containers = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`s${index}`, { networks: [index % 2 === 0 ? 'even' : 'odd'], listens: ['80'] }]),
  );
  const all = allPairsJson(askAll(buildModel({ containers })));
  const members = (groups: readonly (readonly unknown[])[]) => groups.reduce((sum, group) => sum + group.length, 0);
  assert.equal(members(all.sources), 22);
  assert.equal(members(all.targets), 20);
  assert.equal(all.own.length, 20);
  assert.ok(all.sources.length <= 4 && all.targets.length === 2, 'equal containers are answered together');
  const kindOf = (from: string, to: string) =>
    all.answers.find(
      (answer) => all.sources[answer.from]?.includes(from) && all.targets[answer.to]?.some(({ workload }) => workload === to),
    )?.kind;
  assert.equal(kindOf('s0', 's2'), 'reachable');
  assert.equal(kindOf('s0', 's3'), 'unreachable');
});

test('every pair is counted once, also those that share a network namespace', () => {
  const all = askAll(
    modelOf(`services:
  node-exporter:
    image: prom/node-exporter:v1.8.1
    command: --web.listen-address=127.0.0.1:9100
  sidecar:
    image: example.org/sidecar
    network_mode: service:node-exporter
  one: { image: "prom/prometheus:v2.53.0" }
  two: { image: "prom/prometheus:v2.53.0" }
  agent: { image: example.org/agent, network_mode: host, command: --web.listen-address=0.0.0.0:9100 }
`),
  );
  const counts = countPairs(all);
  const singly = { reachable: 0, unreachable: 0, ambiguous: 0, undetermined: 0 };
  for (const source of all.sources.flatMap(({ members }) => members))
    for (const target of all.targets.flatMap(({ members }) => members)) singly[all.ask(source, target).kind] += 1;
  assert.deepEqual(counts, singly);
  assert.equal(
    Object.values(counts).reduce((sum, count) => sum + count, 0),
    all.pairs,
  );
  assert.deepEqual(allPairsJson(all).counts, counts);
});

test('who shares the namespace of a port is not listed with those who come to it from outside', () => {
  const all = askAll(
    modelOf(`services:
  node-exporter:
    image: prom/node-exporter:v1.8.1
    command: --web.listen-address=127.0.0.1:9100
  agent: { image: example.org/agent }
`),
  );
  const text = matrixText(all, styleFor({ colour: false, width: undefined }), false);
  assert.match(text, /^to node-exporter:9100\/tcp\n {2}× from agent, the host$/m);
});
