import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWanted, targetGroups } from './http-sd.ts';
import { agentService, type TestRegistry, testRegistry } from './testing.ts';

const uid = '01a205db-1450-7f31-a6fa-a596207d4d59';

async function filled(): Promise<TestRegistry> {
  const t = await testRegistry();
  const edge = { name: 'edge-1', address: '192.0.2.10', labels: { env: 'prod' }, metricsUrl: 'http://192.0.2.10:8080/metrics' };
  t.registry.setAgentServices(uid, edge, [
    agentService('web-1', { tags: ['blue', 'v1'], meta: { 'team.name': 'a' } }),
    agentService('web-2', { address: '2001:db8::7', port: 81 }),
    agentService('db-1', { check: { status: 'critical', output: '', sinceMs: 0 } }),
    agentService('lag-1', { check: { status: 'warning', output: '', sinceMs: 0 } }),
  ]);
  return t;
}

function targets(t: TestRegistry, query: string): readonly string[] {
  const wanted = readWanted(new URLSearchParams(query));
  assert.ok('health' in wanted, JSON.stringify(wanted));
  return targetGroups(t.registry, wanted).flatMap((group) => group.targets);
}

const rows: readonly (readonly [string, readonly string[]])[] = [
  ['service=web', ['192.0.2.10:8080', '[2001:db8::7]:81']],
  ['service=web&tag=blue', ['192.0.2.10:8080']],
  ['service=web&tag=blue&tag=v2', []],
  ['service=db', []],
  ['service=db&health=any', ['192.0.2.10:8080']],
  ['service=lag', ['192.0.2.10:8080']],
  ['service=lag&health=passing', []],
  ['service=web&selector=env%3Dprod', ['192.0.2.10:8080', '[2001:db8::7]:81']],
  ['service=web&selector=env%21%3Dprod', []],
  ['service=web&selector=team.name%3Da', ['192.0.2.10:8080']],
  ['service=fairlead-agent', ['192.0.2.10:8080']],
  ['service=none', []],
];
for (const [query, wanted] of rows)
  test(`?${query} lists ${wanted.length}`, async () => {
    await using t = await filled();
    assert.deepEqual(targets(t, query), wanted);
  });

test('labels say what a target is', async () => {
  await using t = await filled();
  const wanted = readWanted(new URLSearchParams('service=web&tag=blue'));
  assert.ok('health' in wanted);
  assert.deepEqual(targetGroups(t.registry, wanted)[0]?.labels, {
    __meta_fairlead_service: 'web',
    __meta_fairlead_service_id: 'web-1',
    __meta_fairlead_service_address: '192.0.2.10',
    __meta_fairlead_service_port: '8080',
    __meta_fairlead_tags: ',blue,v1,',
    __meta_fairlead_health: 'passing',
    __meta_fairlead_service_meta_team_name: 'a',
    __meta_fairlead_node: 'edge-1',
    __meta_fairlead_node_address: '192.0.2.10',
    __meta_fairlead_datacenter: 'dc1',
    __meta_fairlead_agent_uid: uid,
    __meta_fairlead_label_env: 'prod',
  });
});

test("an agent's own metrics have their path and scheme, and go with the agent", async () => {
  await using t = await filled();
  const wanted = readWanted(new URLSearchParams('service=fairlead-agent'));
  assert.ok('health' in wanted);
  const [group] = targetGroups(t.registry, wanted);
  assert.equal(group?.labels.__metrics_path__, '/metrics');
  assert.equal(group?.labels.__scheme__, 'http');
  t.registry.setAgentLiveness(uid, 'offline');
  assert.deepEqual(targetGroups(t.registry, wanted), []);
});

test('an agent cannot have something else than HTTP scraped, nor credentials sent', async () => {
  await using t = await filled();
  for (const metricsUrl of ['file:///etc/passwd', 'http://user:secret@192.0.2.1/', 'nonsense']) {
    t.registry.setAgentNode(uid, { name: 'edge-1', address: '192.0.2.10', metricsUrl });
    assert.deepEqual(targets(t, 'service=fairlead-agent'), []);
  }
});

for (const query of ['services=web', 'health=good', 'selector=%3D%3D'])
  test(`?${query} is refused with a hint`, () => assert.ok('hint' in readWanted(new URLSearchParams(query))));
