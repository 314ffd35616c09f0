import assert from 'node:assert/strict';
import test from 'node:test';
import { agentSettings, remoteAgentSettings } from '../settings/index.ts';
import { problemText, readOffer } from './offer.ts';

const rules = { remoteSchema: remoteAgentSettings, sections: Object.keys(agentSettings.shape) };
const file = (body: string | Uint8Array, name = 'agent.yaml', contentType = 'text/yaml') => ({
  ...{ name, contentType },
  body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
});
const problems = (...files: ReturnType<typeof file>[]) => {
  const offer = readOffer(files, rules);
  return offer.ok ? [] : offer.problems;
};

test('only the sections that were written are the wish of the server', () => {
  const offer = readOffer(
    [file('links: [{name: a, to: "a:1"}]'), file('{"log": {"level": "debug"}}', 'log.json', 'application/json')],
    rules,
  );
  assert.ok(offer.ok);
  assert.deepEqual(Object.keys(offer.parsed).sort(), ['links', 'log']);
  assert.deepEqual(offer.written, { links: [{ name: 'a', to: 'a:1' }], log: { level: 'debug' } });
});

test('no files, and empty ones, ask for nothing', () => {
  for (const files of [[], [file('')], [file('# nothing\n')], [file('{}', '')]])
    assert.deepEqual(readOffer(files, rules), { ok: true, parsed: {}, written: {} });
});

test('every way to get it wrong is a sentence with its place', () => {
  assert.deepEqual(problems(file('links:\n  - name: a\n    too: "a:1"\n')), [
    'agent.yaml:2:5 links[0].to is missing; for example to: kafka-1.example.org:9092',
    'agent.yaml:3:5 unknown key "too" in links[0]; did you mean "to"?',
  ]);
  assert.match(problems(file('heartbeat: {interval: soon}')).join(), /^agent\.yaml:1:23 .*"soon" is no duration/);
  assert.deepEqual(problems(file('planes: {}')), [
    'agent.yaml:1:1 "planes" is not for a server to change; it belongs into the agent\'s own file',
  ]);
  assert.match(problems(file('liks: []')).join(), /unknown key "liks".*did you mean "links"\?/);
  assert.deepEqual(problems(file('log: {}'), file('log: {}', 'b.yaml')), ['b.yaml section "log" is in agent.yaml too; write it once']);
  assert.deepEqual(problems(file(Uint8Array.of(0xff, 0xfe))), ['agent.yaml is not UTF-8']);
  assert.deepEqual(problems(file('x', 'a.toml', 'application/toml')), ['a.toml is of the type "application/toml"; YAML or JSON is read']);
  assert.match(problems(file('links: [')).join(), /^agent\.yaml:1:\d+ /);
  assert.match(problems(file('- a')).join(), /^agent\.yaml:1:1 /);
  assert.deepEqual(problems(...Array.from({ length: 65 }, (_, index) => file('', `f${index}`))), ['65 files; at most 64 are read']);
});

test('a long list of problems is cut, and says how many there are', () => {
  const text = problemText(Array.from({ length: 12 }, (_, index) => `problem ${index}`));
  assert.deepEqual(text.split('\n').slice(-2), ['problem 9', 'and 2 more']);
});
