import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../core/manual-clock.ts';
import { readService } from './catalog/definitions.ts';
import { instanceHealth } from './catalog/model.ts';
import type { DiscoveryRegistry } from './registry.ts';
import { agentService, memoryStore, testRegistry } from './testing.ts';

const uid = '01a205db-1450-7f31-a6fa-a596207d4d59';
const edge = { name: 'edge-1', address: '192.0.2.10', labels: { env: 'prod' } };

async function register(registry: DiscoveryRegistry, json: unknown) {
  const read = readService(json);
  assert.ok(read.ok);
  return registry.registerService(read.value, { replaceChecks: false });
}

const healths = (registry: DiscoveryRegistry, name: string) => registry.catalog.instances(name).map(instanceHealth);

const web = { ID: 'w1', Name: 'web', Port: 80, Check: { TTL: '10s', DeregisterCriticalServiceAfter: '2m' } };

test('a TTL check is critical until it passes, and again when it is not renewed', async () => {
  const clock = manualClock();
  await using t = await testRegistry({ clock });
  await register(t.registry, web);
  assert.deepEqual(healths(t.registry, 'web'), ['critical']);
  await t.registry.report('service:w1', 'passing', 'fine');
  assert.deepEqual(healths(t.registry, 'web'), ['passing']);
  clock.advance(10_000);
  assert.deepEqual(healths(t.registry, 'web'), ['critical']);
  const [instance] = t.registry.catalog.instances('web');
  const [check] = instance?.service.checks ?? [];
  assert.equal(check?.output, 'TTL expired (last output before timeout follows): fine');
});

test('a heartbeat with another remark changes no index', async () => {
  await using t = await testRegistry({ clock: manualClock() });
  await register(t.registry, web);
  await t.registry.report('service:w1', 'passing', 'one');
  const before = t.registry.catalog.indexOf('service:web');
  await t.registry.report('service:w1', 'passing', 'two');
  assert.equal(t.registry.catalog.indexOf('service:web'), before);
  const check = t.registry.catalog.instances('web')[0]?.service.checks[0];
  assert.ok(check);
  assert.equal(t.registry.output('control-1', check), 'two');
});

test('a service that stays critical is taken out after its time, one that recovers is not', async () => {
  const clock = manualClock();
  await using t = await testRegistry({ clock });
  await register(t.registry, web);
  clock.advance(100_000);
  await t.registry.report('service:w1', 'passing', '');
  clock.advance(30_000);
  assert.equal(t.registry.catalog.serviceCount, 1);
  clock.advance(160_000);
  assert.equal(t.registry.catalog.serviceCount, 0);
});

test('registering again does not make a critical service young', async () => {
  const clock = manualClock();
  await using t = await testRegistry({ clock });
  for (let time = 0; time < 4; time++) {
    await register(t.registry, { ...web, Port: 80 + time });
    clock.advance(time < 3 ? 39_000 : 0);
  }
  assert.equal(t.registry.catalog.serviceCount, 1);
  clock.advance(3_000); // two minutes after it became critical
  assert.equal(t.registry.catalog.serviceCount, 0);
});

test('what a check of an agent saw may change with every report without waking anybody', async () => {
  await using t = await testRegistry({ clock: manualClock() });
  const report = (output: string) => agentService('web-1', { check: { status: 'passing', output, sinceMs: 0 } });
  t.registry.setAgentServices(uid, edge, [report('200 in 3 ms')]);
  const before = t.registry.catalog.indexOf('service:web');
  t.registry.setAgentServices(uid, edge, [report('200 in 9 ms')]);
  assert.equal(t.registry.catalog.indexOf('service:web'), before);
  const check = t.registry.catalog.instances('web')[0]?.service.checks[0];
  assert.ok(check);
  assert.equal(t.registry.output('edge-1', check), '200 in 9 ms');
});

test('after a restart what was passing has its full time again, and indexes are higher than all before', async () => {
  const clock = manualClock();
  await using store = await memoryStore(clock);
  let before = 0;
  {
    await using t = await testRegistry({ clock, store });
    await register(t.registry, web);
    await t.registry.report('service:w1', 'passing', '');
    before = t.registry.catalog.indexOf('service:web');
  }
  clock.advance(3_600_000);
  await using t = await testRegistry({ clock, store });
  assert.deepEqual(healths(t.registry, 'web'), ['passing']);
  assert.ok(t.registry.catalog.indexOf('service:web') > before);
  clock.advance(9_999);
  assert.deepEqual(healths(t.registry, 'web'), ['passing']);
  clock.advance(1);
  assert.deepEqual(healths(t.registry, 'web'), ['critical']);
});

test('a registry that was killed leaves what it acknowledged, and its successor begins behind the reserved indexes', async () => {
  const clock = manualClock();
  await using store = await memoryStore(clock);
  const killed = await testRegistry({ clock, store });
  await register(killed.registry, web);
  for (let port = 1; port < 200; port++) await register(killed.registry, { ...web, Port: port });
  const before = killed.registry.catalog.indexOf('service:web');
  await using t = await testRegistry({ clock, store });
  assert.equal(t.registry.catalog.instances('web')[0]?.service.port, 199);
  assert.ok(t.registry.catalog.indexOf('service:web') > before);
  await killed[Symbol.asyncDispose]();
});

test('maintenance takes a service out whatever its checks say, and a new registration does not end it', async () => {
  await using t = await testRegistry({ clock: manualClock() });
  await register(t.registry, web);
  await t.registry.report('service:w1', 'passing', '');
  await t.registry.setMaintenance({ serviceId: 'w1', on: true, reason: 'new disk' });
  assert.deepEqual(healths(t.registry, 'web'), ['maintenance']);
  const read = readService(web);
  assert.ok(read.ok);
  await t.registry.registerService(read.value, { replaceChecks: true });
  assert.deepEqual(healths(t.registry, 'web'), ['maintenance']);
  await t.registry.setMaintenance({ serviceId: 'w1', on: false, reason: '' });
  assert.deepEqual(healths(t.registry, 'web'), ['passing']);
});

test('services of an agent follow its liveness: suspect is served, offline and stopped are critical', async () => {
  await using t = await testRegistry({ clock: manualClock() });
  t.registry.setAgentServices(uid, edge, [agentService('web-1')]);
  const seen = (['suspect', 'offline', 'online', 'stopped'] as const).map((state) => {
    t.registry.setAgentLiveness(uid, state);
    return healths(t.registry, 'web')[0];
  });
  assert.deepEqual(seen, ['passing', 'critical', 'passing', 'critical']);
});

test('what an agent does not name any more is gone', async () => {
  await using t = await testRegistry({ clock: manualClock() });
  const ids = () => t.registry.catalog.servicesOf('edge-1').map(({ id }) => id);
  t.registry.setAgentServices(uid, edge, [agentService('web-1'), agentService('db-1')]);
  t.registry.setAgentServices(uid, edge, [agentService('db-1'), agentService('mq-1')]);
  assert.deepEqual(ids(), ['db-1', 'mq-1']);
});

test('services and liveness of agents survive a restart of the server', async () => {
  const clock = manualClock();
  await using store = await memoryStore(clock);
  {
    await using t = await testRegistry({ clock, store });
    t.registry.setAgentServices(uid, edge, [agentService('web-1')]);
    t.registry.setAgentServices('01a205db-1450-7f31-a6fa-a59620000002', { ...edge, name: 'edge-2' }, [agentService('web-2')]);
    t.registry.setAgentLiveness(uid, 'offline');
  }
  await using t = await testRegistry({ clock, store });
  assert.deepEqual(healths(t.registry, 'web'), ['critical', 'passing']);
  t.registry.setAgentLiveness(uid, 'online');
  assert.deepEqual(healths(t.registry, 'web'), ['passing', 'passing']);
});

test('a service that an agent reports wrongly does not keep the others out', async () => {
  await using t = await testRegistry({ clock: manualClock() });
  t.registry.setAgentServices(uid, edge, [agentService('web-1', { meta: { ['k'.repeat(200)]: 'x' } }), agentService('db-1')]);
  assert.deepEqual(
    t.registry.catalog.servicesOf('edge-1').map(({ id }) => id),
    ['db-1'],
  );
});

test('a report of services leaves the labels and the metrics of its agent as they are', async () => {
  await using t = await testRegistry({ clock: manualClock() });
  t.registry.setAgentNode(uid, { ...edge, metricsUrl: 'http://192.0.2.10:8080/metrics' });
  t.registry.setAgentServices(uid, { name: 'edge-1', address: '192.0.2.10' }, [agentService('web-1')]);
  assert.partialDeepStrictEqual(t.registry.catalog.node('edge-1'), { meta: { env: 'prod' }, metricsUrl: 'http://192.0.2.10:8080/metrics' });
  t.registry.setAgentNode(uid, { name: 'edge-1', address: '192.0.2.10', labels: {} });
  assert.equal(t.registry.catalog.node('edge-1')?.metricsUrl, undefined);
});

test('an agent that is renamed takes its services along, one whose name is taken gets another node', async () => {
  await using t = await testRegistry({ clock: manualClock() });
  const other = '01a205db-1450-7f31-a6fa-a59620000002';
  t.registry.setAgentServices(uid, edge, [agentService('web-1')]);
  t.registry.setAgentServices(other, edge, [agentService('web-2')]);
  assert.deepEqual(
    t.registry.catalog.instances('web').map(({ node }) => node.name),
    ['edge-1', 'edge-1-20000002'],
  );
  t.registry.setAgentNode(uid, { ...edge, name: 'edge-9' });
  assert.equal(t.registry.catalog.node('edge-1'), undefined);
  assert.equal(t.registry.catalog.servicesOf('edge-9').length, 1);
  t.registry.removeAgent(uid);
  assert.equal(t.registry.catalog.node('edge-9'), undefined);
});

test('nobody but the agent changes the node of an agent', async () => {
  await using t = await testRegistry({ clock: manualClock() });
  t.registry.setAgentServices(uid, edge, [agentService('web-1')]);
  const outcomes = [
    await t.registry.deregisterService('edge-1', 'web-1', 'test'),
    await t.registry.removeNode('edge-1', 'test'),
    await t.registry.deregisterCheck('edge-1', 'agentLiveness'),
  ];
  assert.deepEqual(
    outcomes.map((outcome) => !outcome.ok && outcome.status),
    [403, 403, 403],
  );
});

test('a watcher wakes for its own service, when its time is over, and when the registry closes', async () => {
  const clock = manualClock();
  const t = await testRegistry({ clock });
  await register(t.registry, web);
  const never = new AbortController().signal;
  const index = () => t.registry.catalog.indexOf('service:web');
  const own = t.registry.wait('service:web', index(), 60_000, never);
  const other = t.registry.wait('service:db', t.registry.catalog.indexOf('service:db'), 60_000, never);
  assert.equal(t.registry.watchers, 2);
  await t.registry.report('service:w1', 'passing', '');
  await own;
  assert.equal(t.registry.watchers, 1);
  clock.advance(60_000);
  await other;
  await t.registry.wait('service:web', index() + 7, 60_000, never); // an index from the future answers at once
  const last = t.registry.wait('service:web', index(), 60_000, never);
  await t[Symbol.asyncDispose]();
  await last;
});

test('ten thousand watchers are ten thousand entries, and none is left behind', async () => {
  await using t = await testRegistry({ clock: manualClock() });
  await register(t.registry, web);
  const gone = new AbortController();
  const index = t.registry.catalog.indexOf('service:web');
  const waiting = Array.from({ length: 10_000 }, () => t.registry.wait('service:web', index, 60_000, gone.signal));
  assert.equal(t.registry.watchers, 10_000);
  gone.abort();
  await Promise.all(waiting);
  assert.equal(t.registry.watchers, 0);
});
