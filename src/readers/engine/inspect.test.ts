import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatOrigin, type Origin } from '../../core/origin.ts';
import { SourceText } from '../../core/text.ts';
import type { Model } from '../../network/model.ts';
import { readInspect } from './inspect.ts';

const versions = ['20.10', '28.5'] as const;
const fixture = (version: string) => readFileSync(new URL(`testdata/docker-${version}.json`, import.meta.url), 'utf8');
const read = (text: string) => readInspect(new SourceText('inspect.json', text));
const part = (objects: readonly unknown[]) => read(JSON.stringify(objects)).part;
const problems = (from: Pick<Model, 'problems'>) =>
  from.problems.map((one) => `${one.severity} ${formatOrigin(one.origin)}: ${one.message}`);

for (const version of versions) {
  test(`what Docker ${version} printed is read whole and without a remark`, () => {
    const result = read(fixture(version));
    assert.equal(result.recognised, true);
    assert.deepEqual(problems(result.part), []);
    const { workloads, networks, endpoints, publications, environment } = result.part;
    assert.deepEqual(
      workloads.map(({ id, namespaceId, networkMode, state }) => [id, namespaceId, state, networkMode?.value.slice(0, 10)]),
      [
        ['agent-1', 'agent-1', 'running', 'agent_netw'],
        ['db', 'db', 'running', 'bridge'],
        ['web', 'web', 'running', 'bridge'],
        ['helper', 'agent-1', 'running', 'container:'],
      ],
    );
    assert.deepEqual(
      networks.map(({ id, external, subnets, mtu }) => [id, external, subnets[0]?.cidr, subnets[0]?.gateway, mtu?.value]),
      [
        ['agent_network', false, '172.31.20.0/24', '172.31.20.128', undefined],
        ['bridge', false, '172.30.0.0/16', '172.30.0.1', 1500],
      ],
    );
    assert.deepEqual([networks[0]?.subnets[0]?.ipRange, networks[0]?.subnets[0]?.auxiliary], ['172.31.20.128/25', ['172.31.20.2']]);
    const [agent, db] = endpoints;
    assert.deepEqual(
      agent?.names.map(({ name, kind }) => (kind === 'short-id' ? kind : `${kind} ${name}`)),
      ['container agent-1', 'alias collector', 'short-id'],
    );
    assert.deepEqual([agent?.ipv4?.value, agent?.ipv4?.knowledge], ['172.31.20.129', 'observed']);
    assert.deepEqual(db?.names, []);
    assert.deepEqual(
      publications.slice(0, 2).map((one) => [one.workloadId, one.hostIp, one.hostPort, one.containerPort, one.transport, one.knowledge]),
      [
        ['agent-1', '127.0.0.1', 8125, 8125, 'udp', 'observed'],
        ['agent-1', undefined, 9100, 9100, 'tcp', 'observed'],
      ],
    );
    assert.deepEqual([publications[2]?.workloadId, publications[2]?.containerPort], ['web', 3000]);
    assert.ok(environment?.engine?.knowledge === 'observed' && environment.platform?.knowledge === 'observed');
    assert.equal(environment.engine.value, version === '28.5' ? '28' : version);
    assert.equal(environment.platform.value, 'linux');
  });

  test(`the settings of a container of Docker ${version} are read with the path of each`, () => {
    const { workloads } = read(fixture(version)).part;
    const agent = workloads.find((one) => one.id === 'agent-1');
    const web = workloads.find((one) => one.id === 'web');
    const place = (origin: Origin | undefined) => (origin?.kind === 'observed' ? origin.path : undefined);
    assert.deepEqual(agent?.environment[0], {
      name: 'AGENT_ENDPOINT',
      value: 'http://host.docker.internal:9090',
      origin: { kind: 'observed', source: 'inspect.json', object: 'container agent-1', path: 'Config.Env[0]' },
    });
    assert.deepEqual(
      agent?.command?.values.map((one) => one.value),
      ['sleep', '600'],
    );
    assert.deepEqual(
      agent?.extraHosts.map(({ name, address }) => [name, address]),
      [['host.docker.internal', 'host-gateway']],
    );
    assert.deepEqual(
      agent?.dns.servers.map((one) => one.value),
      ['192.0.2.53'],
    );
    assert.deepEqual(
      agent?.dns.search.map((one) => one.value),
      ['example.org'],
    );
    assert.deepEqual(
      agent?.exposed.map(({ port, transport, origin }) => [port, transport, place(origin)]),
      [8125, 9100, 9200].map((port) => {
        const transport = port === 8125 ? 'udp' : 'tcp';
        return [port, transport, `Config.ExposedPorts."${port}/${transport}"`];
      }),
    );
    assert.deepEqual(
      agent?.mounts.map(({ kind, source, target, readOnly }) => [kind, source, target, readOnly]),
      [
        ['bind', '/etc/agent', '/etc/agent', true],
        ['tmpfs', undefined, '/run', false],
      ],
    );
    assert.deepEqual([agent?.healthcheck?.intervalMs, agent?.healthcheck?.test?.form], [10_000, 'shell']);
    assert.deepEqual([agent?.resources.memoryBytes, agent?.resources.cpus], [67_108_864, 0.5]);
    assert.deepEqual([agent?.restart?.value, agent?.logging?.driver, agent?.hostname], ['on-failure:3', 'json-file', undefined]);
    assert.deepEqual(
      agent?.labels.map(({ name, value }) => [name, value]),
      [['team', 'edge']],
    );
    assert.deepEqual(
      web?.legacyLinks.map(({ target, alias }) => [target, alias]),
      [['db', 'database']],
    );
    assert.equal(place(web?.publishAll), 'HostConfig.PublishAllPorts');
  });
}

const container = (name: string, mode: string, more: { readonly [key: string]: object } = {}) => ({
  Id: name.padEnd(64, '0'),
  Name: `/${name}`,
  State: { Running: true, StartedAt: '2026-01-01T00:00:00Z', ...more.State },
  HostConfig: { NetworkMode: mode, ...more.HostConfig },
  Config: { Image: 'example', ...more.Config },
  NetworkSettings: { Ports: {}, Networks: {}, ...more.NetworkSettings },
});
const network = (name: string, more: object = {}) => ({ Name: name, Id: `id of ${name}`, Driver: 'bridge', IPAM: { Config: [] }, ...more });
const bind = (ip: string, port: string) => [{ HostIp: ip, HostPort: port }];

test('a stopped container keeps what was asked for', () => {
  const { workloads, publications, endpoints } = part([
    container('web', 'front', {
      State: { Running: false },
      HostConfig: { PortBindings: { '80/tcp': bind('', '8080'), '81/tcp': bind('127.0.0.1', '9000-9010'), '82/tcp': bind('', '') } },
      NetworkSettings: { Networks: { front: { IPAddress: '', IPAMConfig: { IPv4Address: '172.31.0.9' } } } },
    }),
    network('front'),
  ]);
  assert.equal(workloads[0]?.state, 'stopped');
  assert.deepEqual(
    publications.map((one) => [one.hostIp, one.hostPort, one.hostPortTo, one.containerPort, one.knowledge]),
    [
      [undefined, 8080, undefined, 80, 'declared'],
      ['127.0.0.1', 9000, 9010, 81, 'declared'],
      [undefined, undefined, undefined, 82, 'declared'],
    ],
  );
  assert.deepEqual([endpoints[0]?.ipv4?.value, endpoints[0]?.ipv4?.knowledge], ['172.31.0.9', 'declared']);
});

test('a published port that the engine did not make is a warning and no publication', () => {
  const ports = { HostConfig: { PortBindings: { '80/tcp': bind('', '8080') } } };
  const other = { NetworkSettings: { Ports: { '80/tcp': bind('0.0.0.0', '32768') } } };
  const nothing = part([container('web', 'bridge', ports)]);
  assert.deepEqual(nothing.publications, []);
  assert.deepEqual(problems(nothing), [
    'warning inspect.json container web HostConfig.PortBindings."80/tcp"[0]: container web: 8080->80/tcp was asked for (HostConfig.PortBindings), but the engine publishes nothing for it (NetworkSettings.Ports)',
  ]);
  const instead = part([container('web', 'bridge', { ...ports, ...other })]);
  assert.deepEqual(
    instead.publications.map((one) => one.hostPort),
    [32768],
  );
  assert.match(problems(instead).join('\n'), /publishes 0\.0\.0\.0:32768->80\/tcp instead/);
});

test('where nothing can be published, the wish is kept for the reach engine to explain', () => {
  const ports = { HostConfig: { PortBindings: { '80/tcp': bind('', '8080') } } };
  const inside = { NetworkSettings: { Networks: { back: { IPAddress: '172.31.1.2', IPPrefixLen: 24 } } } };
  for (const objects of [
    [container('web', 'host', ports)],
    [container('web', 'none', ports)],
    [container('web', 'back', { ...ports, ...inside }), network('back', { Internal: true })],
  ]) {
    const { publications, problems } = part(objects);
    assert.deepEqual(
      publications.map((one) => [one.hostPort, one.knowledge]),
      [[8080, 'declared']],
    );
    assert.deepEqual(problems, []);
  }
});

test('only both families together are all addresses', () => {
  const publications = (bindings: readonly object[]) =>
    part([
      container('web', 'bridge', {
        HostConfig: { PublishAllPorts: true as unknown as object },
        NetworkSettings: { Ports: { '80/tcp': bindings } },
      }),
    ]).publications.map((one) => `${one.hostIp ?? '*'} ${one.hostPort}`);
  assert.deepEqual(publications([...bind('0.0.0.0', '8080'), ...bind('::', '8080')]), ['* 8080']);
  assert.deepEqual(publications(bind('0.0.0.0', '8080')), ['0.0.0.0 8080']);
  assert.deepEqual(publications([...bind('0.0.0.0', '32768'), ...bind('::', '32769')]), ['0.0.0.0 32768', ':: 32769']);
});

test('namespaces follow container: to the owner, host and none', () => {
  const objects = [
    container('a', 'host'),
    container('b', `container:${'a'.padEnd(64, '0')}`),
    container('c', 'none'),
    container('d', 'container:c'),
    container('e', 'container:d'),
    container('f', `container:${'9'.repeat(64)}`),
    container('g', 'container:g'),
  ];
  const { workloads, namespaces, problems } = part(objects);
  assert.deepEqual(
    workloads.map((one) => `${one.id} ${one.namespaceId}`),
    ['a host', 'b host', 'c c', 'd c', 'e c', 'f container 999999999999', 'g container g'],
  );
  assert.deepEqual(
    namespaces.map((one) => `${one.id} ${one.kind}`),
    ['host host', 'c none', 'container 999999999999 container', 'container g container'],
  );
  assert.deepEqual(
    problems.map((one) => one.code),
    ['inspect-namespace-missing', 'inspect-namespace-missing'],
  );
});

test('a container whose owner was started again is left in a dead network', () => {
  const restarted = { State: { StartedAt: '2026-01-02T00:00:00Z' } };
  const found = (objects: readonly unknown[]) => part(objects).problems.map((one) => one.code);
  assert.deepEqual(found([container('a', 'bridge', restarted), container('b', 'container:a')]), ['inspect-stale-namespace']);
  assert.deepEqual(found([container('a', 'bridge'), container('b', 'container:a', restarted)]), []);
});

test('a network that was not inspected is known as far as its containers show, and a gap says so', () => {
  const attached = { IPAddress: '172.31.0.9', IPPrefixLen: 24, Gateway: '172.31.0.1', DNSNames: ['web', 'shop'] };
  const { networks, problems } = part([container('web', 'front', { NetworkSettings: { Networks: { front: attached } } })]);
  assert.deepEqual(
    networks.map(({ id, external, subnets }) => [id, external, subnets[0]?.cidr, subnets[0]?.gateway]),
    [['front', true, '172.31.0.0/24', '172.31.0.1']],
  );
  assert.deepEqual(
    problems.map((one) => [one.severity, one.code, one.hint]),
    [['gap', 'inspect-network-missing', 'add the output of: docker network inspect front']],
  );
});

test('a network with containers that the input does not show is external', () => {
  const external = (containers: object) =>
    part([container('web', 'bridge'), network('front', { Containers: containers })]).networks[0]?.external;
  assert.equal(external({}), false);
  assert.equal(external({ ['web'.padEnd(64, '0')]: {} }), false);
  assert.equal(external({ ['db'.padEnd(64, '0')]: {} }), true);
});

test('the options of a network are facts of the model', () => {
  const options = {
    'com.docker.network.bridge.enable_icc': 'false',
    'com.docker.network.bridge.enable_ip_masquerade': 'false',
    'com.docker.network.bridge.gateway_mode_ipv4': 'routed',
    'com.docker.network.bridge.gateway_mode_ipv6': 'strange',
    'com.docker.network.bridge.host_binding_ipv4': '192.0.2.1',
    'com.docker.network.driver.mtu': '1450',
  };
  const { networks, problems } = part([
    network('front', { Options: options, EnableIPv6: true }),
    network('lan', { Driver: 'macvlan', Options: { parent: 'eth0' } }),
  ]);
  const [front, lan] = networks;
  assert.deepEqual(
    [
      front?.icc.value,
      front?.masquerade,
      front?.gatewayMode4.value,
      front?.gatewayMode6.value,
      front?.hostBinding4,
      front?.mtu?.value,
      front?.ipv6,
    ],
    [false, false, 'routed', 'nat', '192.0.2.1', 1450, true],
  );
  assert.equal(front?.icc.origin.kind === 'observed' && front.icc.origin.path, 'Options."com.docker.network.bridge.enable_icc"');
  assert.deepEqual([lan?.driver, lan?.parent], ['macvlan', 'eth0']);
  assert.deepEqual(
    problems.map((one) => one.code),
    ['inspect-gateway-mode'],
  );
});

test('host and none are no networks', () => {
  const { networks } = part([
    network('host', { Driver: 'host' }),
    network('none', { Driver: 'null' }),
    network('template', { ConfigOnly: true }),
  ]);
  assert.deepEqual(networks, []);
});

const versionTexts: readonly (readonly [text: string, generation: string, remark: boolean])[] = [
  ['19.03.15', '20.10', true],
  ['20.10.24+dfsg1', '20.10', false],
  ['24.0.7', '20.10', true],
  ['26.1.5', '26', false],
  ['27.5.1', '27', false],
  ['28.0.0-rc.1', '28', false],
  ['29.1.2', '29', false],
  ['30.0.0', '29', true],
];

for (const [text, generation, remark] of versionTexts) {
  test(`engine ${text} is taken as ${generation}${remark ? ', with a remark' : ''}`, () => {
    const { environment, problems } = part([{ Client: {}, Server: { Version: text, Platform: { Name: '' } } }]);
    assert.ok(environment?.engine?.knowledge === 'observed');
    assert.equal(environment.engine.value, generation);
    assert.deepEqual(
      problems.map((one) => one.code),
      remark ? ['engine-version'] : [],
    );
  });
}

test('Desktop, rootless and what the engine warns of are read from docker info', () => {
  const info = (more: object) => part([{ ServerVersion: '28.1.0', OperatingSystem: 'Ubuntu', SecurityOptions: [], ...more }]);
  const desktop = info({ OperatingSystem: 'Docker Desktop' }).environment?.platform;
  assert.ok(desktop?.knowledge === 'observed' && desktop.value === 'desktop');
  const rootless = info({ SecurityOptions: ['name=seccomp,profile=builtin', 'name=rootless'] }).environment?.rootless;
  assert.ok(rootless?.knowledge === 'observed' && rootless.value === true);
  assert.deepEqual(problems(info({ Warnings: ['WARNING: bridge-nf-call-iptables is disabled', 'WARNING: No swap limit support'] })), [
    'warning inspect.json info Warnings[0]: the engine warns: bridge-nf-call-iptables is disabled',
  ]);
  assert.deepEqual(
    info({ FirewallBackend: { Driver: 'nftables' } }).problems.map((one) => one.code),
    ['engine-firewall-backend'],
  );
});

test('Podman is not taken for a version of Docker', () => {
  const { environment, problems } = part([{ Client: {}, Server: { Version: '5.2.0', Components: [{ Name: 'Podman Engine' }] } }]);
  assert.equal(environment?.engine, undefined);
  assert.deepEqual(
    problems.map((one) => one.code),
    ['engine-not-docker'],
  );
});

test('fields of a wrong type are gaps, and the rest is read', () => {
  const odd = container('web', 'bridge', {
    Config: { Env: 'A=b', ExposedPorts: { 'http/tcp': {} }, Cmd: [1, 'x'] },
    HostConfig: { Memory: 'much', PortBindings: { '80/tcp': [{ HostPort: 8080 }, { HostPort: '99999' }] } },
    NetworkSettings: { Networks: { bridge: { IPAddress: 17 } } },
  });
  const { workloads, problems } = part([odd]);
  assert.deepEqual(
    workloads[0]?.command?.values.map((one) => one.value),
    ['x'],
  );
  assert.ok(problems.every((one) => one.severity === 'gap' || one.code === 'inspect-port-drift'));
  const paths = problems.map((one) => (one.origin.kind === 'observed' ? one.origin.path : ''));
  for (const path of [
    'Config.Env',
    'Config.ExposedPorts."http/tcp"',
    'Config.Cmd[0]',
    'HostConfig.Memory',
    'NetworkSettings.Networks.bridge.IPAddress',
  ])
    assert.ok(paths.includes(path), path);
});

test('broken JSON is an error with its place, and documents around it are read', () => {
  const text = `${JSON.stringify([container('web', 'bridge')])}\n[\n  {"Name": "/db",\n   "HostConfig": {"NetworkMode": bridge}}\n]\n${JSON.stringify([network('front')])}`;
  const result = read(text);
  assert.deepEqual(problems(result.part), ['error inspect.json:4:34: not JSON: found "b", expected a value']);
  assert.deepEqual([result.part.workloads.length, result.part.networks.length], [1, 1]);
});

test('other texts are left to others', () => {
  const others = ['', 'services: {}', '[]', '{}', '[{"RepoTags": []}]', '{"services": {"web": {}}}', '[1, null, "x"]', '{"a": '];
  for (const text of others) assert.equal(read(text).recognised, false, text);
  assert.equal(read('[{"Id": "x", "HostConfig": {').recognised, true);
  assert.deepEqual(problems(read('{"a": ').part), ['error inspect.json:1:7: not JSON: the text ends here, expected a value']);
});

test('truncated and changed inspect output never throws', () => {
  const seed = Date.now() % 1_000_000;
  console.log(`seed ${seed}`);
  const random = generator(seed);
  const texts = versions.map(fixture);
  for (let round = 0; round < 300; round += 1) {
    const text = mutate(texts[round % texts.length] ?? '', random);
    const { part } = read(text);
    const namespaces = new Set(part.namespaces.map((one) => one.id));
    for (const { namespaceId } of part.workloads) assert.ok(namespaces.has(namespaceId), `seed ${seed} round ${round}`);
  }
});

/** Changes values where they stand, so that most texts stay JSON; one in five is cut or gets a wrong character. */
function mutate(text: string, random: () => number): string {
  const values = ['null', '[]', '{}', '0', '-1', '1e308', '""', '"container:x"', '"host"', 'true', '["x", 1, null]', '{"x": {"y": []}}'];
  const changed = text.replaceAll(/: (?:"[^"\n]*"|\d+|null|true|false|\[\]|\{\})(?=,?\n)/g, (whole) =>
    random() < 0.03 ? `: ${values[Math.floor(random() * values.length)]}` : whole,
  );
  if (random() < 0.8) return changed;
  const at = Math.floor(random() * changed.length);
  return random() < 0.5
    ? changed.slice(0, at)
    : `${changed.slice(0, at)}${'{}[]":,x'.charAt(Math.floor(random() * 8))}${changed.slice(at + 1)}`;
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
