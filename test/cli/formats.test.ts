import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { examples, fairlead } from './fairlead.ts';
import { violations } from './json-schema.ts';

const expected = join(import.meta.dirname, 'testdata');
const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/schemas/check.schema.json'), 'utf8'));

const cases = [
  { file: 'broken-telemetry.txt', args: ['check', 'broken-telemetry'], code: 1 },
  { file: 'broken-telemetry.quiet.txt', args: ['check', '--quiet', 'broken-telemetry'], code: 1 },
  { file: 'broken-telemetry.md', args: ['check', '--format', 'markdown', 'broken-telemetry'], code: 1 },
  { file: 'broken-telemetry.json', args: ['check', '--format', 'json', 'broken-telemetry'], code: 1 },
  { file: 'broken-telemetry.sarif', args: ['check', '--format', 'sarif', 'broken-telemetry'], code: 1 },
  { file: 'broken-telemetry.patch', args: ['check', '--diff', 'broken-telemetry'], code: 1 },
  { file: 'working-telemetry.txt', args: ['check', 'working-telemetry'], code: 0 },
  { file: 'docker-run.txt', args: ['check', 'docker-run'], code: 1 },
  { file: 'registered-port.txt', args: ['check', 'registered-port'], code: 1 },
  { file: 'reach.txt', args: ['reach', 'grafana', 'loki:3100', 'broken-telemetry'], code: 1 },
  { file: 'reach-all.txt', args: ['reach', '--all', 'broken-telemetry'], code: 0 },
  { file: 'reach-all.json', args: ['reach', '--all', '--format', 'json', 'broken-telemetry'], code: 0 },
  { file: 'diff.txt', args: ['diff', 'broken-telemetry', 'working-telemetry'], code: 1 },
] as const;

/** Run with UPDATE_EXPECTED=1 to write the files anew, and read what changed before it is committed. */
function assertExpected(file: string, text: string): void {
  const path = join(expected, file);
  if (process.env.UPDATE_EXPECTED) writeFileSync(path, text);
  assert.equal(text, readFileSync(path, 'utf8'), `test/cli/testdata/${file}`);
}

/** Mounts are resolved to absolute paths by Compose; the checkout lies elsewhere on every machine. */
const portable = (text: string): string =>
  text.replaceAll(examples, '<examples>').replaceAll(/"(semanticVersion|version)": "\d+\.\d+\.\d+"/g, '"$1": "<version>"');

for (const { file, args, code } of cases) {
  test(`fairlead ${args.join(' ')} prints testdata/${file}`, async () => {
    const outcome = await fairlead([...args]);
    assert.equal(outcome.code, code, outcome.stderr);
    assertExpected(file, portable(outcome.stdout));
  });
}

test('every example fits the schema of the JSON report', async () => {
  for (const example of ['broken-telemetry', 'working-telemetry', 'docker-run', 'registered-port']) {
    const { stdout } = await fairlead(['check', '--format', 'json', example, '--docker', '28', '--rule', 'R01,R05,R19', '--rule', 'R04']);
    assert.deepEqual(violations(schema, JSON.parse(stdout)), [], example);
  }
});

test('the schema sees a planted violation', () => {
  assert.ok(violations(schema, { schemaVersion: 2 }).length > 5);
});

const sarif = JSON.parse(readFileSync(join(expected, 'sarif-2.1.0.schema.json'), 'utf8'));

test('every example fits the schema of SARIF 2.1.0', async () => {
  const inputs = ['broken-telemetry', 'working-telemetry', 'docker-run', 'registered-port', 'missing'];
  for (const input of inputs) {
    const { stdout } = await fairlead(['check', '--format', 'sarif', input]);
    assert.deepEqual(violations(sarif, JSON.parse(stdout)), [], input);
  }
});

test('the schema of SARIF sees planted violations', async () => {
  const { stdout } = await fairlead(['check', '--format', 'sarif', 'broken-telemetry']);
  const plant = (change: (run: ReturnType<typeof JSON.parse>) => void): readonly string[] => {
    const log = JSON.parse(stdout);
    change(log.runs[0]);
    return violations(sarif, log);
  };
  assert.equal(plant((run) => delete run.tool.driver.name).length, 1);
  assert.equal(plant((run) => delete run.results[0].message.text).length, 1);
  assert.equal(plant((run) => Object.assign(run.results[0], { severity: 'high' })).length, 1);
  assert.equal(plant((run) => Object.assign(run.results[0].locations[0].physicalLocation.region, { startLine: 0 })).length, 1);
  assert.equal(plant((run) => delete run.results[0].locations[0].physicalLocation.artifactLocation).length, 1);
});

test('SARIF says where, how and what to replace', async () => {
  const { stdout } = await fairlead(['check', '--format', 'sarif', 'broken-telemetry']);
  const log = JSON.parse(stdout);
  const [run] = log.runs;
  assert.equal(log.version, '2.1.0');
  for (const result of run.results) {
    assert.equal(run.tool.driver.rules[result.ruleIndex].id, result.ruleId);
    const { help, helpUri } = run.tool.driver.rules[result.ruleIndex];
    assert.match(help.markdown, new RegExp(`^# ${result.ruleId} .*## How to fix it`, 's'), 'the page of the rule comes along');
    assert.match(help.text, new RegExp(`^${result.ruleId} `));
    assert.equal(helpUri, undefined, 'there is no place on the web that could be named');
    const { artifactLocation, region } = result.locations[0].physicalLocation;
    assert.equal(artifactLocation.uriBaseId, 'SRCROOT');
    const line = readFileSync(join(examples, artifactLocation.uri), 'utf8').split('\n')[region.startLine - 1] ?? '';
    assert.ok(line.slice(region.startColumn - 1, region.endColumn - 1).length > 0, 'the region holds something');
    assert.match(result.partialFingerprints.primaryLocationLineHash, /^[0-9a-f]{16}:\d+$/);
    assert.ok(result.codeFlows[0].threadFlows[0].locations.length > 0);
    for (const change of result.fixes[0].artifactChanges) for (const one of change.replacements) assert.ok(one.deletedRegion.startLine > 0);
  }
});
