import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog, type Topic } from './catalog.ts';
import type { Node, Service } from './model.ts';

const node = (name: string, fields: Partial<Node> = {}): Node => ({
  name,
  id: name,
  address: '192.0.2.1',
  taggedAddresses: {},
  meta: {},
  checks: [],
  ...fields,
});
const service = (id: string, name: string, fields: Partial<Service> = {}): Service => ({
  id,
  name,
  address: '',
  port: 80,
  tags: [],
  meta: {},
  taggedAddresses: {},
  weights: { passing: 1, warning: 1 },
  enableTagOverride: false,
  checks: [],
  ...fields,
});

function filled() {
  const woken: (readonly Topic[])[] = [];
  const catalog = createCatalog(100, (topics) => woken.push(topics));
  catalog.putNode(node('n1'));
  catalog.putService('n1', service('w1', 'web'));
  catalog.putService('n1', service('d1', 'db'));
  woken.length = 0;
  return { catalog, woken };
}

test('a change of one service leaves the index of another one alone', () => {
  const { catalog } = filled();
  const [web, db] = [catalog.indexOf('service:web'), catalog.indexOf('service:db')];
  catalog.putService('n1', service('w1', 'web', { port: 81 }));
  assert.ok(catalog.indexOf('service:web') > web);
  assert.equal(catalog.indexOf('service:db'), db);
});

test('the same registration again changes nothing and wakes nobody', () => {
  const { catalog, woken } = filled();
  assert.equal(catalog.putService('n1', service('w1', 'web')), false);
  assert.equal(catalog.putNode(node('n1')), false);
  assert.deepEqual(woken, []);
});

test('a change of the node wakes those who watch services on it', () => {
  const { catalog, woken } = filled();
  catalog.putNode(node('n1', { address: '192.0.2.2' }));
  assert.deepEqual(woken, [['nodes', 'node:n1', 'service:web', 'service:db']]);
});

test('no index goes back when services vanish, come back, or are renamed', () => {
  const { catalog } = filled();
  const seen = new Map<Topic, number>();
  const look = () => {
    for (const topic of ['services', 'nodes', 'checks', 'service:web', 'service:db', 'service:new', 'node:n1'] as const) {
      const index = catalog.indexOf(topic);
      assert.ok(index >= (seen.get(topic) ?? 1), `${topic} went back to ${index}`);
      seen.set(topic, index);
    }
  };
  const steps = [
    () => catalog.removeService('n1', 'w1'),
    () => catalog.putService('n1', service('w1', 'web')),
    () => catalog.putService('n1', service('w1', 'new')),
    () => catalog.removeNode('n1'),
    () => catalog.putNode(node('n1')),
    () => catalog.putService('n1', service('d1', 'db')),
  ];
  for (const step of steps) {
    step();
    look();
  }
});

test('a renamed service is found under its new name only', () => {
  const { catalog } = filled();
  catalog.putService('n1', service('w1', 'site'));
  assert.equal(catalog.instances('web').length, 0);
  assert.equal(catalog.instances('site').length, 1);
  assert.deepEqual([...catalog.serviceNames()], ['db', 'site']);
});

test('names are found in any case by DNS and exactly by the API', () => {
  const { catalog } = filled();
  assert.equal(catalog.instancesNamed('WEB').length, 1);
  assert.equal(catalog.instances('WEB').length, 0);
  assert.equal(catalog.nodeNamed('N1')?.name, 'n1');
});

test('suffixes of node names are known as long as such a node is there', () => {
  const { catalog } = filled();
  catalog.putNode(node('a.example.org'));
  assert.equal(catalog.isNodeSuffix('example.org'), true);
  catalog.removeNode('a.example.org');
  assert.equal(catalog.isNodeSuffix('example.org'), false);
});
