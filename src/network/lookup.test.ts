import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultEnvironment } from './environment.ts';
import { assumed, declared, isKnown, unknown } from './fact.ts';
import { lookup } from './lookup.ts';
import type { Listener, Model } from './model.ts';

const origin = { kind: 'default', text: 'a test' } as const;
const listener = (namespaceId: string, port: number): Listener => ({
  namespaceId,
  address: '0.0.0.0',
  port,
  transport: 'tcp',
  knowledge: 'declared',
  origin,
});
const model: Model = {
  environment: defaultEnvironment,
  namespaces: [
    { id: 'host', kind: 'host', listenersComplete: false },
    { id: 'a', kind: 'container', listenersComplete: true },
  ],
  workloads: [],
  networks: [],
  endpoints: [],
  listeners: [listener('a', 80), listener('host', 22), listener('a', 81)],
  publications: [],
  links: [],
  registrations: [],
  problems: [],
};

test('things are found by id and by what they belong to, in the order of the model', () => {
  const tables = lookup(model);
  assert.equal(tables.namespace.get('a')?.listenersComplete, true);
  assert.deepEqual(
    tables.listenersIn.get('a')?.map(({ port }) => port),
    [80, 81],
  );
  assert.equal(tables.listenersIn.get('b'), undefined);
});

test('the tables of one model are made once', () => {
  assert.equal(lookup(model), lookup(model));
  assert.notEqual(lookup(model), lookup({ ...model }));
});

test('a fact says whether it is known and what is missing', () => {
  assert.ok(isKnown(assumed(1, 'x')) && isKnown(declared(1, origin)));
  const missing = unknown('the MTU of the path');
  assert.ok(!isKnown(missing));
  assert.equal(missing.missing, 'the MTU of the path');
});
