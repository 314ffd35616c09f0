import assert from 'node:assert/strict';
import test from 'node:test';
import * as z from 'zod';
import { readSettings } from '../../config/read.ts';
import { formatOrigin } from '../../core/origin.ts';
import { SourceText } from '../../core/text.ts';
import { agentSettings, remoteAgentSettings, remoteSections } from './index.ts';

const pin = `sha256:${'ab'.repeat(32)}`;

const read = (text: string) => readSettings(agentSettings, new SourceText('agent.yaml', text));

const wrong = (text: string) => {
  const result = read(text);
  assert.ok(!result.ok, 'it must be refused');
  return result.problems.map((one) => `${formatOrigin(one.origin)} ${one.message}; ${one.hint}`).join('\n');
};

test('an enrolment URL and a fingerprint are enough, all else has a default', () => {
  const result = read(`server:\n  enrolment: ["https://fleet.example.org:8444"]\n  caFingerprint: ${pin}\n`);
  assert.ok(result.ok);
  assert.equal(result.value.server?.transport, 'websocket');
  assert.equal(result.value.server?.replyTimeout, 30_000);
  assert.equal(result.value.heartbeat.interval, 30_000);
  assert.deepEqual(result.value.planes, { control: {}, data: {} });
});

test('JSON is read as well', () => {
  const result = read(JSON.stringify({ server: { endpoints: ['ws://127.0.0.1:4320/v1/opamp'], transport: 'http' } }));
  assert.ok(result.ok);
  assert.deepEqual(result.value.server?.endpoints, ['ws://127.0.0.1:4320/v1/opamp']);
});

test('a fingerprint is taken as openssl prints it', () => {
  const colons = 'AB:'.repeat(32).slice(0, -1);
  const result = read(`server: { endpoints: ["wss://a.example.org"], caFingerprint: "sha256 Fingerprint=${colons}" }\n`);
  assert.equal(result.ok && result.value.server?.caFingerprint, pin);
});

const refused: readonly (readonly [string, string, RegExp])[] = [
  [
    'a misspelt key',
    'server:\n  endpoint: ["wss://a.example.org"]\n',
    /agent\.yaml:2:3 unknown key "endpoint" in server; did you mean "endpoints"\?/,
  ],
  ['no server at all', 'identity: { name: a }\n', /agent\.yaml:1:1 .*server/],
  [
    'a server section that names none',
    'server: { transport: http }\n',
    /no server is named: set endpoints, dns, consul, registry or enrolment/,
  ],
  ['enrolment at anybody', 'server: { enrolment: ["https://a.example.org"] }\n', /nothing says which server to believe/],
  ['enrolment without TLS', `server: { enrolment: ["http://a.example.org"], caFingerprint: "${pin}" }\n`, /begins with https:\/\//],
  [
    'a fingerprint that is too short',
    'server: { endpoints: ["wss://a.example.org"], caFingerprint: "sha256:abcd" }\n',
    /64 hexadecimal digits/,
  ],
  ['a certificate without its key', 'server: { endpoints: ["wss://a.example.org"], certificateFile: /a.pem }\n', /belong together/],
  ['an endpoint without a scheme', 'server:\n  endpoints:\n    - fleet.example.org:8443\n', /agent\.yaml:3:7 .*write a URL/],
  [
    'both ways to name a plane',
    'server: { endpoints: ["wss://a.example.org"] }\nplanes:\n  data: { localAddress: 192.0.2.1, interface: eth0 }\n',
    /agent\.yaml:3:\d+ .*not both/,
  ],
  [
    'an address that is none',
    'server: { endpoints: ["wss://a.example.org"] }\nplanes: { control: { localAddress: 300.1.1.1 } }\n',
    /agent\.yaml:2:\d+ .*IPv4 or IPv6/,
  ],
  [
    'an interval without a unit',
    'server: { endpoints: ["wss://a.example.org"] }\nheartbeat: { interval: "30" }\n',
    /agent\.yaml:2:\d+ .*"30s"/,
  ],
];

for (const [what, text, expected] of refused) test(`${what} is refused with its place`, () => assert.match(wrong(text), expected));

test('the server can neither lead its agents away nor change who they are', () => {
  assert.deepEqual([...remoteSections].sort(), Object.keys(remoteAgentSettings.shape).sort());
  for (const section of ['server', 'identity', 'planes', 'remote', 'health', 'journal'])
    assert.equal(remoteAgentSettings.safeParse({ [section]: {} }).success, false, section);
});

test('every setting of these sections says what it does and shows an example', () => {
  const bare: string[] = [];
  let seen = 0;
  const visit = (path: string, schema: unknown): void => {
    if (schema instanceof z.ZodLazy) return visit(path, schema.unwrap());
    const inner = schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema;
    if (inner instanceof z.ZodLazy) return visit(path, inner.unwrap());
    if (!(inner instanceof z.ZodObject)) return;
    for (const [key, value] of Object.entries<z.ZodType>(inner.shape)) {
      // Zod's own type of what is wrapped is wider than what this package holds.
      const meta = {
        ...(value instanceof z.ZodOptional && value.unwrap() instanceof z.ZodType ? (value.unwrap() as z.ZodType).meta() : {}),
        ...value.meta(),
      };
      seen += 1;
      if (meta.description === undefined) bare.push(`${path}.${key}: no description`);
      const nested = value instanceof z.ZodPrefault || value instanceof z.ZodOptional ? value.unwrap() : value;
      if (meta.examples === undefined && !(nested instanceof z.ZodObject)) bare.push(`${path}.${key}: no example`);
      visit(`${path}.${key}`, value);
    }
  };
  for (const section of ['server', 'identity', 'planes', 'heartbeat'] as const) visit(section, agentSettings.shape[section]);
  assert.deepEqual(bare, []);
  assert.ok(seen > 30, `${seen} settings were looked at`);
});
