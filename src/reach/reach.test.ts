import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Question, Source } from '../network/answer.ts';
import { addressOf } from '../network/answer.ts';
import type { EngineVersion } from '../network/environment.ts';
import { declared, unknown } from '../network/fact.ts';
import type { Model } from '../network/model.ts';
import type { ModelSketch } from '../network/testing/build.ts';
import { buildModel, knownEnvironment } from '../network/testing/build.ts';
import { allPairs } from './classes.ts';
import { answer as answerOf, createReach } from './index.ts';

const here = { kind: 'default', text: 'the test' } as const;

function source(text: string): Source {
  if (text === 'host' || text === 'remote') return { kind: text };
  return text === 'remote+route' ? { kind: 'remote', routed: true } : { kind: 'workload', workloadId: text };
}

function question(text: string): Question {
  const match = /^(\S+) → (\S+):(\d+)(?:\/(tcp|udp))?$/.exec(text) ?? assert.fail(text);
  return { from: source(match[1] ?? ''), host: match[2] ?? '', port: Number(match[3]), transport: match[4] === 'udp' ? 'udp' : 'tcp' };
}

/** `verdict symptom reason,reason` of a question in words. */
function answer(model: Model, text: string): string {
  const verdict = createReach(model).ask(question(text));
  const reasons = verdict.steps.flatMap((step) => (step.outcome === 'pass' ? [] : [step.reason]));
  return [verdict.kind, verdict.symptom, reasons.join(',')].join(' ').trim();
}

function on(engine: EngineVersion, sketch: ModelSketch, more = {}): Model {
  return buildModel({ ...sketch, environment: knownEnvironment(engine, more) });
}

const shop: ModelSketch = {
  networks: { inner: { internal: here }, quiet: { icc: { value: false, origin: here } }, lan: { driver: 'macvlan' } },
  containers: {
    web: {
      networks: ['front=172.20.0.2'],
      listens: ['8080', '127.0.0.1:6060', '[::]:9090', '53/udp'],
      publishes: ['80:8080', '127.0.0.1:81:8080', '82:6060', '53:53/udp'],
    },
    agent: { networks: ['front'] },
    side: { mode: 'container:web', listens: ['127.0.0.1:7070'] },
    db: { networks: ['back'], listens: ['5432'], publishes: ['15432:5432'] },
    vault: { networks: ['inner'], listens: ['8200'], publishes: ['8200:8200'] },
    q1: { networks: ['quiet'], listens: ['1'], publishes: ['1001:1'] },
    q2: { networks: ['quiet'] },
    old1: { networks: ['bridge=172.17.0.2'], listens: ['3000'] },
    old2: { networks: ['bridge'] },
    hm: { mode: 'host', listens: ['9100'], publishes: ['9101:9100'] },
    alone: { mode: 'none' },
    phys: { networks: ['lan'], listens: ['80'] },
  },
  hostListens: ['22', '127.0.0.1:5000'],
};

test('each row of the table is answered as the engines answer it', () => {
  const rows: readonly (readonly [string, string, EngineVersion?])[] = [
    ['agent → web:8080', 'reachable ok'],
    ['agent → web:9090', 'reachable ok'],
    ['agent → web:6060', 'unreachable refused listener-on-loopback'],
    ['agent → web:80', 'unreachable refused host-port-is-not-container-port'],
    ['agent → web:4444', 'unreachable refused no-listener'],
    ['agent → localhost:8080', 'unreachable refused no-listener'],
    ['side → localhost:8080', 'reachable ok'],
    ['web → localhost:7070', 'reachable ok'],
    ['agent → db:5432', 'unreachable nxdomain name-not-shared,isolated-bridges'],
    ['old2 → web:8080', 'unreachable nxdomain name-on-default-bridge,isolated-bridges'],
    ['old2 → old1:3000', 'unreachable nxdomain name-on-default-bridge'],
    ['old2 → 172.17.0.2:3000', 'reachable ok'],
    ['agent → 172.17.0.2:3000', 'unreachable timeout isolated-bridges'],
    ['vault → 172.20.0.2:8080', 'unreachable network-unreachable no-route-internal'],
    ['vault → 172.20.0.2:8080', 'unreachable timeout no-route-internal', '20.10'],
    ['vault → web:8080', 'unreachable dns-failure name-not-shared,no-route-internal'],
    ['agent → example.org:443', 'undetermined timeout external-destination'],
    ['vault → example.org:443', 'unreachable dns-failure name-external-on-internal,no-route-internal'],
    ['agent → nobody:80', 'undetermined nxdomain name-unknown'],
    ['agent → @host:80', 'reachable ok'],
    ['agent → @host:81', 'unreachable refused publish-loopback-only'],
    ['agent → @host:82', 'unreachable reset listener-on-loopback'],
    ['host → localhost:82', 'unreachable reset listener-on-loopback'],
    ['host → @host:82', 'unreachable refused listener-on-loopback'],
    ['remote → @host:82', 'unreachable refused listener-on-loopback'],
    ['host → localhost:81', 'reachable ok'],
    ['host → localhost:8200', 'unreachable refused internal-no-publish'],
    ['host → localhost:9101', 'unreachable refused host-mode-discards-ports'],
    ['host → localhost:9100', 'reachable ok'],
    ['host → localhost:5000', 'reachable ok'],
    ['agent → @host:5000', 'unreachable refused listener-on-loopback'],
    ['agent → @host:22', 'reachable ok'],
    ['agent → host.docker.internal:22', 'unreachable nxdomain host-gateway-missing'],
    ['vault → @gateway:inner:22', 'reachable ok'],
    ['vault → @host:22', 'unreachable network-unreachable no-route-internal'],
    ['vault → @host:22', 'reachable ok', '20.10'],
    ['q2 → q1:1', 'unreachable timeout icc-disabled'],
    ['q2 → @host:1001', 'reachable ok'],
    ['hm → web:8080', 'unreachable nxdomain name-in-host-mode'],
    ['agent → hm:9100', 'unreachable nxdomain name-in-host-mode'],
    ['hm → 172.20.0.2:8080', 'reachable ok'],
    ['alone → web:8080', 'unreachable dns-failure no-route-none,no-route-none'],
    ['agent → @host:53/udp', 'reachable ok'],
    ['agent → @host:53/udp', 'unreachable timeout udp-published-other-network', '26'],
    ['remote+route → 172.20.0.2:8080', 'unreachable timeout direct-routing-blocked'],
    ['remote+route → 172.20.0.2:8080', 'reachable ok', '26'],
    ['host → @phys@lan:80', 'unreachable host-unreachable macvlan-host'],
  ];
  for (const [text, expected, engine] of rows)
    assert.equal(answer(on(engine ?? '28', shop), text), expected, `${text} on ${engine ?? '28'}`);
});

test('without the userland proxy a published port is closed to other networks and refuses a dead backend', () => {
  const model = on('26', shop, { userlandProxy: declared(false, here) });
  assert.equal(answer(model, 'db → @host:80'), 'unreachable timeout userland-proxy-off-other-network');
  assert.equal(answer(model, 'agent → @host:80'), 'reachable ok');
  assert.equal(answer(model, 'host → localhost:82'), 'unreachable refused listener-on-loopback');
});

test('an unknown host firewall makes the way to the host ambiguous and names the fact', () => {
  const model = on('28', shop, { hostFirewall: unknown('whether the firewall admits the subnet') });
  const verdict = createReach(model).ask(question('agent → @host:22'));
  assert.equal(verdict.kind, 'ambiguous');
  assert.deepEqual(verdict.missing, ['whether the firewall admits the subnet']);
  assert.deepEqual(new Set(verdict.worlds.map((world) => world.symptom)), new Set(['ok', 'timeout', 'refused', 'host-unreachable']));
});

test('a listener that nobody told us of leaves the answer undetermined', () => {
  const model = on('28', { containers: { a: { networks: ['n'] }, b: { networks: ['n'], complete: false } } });
  const verdict = createReach(model).ask(question('a → b:80'));
  assert.equal(verdict.kind, 'undetermined');
  assert.match(verdict.missing.join(), /what listens on port 80.tcp of b/);
});

test('a name that two containers carry is a world each', () => {
  const names = (alias: string) => [{ name: alias, kind: 'alias' as const, origin: here }];
  const sketch = on('28', { containers: { a: { networks: ['n'] }, b: { networks: ['n'], listens: ['80'] }, c: { networks: ['n'] } } });
  const model = {
    ...sketch,
    endpoints: sketch.endpoints.map((endpoint) => (endpoint.workloadId === 'a' ? endpoint : { ...endpoint, names: names('api') })),
  };
  assert.equal(createReach(model).ask(question('a → api:80')).kind, 'ambiguous');
});

test('UDP through docker-proxy is answered from an address that it is bound to', () => {
  const sketch: ModelSketch = {
    containers: { a: { networks: ['n'] }, b: { networks: ['n'], listens: ['53/udp'], publishes: ['192.0.2.7:53:53/udp', '54:53/udp'] } },
  };
  const model = on('26', sketch, { hostAddresses: ['192.0.2.7'] });
  assert.equal(answer(model, 'a → 192.0.2.7:53/udp'), 'reachable ok');
  assert.equal(answer(model, 'a → 192.0.2.7:54/udp'), 'unreachable timeout udp-published-other-network');
});

test('a silent address of a name makes the answer depend on which one comes first, a refusing one does not', () => {
  const networks = { quiet: { icc: { value: false, origin: here } } };
  const model = on('28', {
    networks,
    containers: { a: { networks: ['quiet', 'open'] }, b: { networks: ['quiet', 'open'], listens: ['80', '90/udp'] } },
  });
  assert.equal(createReach(model).ask(question('a → b:80')).kind, 'ambiguous');
  assert.equal(createReach(model).ask(question('a → b:90/udp')).kind, 'ambiguous');
  const plain = on('28', {
    containers: { a: { networks: ['one', 'two=10.1.0.2'] }, b: { networks: ['one', 'two=10.1.0.3'], listens: ['10.1.0.3:80'] } },
  });
  assert.equal(createReach(plain).ask(question('a → b:80')).kind, 'reachable');
});

test('an unknown engine version is asked for only where it matters', () => {
  const model = on('28', shop, { engine: unknown('the version') });
  const reach = createReach(model);
  assert.equal(reach.ask(question('agent → web:8080')).worlds.length, 1);
  const udp = reach.ask(question('agent → @host:53/udp'));
  assert.equal(udp.kind, 'ambiguous');
  assert.deepEqual(udp.missing, ['the version']);
});

test('all pairs cost as many questions as there are classes', () => {
  const containers = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`s${index}`, { networks: [`n${index % 3}`], listens: ['80'] }]),
  );
  const model = on('28', { containers });
  const matrix = allPairs(model, (asked) => answerOf(model, asked));
  assert.equal(matrix.sources.length, 5);
  assert.equal(matrix.targets.length, 3);
  assert.equal(matrix.pairs, 302 * 300);
  const kinds = matrix.sources.map((from) => matrix.targets.map((to) => matrix.cell(from, to)?.kind[0]).join(''));
  assert.deepEqual(kinds, ['ruu', 'uru', 'uur', 'rrr', 'uuu']);
});

test('an address of an endpoint stands for what the engine will assign', () => {
  assert.equal(answer(on('28', shop), `old2 → ${addressOf('old1@bridge')}:3000`), 'reachable ok');
});
