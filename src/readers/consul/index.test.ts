import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatOrigin } from '../../core/origin.ts';
import { SourceText } from '../../core/text.ts';
import { readConsul } from './index.ts';

const read = (text: string) => readConsul(new SourceText('consul.json', text));
const registrations = (text: string) => read(text).part.registrations.map((one) => `${one.service} ${one.address}:${one.port}`);

const catalog = `[
  {
    "ID": "40e4a748-2192-161a-0510-9bf59fe950b5",
    "Node": "edge-1",
    "Address": "192.0.2.10",
    "Datacenter": "dc1",
    "ServiceKind": "",
    "ServiceID": "agent-1",
    "ServiceName": "node-exporter",
    "ServiceTags": ["metrics"],
    "ServiceAddress": "",
    "ServicePort": 9100
  },
  {"Node": "edge-2", "Address": "192.0.2.11", "ServiceID": "agent-2", "ServiceName": "node-exporter", "ServiceAddress": "198.51.100.7", "ServicePort": 9101}
]`;
const service = '"Service": {"ID": "api-1", "Service": "api", "Tags": [], "Address": "", "Port": 8080}';

const shapes: readonly (readonly [name: string, text: string, expected: readonly string[]])[] = [
  ['/v1/catalog/service/x', catalog, ['node-exporter 192.0.2.10:9100', 'node-exporter 198.51.100.7:9101']],
  ['/v1/health/service/x', `[{"Node": {"Node": "n1", "Address": "192.0.2.3"}, ${service}, "Checks": []}]`, ['api 192.0.2.3:8080']],
  ['/v1/agent/services', '{"api-1": {"ID": "api-1", "Service": "api", "Port": 8080, "Address": "10.0.0.5"}}', ['api 10.0.0.5:8080']],
  ['/v1/agent/service/x', '{"ID": "api-1", "Service": "api", "Port": 8080, "Address": "10.0.0.5"}', ['api 10.0.0.5:8080']],
  [
    '/v1/agent/services and /v1/agent/self',
    '{"api-1": {"ID": "api-1", "Service": "api", "Port": 8080, "Address": ""}}\n{"Config": {"Datacenter": "dc1"}, "Member": {"Addr": "192.0.2.9"}}',
    ['api 192.0.2.9:8080'],
  ],
  [
    '/v1/catalog/node/x',
    `{"Node": {"Node": "n1", "Address": "192.0.2.3"}, "Services": {"api-1": {"ID": "api-1", "Service": "api", "Port": 8080}}}`,
    ['api 192.0.2.3:8080'],
  ],
  [
    '/v1/catalog/node-services/x',
    `{"Node": {"Node": "n1", "Address": "192.0.2.3"}, "Services": [{"ID": "api-1", "Service": "api", "Port": 8080}]}`,
    ['api 192.0.2.3:8080'],
  ],
  ['PUT /v1/agent/service/register', '{"ID": "api-1", "Name": "api", "Address": "10.0.0.5", "Port": 8080}', ['api 10.0.0.5:8080']],
  ['PUT /v1/catalog/register', `{"Node": "n1", "Address": "192.0.2.3", ${service}}`, ['api 192.0.2.3:8080']],
  ['a configuration file', '{"service": {"name": "api", "address": "10.0.0.5", "port": 8080}}', ['api 10.0.0.5:8080']],
  [
    'a configuration file of several services',
    '{"services": [{"name": "api", "address": "10.0.0.5", "port": 8080}, {"name": "db", "address": "10.0.0.6", "port": 5432}]}',
    ['api 10.0.0.5:8080', 'db 10.0.0.6:5432'],
  ],
  ['a service without a port', '[{"Address": "192.0.2.3", "ServiceName": "api", "ServicePort": 0}]', []],
  ["Consul's own service", '[{"Address": "192.0.2.3", "ServiceName": "consul", "ServicePort": 8300}]', []],
  [
    'a proxy of the mesh',
    '[{"Address": "192.0.2.3", "ServiceName": "api-proxy", "ServiceKind": "connect-proxy", "ServicePort": 21000}]',
    [],
  ],
];

for (const [name, text, expected] of shapes) {
  test(`${name} gives its services with address and port`, () => {
    assert.equal(read(text).recognised, true);
    assert.deepEqual(registrations(text), expected);
    assert.deepEqual(read(text).part.problems, []);
  });
}

test('address and port have the exact place in the file', () => {
  const source = new SourceText('consul.json', catalog);
  const [first, second] = readConsul(source).part.registrations;
  assert.ok(first?.portOrigin?.kind === 'file' && first.addressOrigin?.kind === 'file' && second?.addressOrigin?.kind === 'file');
  assert.equal(formatOrigin(first.portOrigin), 'consul.json:12:20');
  assert.equal(formatOrigin(first.origin), 'consul.json:9:21');
  const text = ({ start, end }: { readonly start: number; readonly end: number }) => catalog.slice(start, end);
  assert.equal(text(first.portOrigin.span), '9100');
  assert.equal(text(first.addressOrigin.span), '192.0.2.10');
  assert.equal(text(second.addressOrigin.span), '198.51.100.7');
  assert.ok(first.portOrigin.exact && first.addressOrigin.exact);
});

test('ids are readable and unique, and an instance that is named twice is one', () => {
  const again = `${catalog}\n${catalog.replace('"ServicePort": 9100', '"ServicePort": 9999')}`;
  assert.deepEqual(
    read(again).part.registrations.map((one) => one.id),
    ['consul/edge-1/agent-1', 'consul/edge-2/agent-2', 'consul/edge-1/agent-1#2'],
  );
});

const problems: readonly (readonly [name: string, text: string, expected: readonly string[]])[] = [
  [
    'a port in quotes',
    '{"service": {"name": "api", "address": "10.0.0.5", "port": "8080"}}',
    ['error consul.json:1:61 port 8080 of service api is not a port'],
  ],
  [
    'a port out of range',
    '[{"Address": "192.0.2.3", "ServiceName": "api", "ServicePort": 80800}]',
    ['error consul.json:1:64 port 80800 of service api is not a port'],
  ],
  [
    'services of an agent whose address is not told',
    '{"a": {"Service": "api", "Port": 80, "Address": ""}, "b": {"Service": "db", "Port": 5432, "Address": ""}}',
    ['gap consul.json:1:20 service api and 1 more: no address of its own, and the address of the node is not in this input'],
  ],
  [
    'names without addresses',
    '{"consul": [], "api": ["v1"], "db": []}',
    ['gap consul.json:1:1 this is a list of service names without addresses: api, db'],
  ],
  [
    'a comma that is missing',
    '[\n  {"Address": "192.0.2.3"\n   "ServiceName": "api", "ServicePort": 80}\n]',
    ['error consul.json:3:4 not JSON: found "\\"", expected "," or "}"'],
  ],
];

for (const [name, text, expected] of problems) {
  test(`${name} is a problem with its place`, () => {
    const { recognised, part } = read(text);
    assert.equal(recognised, true);
    assert.deepEqual(
      part.problems.map((problem) => `${problem.severity} ${formatOrigin(problem.origin)} ${problem.message}`),
      expected,
    );
  });
}

test('other JSON is left to others', () => {
  const others = [
    '',
    'services:\n  web: {}\n',
    '[]',
    '{}',
    '{"services": {"web": {"image": "nginx"}}}',
    '{"services": [{"name": "web"}]}',
    '[{"Name": "/web", "HostConfig": {}, "NetworkSettings": {}}]',
    '{"a": ["b"]}',
    '{"broken": ',
  ];
  for (const text of others) assert.equal(read(text).recognised, false, text);
});

test('truncated and changed answers never throw', () => {
  const seed = Date.now() % 1_000_000;
  console.log(`seed ${seed}`);
  const random = generator(seed);
  const all = shapes.map(([, text]) => text);
  for (let round = 0; round < 3000; round += 1) {
    const text = mutate(all[Math.floor(random() * all.length)] ?? '', random);
    const { part } = read(text);
    for (const { port } of part.registrations)
      assert.ok(Number.isInteger(port) && port > 0 && port < 65_536, `seed ${seed} round ${round}`);
  }
  assert.equal(read(`${'['.repeat(100_000)}`).recognised, false);
});

function mutate(text: string, random: () => number): string {
  const pieces = ['{', '}', '[', ']', '"', ',', ':', 'null', '-1', '1e99', '\\', '\u0000', '"Port"', '{"Service":"x"}'];
  let changed = text;
  for (let count = 0; count < 1 + random() * 4; count += 1) {
    const at = Math.floor(random() * changed.length);
    const length = Math.floor(random() * 8);
    const piece = random() < 0.2 ? '' : (pieces[Math.floor(random() * pieces.length)] ?? '');
    changed = random() < 0.1 ? changed.slice(0, at) : changed.slice(0, at) + piece + changed.slice(at + length);
  }
  return changed;
}

/** mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
