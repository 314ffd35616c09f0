import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { Origin } from '../../core/origin.ts';
import { formatOrigin } from '../../core/origin.ts';
import { memoryFiles } from './memory-files.ts';
import { readCompose } from './read.ts';

const read = (text: string, more: Readonly<Record<string, string>> = {}, paths = ['shop/compose.yaml']) =>
  readCompose(memoryFiles({ 'shop/compose.yaml': text, ...more }), { paths });

const exactText = (origin: Origin | undefined, text: string) =>
  origin?.kind === 'file' && origin.exact ? text.slice(origin.span.start, origin.span.end) : undefined;

test('a service on the default network has its names there and nowhere else', () => {
  const { part } = read('services:\n  web: {image: nginx, hostname: www}\n  db: {image: db, container_name: database}\n');
  deepStrictEqual(
    part.endpoints.map((endpoint) => [endpoint.networkId, endpoint.names.map((name) => `${name.kind}:${name.name}`)]),
    [
      ['shop_default', ['service:web', 'container:shop-web-1', 'hostname:www']],
      ['shop_default', ['service:db', 'container:database']],
    ],
  );
  deepStrictEqual(
    part.networks.map((network) => network.id),
    ['shop_default'],
  );
});

test('network modes give the namespaces and endpoints that the engine makes', () => {
  const { part } = read(`services:
  host: {image: a, network_mode: host}
  none: {image: a, network_mode: none}
  bridge: {image: a, network_mode: bridge}
  owner: {image: a}
  side: {image: a, network_mode: "service:owner"}
  guest: {image: a, network_mode: "container:shop-owner-1"}
  stranger: {image: a, network_mode: "container:elsewhere"}
  named: {image: a, network_mode: agents}
`);
  deepStrictEqual(Object.fromEntries(part.workloads.map((workload) => [workload.name, workload.namespaceId])), {
    host: 'host',
    none: 'shop/none',
    bridge: 'shop/bridge',
    owner: 'shop/owner',
    side: 'shop/owner',
    guest: 'shop/owner',
    stranger: 'elsewhere',
    named: 'shop/named',
  });
  deepStrictEqual(
    part.namespaces.map((namespace) => `${namespace.id} ${namespace.kind}`),
    ['shop/none none', 'shop/bridge container', 'shop/owner container', 'shop/named container'],
  );
  deepStrictEqual(
    part.endpoints.map((endpoint) => [endpoint.workloadId, endpoint.networkId, endpoint.names.length > 0]),
    [
      ['shop/bridge', 'bridge', false],
      ['shop/owner', 'shop_default', true],
      ['shop/named', 'agents', true],
    ],
  );
  deepStrictEqual(
    part.networks.map((network) => [network.id, network.external]),
    [
      ['shop_default', false],
      ['bridge', true],
      ['agents', true],
    ],
  );
  // Compose gives no alias there.
  deepStrictEqual(
    part.endpoints.at(-1)?.names.map((name) => name.name),
    ['shop-named-1'],
  );
});

test('each published port knows its own place in the short form', () => {
  const text = 'services:\n  web:\n    image: a\n    ports: ["127.0.0.1:8080:80/udp", "9000-9001:90-91"]\n';
  const { part } = read(text);
  const [first, second, third] = part.publications;
  strictEqual(first?.hostIp, '127.0.0.1');
  strictEqual(first?.transport, 'udp');
  strictEqual(exactText(first?.hostPortOrigin, text), '8080');
  strictEqual(exactText(first?.containerPortOrigin, text), '80');
  deepStrictEqual([second?.hostPort, second?.containerPort, third?.hostPort, third?.containerPort], [9000, 90, 9001, 91]);
  strictEqual(exactText(second?.hostPortOrigin, text), undefined);
});

test('a range of host ports for one container port is the range from which the engine picks', () => {
  const [publication] = read('services: {web: {image: a, ports: ["8000-8005:80"]}}\n').part.publications;
  deepStrictEqual([publication?.hostPort, publication?.hostPortTo], [8000, 8005]);
});

test('an address and a port number given the long way are exact', () => {
  const text = 'services:\n  web:\n    image: a\n    ports:\n      - {target: 80, published: "8080"}\n';
  const [publication] = read(text).part.publications;
  strictEqual(exactText(publication?.hostPortOrigin, text), '8080');
  strictEqual(exactText(publication?.containerPortOrigin, text), '80');
});

test('a variable without value is unknown, an empty one is empty', () => {
  const [workload] = read('services: {web: {image: a, environment: [A, B=]}}\n').part.workloads;
  deepStrictEqual(
    workload?.environment.map(({ name, value }) => [name, value]),
    [
      ['A', undefined],
      ['B', ''],
    ],
  );
});

test('a value tells through which files and keys it came', () => {
  const { part } = read(
    'x-env: &env {URL: "http://${HOST}:80"}\nservices:\n  web:\n    extends: {file: base.yaml, service: base}\n    environment: *env\n',
    {
      'shop/.env': 'HOST=example.org\n',
      'shop/base.yaml': 'services: {base: {image: a, env_file: base.env}}\n',
      'shop/base.env': 'FROM_FILE=1\n',
    },
  );
  const [workload] = part.workloads;
  const url = workload?.environment.find((variable) => variable.name === 'URL');
  strictEqual(url?.value, 'http://example.org:80');
  ok(url.origin.kind === 'file');
  deepStrictEqual(
    url.origin.via.map((hop) => `${hop.kind} ${hop.text}`),
    ['anchor *env', 'env-file HOST', 'interpolation ${HOST}'],
  );
  ok(workload?.image?.origin.kind === 'file');
  deepStrictEqual(
    [workload.image.origin.file, workload.image.origin.via.map((hop) => hop.text)],
    ['shop/base.yaml', ['extends: base.yaml#base']],
  );
});

test('a value that replaced another one remembers it', () => {
  const { part } = read('services:\n  web:\n    image: one\n', { 'shop/compose.override.yaml': 'services: {web: {image: two}}\n' }, [
    'shop/compose.yaml',
    'shop/compose.override.yaml',
  ]);
  const origin = part.workloads[0]?.image?.origin;
  ok(origin?.kind === 'file');
  strictEqual(formatOrigin(origin), 'shop/compose.override.yaml:1:25');
  deepStrictEqual(
    origin.via.map((hop) => [hop.kind, hop.text, hop.file, hop.line]),
    [['override', 'one', 'shop/compose.yaml', 3]],
  );
});

test('the mounts say what lies where', () => {
  const [workload] = read(
    `services:
  web:
    image: a
    volumes: ["./conf:/etc/conf:ro", "data:/data", "real:/real"]
    configs: [{source: inline, target: /etc/app.yml}]
volumes: {data: , real: {driver: local, driver_opts: {type: none, o: bind, device: /srv/real}}}
configs: {inline: {content: "port: 80"}}
`,
  ).part.workloads;
  deepStrictEqual(
    workload?.mounts.map((mount) => [
      mount.kind,
      mount.source?.replace(process.cwd(), '.'),
      mount.target,
      mount.readOnly,
      mount.content?.value,
    ]),
    [
      ['bind', './shop/conf', '/etc/conf', true, undefined],
      ['volume', 'shop_data', '/data', false, undefined],
      ['bind', '/srv/real', '/real', false, undefined],
      ['config', undefined, '/etc/app.yml', true, 'port: 80'],
    ],
  );
});

test('services of profiles that were not chosen are listed apart', () => {
  const { part, project } = read('services: {web: {image: a}, debug: {image: a, profiles: [debug]}}\n');
  deepStrictEqual(
    part.workloads.map((workload) => workload.name),
    ['web'],
  );
  deepStrictEqual(
    project.inactive.map(({ name, profiles }) => [name, profiles]),
    [['debug', ['debug']]],
  );
});

test('words of a command have places of their own', () => {
  const text = 'services:\n  web:\n    image: a\n    command: --url=http://db:80 --name "x y"\n';
  const values = read(text).part.workloads[0]?.command?.values ?? [];
  deepStrictEqual(
    values.map(({ value, origin }) => [value, exactText(origin, text)]),
    [
      ['--url=http://db:80', '--url=http://db:80'],
      ['--name', '--name'],
      ['x y', 'x y'],
    ],
  );
});
