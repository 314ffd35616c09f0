/** No link that is certainly broken goes without a finding, whatever stands in its way and however little is known of it. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import type { Origin } from '../../core/origin.ts';
import type { Step, Verdict } from '../../network/answer.ts';
import { lookup } from '../../network/lookup.ts';
import type { Evaluator, Link, Model } from '../../network/model.ts';
import { createReach, type Reason, reasons } from '../../reach/index.ts';
import { type Files, withOverlay } from '../../readers/files.ts';
import { readAll } from '../../readers/index.ts';
import type { RuleContext } from '../rule.ts';
import { rules } from './index.ts';
import { runRules } from './run.ts';

const text = `services:
  agent:
    image: registry.example.org/edge:1.4
    environment:
      SERVER_ENDPOINT: http://server:9000
  server:
    image: prom/node-exporter:v1.8.1
    command: --web.listen-address=127.0.0.1:9100
    ports: ["127.0.0.1:9200:9100"]
`;

const noFiles: Files = { read: () => ({ ok: false, reason: 'missing', message: 'no such file' }), exists: () => false };

function modelOf(): Model {
  const files = withOverlay(noFiles, new Map([[resolve('example/compose.yaml'), text]]));
  return readAll(files, { inputs: [{ kind: 'compose', paths: ['example/compose.yaml'] }] });
}

/** The agent's link, dialled so, and unreachable in the only world for this reason. */
function contextOf(model: Model, reason: Reason, origins: readonly Origin[], host: string, evaluator: Evaluator): RuleContext {
  const [found] = model.links.filter(({ setting }) => setting === 'SERVER_ENDPOINT');
  assert.ok(found !== undefined, 'the link is read');
  const link: Link = { ...found, host, raw: `http://${host}:9000`, evaluator };
  const steps: readonly Step[] = [
    { stage: 'nat', outcome: 'block', text: 'something stands in the way', reason, symptom: 'refused', origins },
  ];
  const verdict: Verdict = {
    kind: 'unreachable',
    question: { from: { kind: 'workload', workloadId: link.workloadId }, host, port: 9000, transport: 'tcp' },
    steps,
    symptom: 'refused',
    witness: { source: 'agent', destination: `${host}:9000`, transport: 'tcp' },
    blocking: steps,
    missing: [],
    assumptions: [],
    worlds: [{ choices: [], reachable: false, symptom: 'refused', steps }],
    origins,
  };
  const reach = createReach(model);
  return { model, lookup: lookup(model), links: [{ link, verdict }], ask: (question) => reach.ask(question) };
}

const model = modelOf();
const places: Readonly<Record<string, readonly Origin[]>> = {
  'no place': [],
  'the listener': model.listeners.map(({ origin }) => origin),
  'the published port': model.publications.map(({ origin }) => origin),
  'the container': model.workloads.map(({ origin }) => origin),
};

test('the places are in the model', () => {
  for (const [name, origins] of Object.entries(places)) assert.equal(origins.length > 0, name !== 'no place', name);
});

for (const reason of reasons) {
  test(`a link that is unreachable for ${reason} has a finding of its own`, () => {
    for (const [place, origins] of Object.entries(places)) {
      for (const host of ['server', 'localhost', '127.0.0.1', 'host.docker.internal', '192.0.2.7']) {
        for (const evaluator of ['container', 'host', 'engine'] as const) {
          const context = contextOf(model, reason, origins, host, evaluator);
          const [judged] = context.links;
          // The server's listener is a fault by itself; only what speaks of this link counts.
          const about = runRules(context, rules).filter(({ draft }) => draft.verdict === judged?.verdict);
          assert.equal(about.length > 0, true, `${host}, evaluated by ${evaluator}, with ${place}`);
        }
      }
    }
  });
}
