import assert from 'node:assert/strict';
import test from 'node:test';
import { parse } from 'yaml';
import { agentSettings } from '../settings/index.ts';
import { effectiveConfig } from './effective.ts';

const shown = (local: Record<string, unknown>, remote: Record<string, unknown> = {}) => {
  const [file] = effectiveConfig(agentSettings, local, remote);
  assert.equal(file?.contentType, 'text/yaml');
  const text = new TextDecoder().decode(file?.body);
  // What is shown is settings: it can be read again, but for what was redacted.
  return { text, value: parse(text) };
};
const server = { endpoints: ['wss://fleet.example.org:8443/v1/opamp'] };

test('defaults are shown as people would write them, inside of lists too', () => {
  const { value } = shown({ server, services: [{ name: 'web', port: 80, check: { kind: 'file', path: '/run/alive', ttl: '30s' } }] });
  assert.equal(value.heartbeat.interval, '30s');
  assert.deepEqual(value.services[0].check, { kind: 'file', path: '/run/alive', ttl: '30s', every: '10s' });
  assert.equal(agentSettings.safeParse(value).success, true);
});

test('a section of the server stands for the whole one of the agent', () => {
  const local = { server, links: [{ name: 'a', to: 'a:1' }], log: { level: 'debug' } };
  const { value } = shown(local, { links: [{ name: 'b', to: 'b:1' }] });
  assert.deepEqual([value.links.map(({ name }: { name: string }) => name), value.log.level], [['b'], 'debug']);
});

test('secrets are not shown', () => {
  const { text } = shown({ server, links: [{ name: 'a', kind: 'http', to: 'https://agent:hunter2@logs.example.org/' }] });
  assert.equal(text.includes('hunter2'), false);
  assert.ok(text.includes('logs.example.org'));
});
