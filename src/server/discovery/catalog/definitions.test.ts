import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCatalogRegistration, readCheck, readService } from './definitions.ts';

const service = (json: unknown) => {
  const read = readService(json);
  assert.ok(read.ok, JSON.stringify(read));
  return read.value;
};

test('keys are read in Go spelling, snake case and lower case, and null is nothing', () => {
  const go = service({
    ID: 'w1',
    Name: 'web',
    Tags: null,
    Meta: null,
    Check: { TTL: '10s', DeregisterCriticalServiceAfter: '90m', Name: null },
  });
  const snake = service({ id: 'w1', name: 'web', check: { ttl: '10s', deregister_critical_service_after: '90m' } });
  assert.deepEqual(go, snake);
  assert.equal(go.checks[0]?.deregisterAfterMs, 5_400_000);
  assert.equal(go.checks[0]?.id, 'service:w1');
});

test('the id defaults to the name, and several checks are numbered', () => {
  const read = service({ Name: 'web', Checks: [{ TTL: '10s' }, { TTL: '20s', CheckID: 'mine' }] });
  assert.equal(read.id, 'web');
  assert.deepEqual(
    read.checks.map(({ id }) => id),
    ['service:web:1', 'mine'],
  );
});

test('deregistering too soon is raised to a minute', () => {
  assert.equal(service({ Name: 'web', Check: { TTL: '5s', DeregisterCriticalServiceAfter: '5s' } }).checks[0]?.deregisterAfterMs, 60_000);
});

test('metadata keeps its spelling', () => {
  assert.deepEqual(service({ Name: 'web', Meta: { Some_Key: 'x' } }).meta, { Some_Key: 'x' });
});

const wrong: readonly (readonly [string, unknown, RegExp])[] = [
  ['no name', { ID: 'w1' }, /Missing service name/],
  ['a port that is none', { Name: 'web', Port: 70_000 }, /port/],
  ['an address that is none', { Name: 'web', Address: 'not an address' }, /neither an IP address nor a host name/],
  ['a control character', { Name: 'web', Tags: ['a\nb'] }, /control characters/],
  ['too many tags', { Name: 'web', Tags: Array.from({ length: 65 }, (_, at) => `t${at}`) }, /tags/],
  ['too much metadata', { Name: 'web', Meta: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`k${at}`, ''])) }, /64 pairs/],
  [
    'a check that somebody would have to run',
    { Name: 'web', Check: { HTTP: 'http://192.0.2.1/', Interval: '10s' } },
    /http checks are not run/,
  ],
  ['a service of a mesh', { Name: 'web', Kind: 'connect-proxy' }, /no service mesh/],
  ['a duration that is none', { Name: 'web', Check: { TTL: 'soon' } }, /no duration/],
  ['a list', [], /expected object/],
  ['nothing', undefined, /expected object/],
];
for (const [name, json, problem] of wrong)
  test(`${name} is refused with a sentence`, () => {
    const read = readService(json);
    assert.ok(!read.ok);
    assert.match(read.problem, problem);
  });

test('a check without time to live and status is refused', () => {
  assert.equal(readCheck({ Name: 'mine' }).ok, false);
  assert.equal(readCheck({ Name: 'mine', TTL: '10s' }).ok, true);
});

test('a node needs an address unless it is left as it is', () => {
  assert.equal(readCatalogRegistration({ Node: 'n1' }).ok, false);
  assert.equal(readCatalogRegistration({ Node: 'n1', SkipNodeUpdate: true }).ok, true);
  assert.equal(readCatalogRegistration({ Node: 'n1', Address: '192.0.2.1' }).ok, true);
});

test('a service that listens on all addresses is reached at its node', () => {
  assert.deepEqual(
    ['0.0.0.0', '::', '192.0.2.1'].map((Address) => service({ Name: 'web', Address }).address),
    ['', '', '192.0.2.1'],
  );
});
