import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { diskFiles, withOverlay } from '../readers/files.ts';
import type { CheckRequest } from './check.ts';
import { check } from './check.ts';
import { rules } from './rules/index.ts';
import { noSettings } from './settings-fields.ts';

const text = `services:
  agent:
    image: example.org/my-monitoring-agent
    environment:
      AGENT_ENDPOINT: http://localhost:9090
  prometheus:
    image: prom/prometheus:v2.53.0
`;

function requestWith(onStage: (stage: string) => void): CheckRequest {
  const files = withOverlay(diskFiles, new Map([[resolve('compose.yaml'), text]]));
  return { files, read: { inputs: [{ kind: 'compose', paths: ['compose.yaml'] }] }, rules, settings: noSettings, onStage };
}

test('a stage is told before the questions, each rule and each fix', () => {
  const stages: string[] = [];
  check(requestWith((stage) => stages.push(stage)));
  for (const { id } of rules.filter(({ onByDefault }) => onByDefault))
    assert.ok(
      stages.some((stage) => stage.startsWith(`checking: ${id} `)),
      id,
    );
  assert.ok(stages.includes('checking: asking'));
  assert.ok(stages.includes('checking: proving a fix of R01'));
});

test('whoever watches can stop the work at a rule and at a fix', () => {
  for (const at of ['R16', 'proving']) {
    const seen: string[] = [];
    const stop = (stage: string): void => {
      seen.push(stage);
      if (stage.includes(at)) throw new RangeError('time is up');
    };
    assert.throws(() => check(requestWith(stop)), /time is up/);
    assert.ok(seen.at(-1)?.includes(at));
  }
});
