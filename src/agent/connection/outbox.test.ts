import assert from 'node:assert/strict';
import test from 'node:test';
import { createOutbox } from './outbox.ts';

const uid = new Uint8Array(16).fill(1);
const make = () => createOutbox({ capabilities: 0x2801, customCapabilities: ['a/v1'], startedAtMs: 1_000 });
const leaf = (status: string) => ({ healthy: true, status, lastError: '', sinceMs: 5, components: {} });

test('a part is said once, and again when it is another', () => {
  const outbox = make();
  outbox.description({ 'service.name': 'x' }, {});
  assert.notEqual(outbox.compose(uid, {}).agentDescription, undefined);
  outbox.description({ 'service.name': 'x' }, {});
  assert.equal(outbox.hasNews(), false);
  assert.equal(outbox.compose(uid, {}).agentDescription, undefined);
  outbox.description({ 'service.name': 'y' }, {});
  assert.equal(outbox.hasNews(), true);
  assert.notEqual(outbox.compose(uid, {}).agentDescription, undefined);
});

test('the order of attributes and components is no difference', () => {
  const outbox = make();
  outbox.description({ a: '1', b: '2' }, {});
  outbox.health({ ...leaf('ok'), components: { x: leaf('1'), y: leaf('2') } });
  outbox.compose(uid, {});
  outbox.description({ b: '2', a: '1' }, {});
  outbox.health({ ...leaf('ok'), components: { y: leaf('2'), x: leaf('1') } });
  assert.equal(outbox.hasNews(), false);
});

test('messages are numbered, and capabilities are in each', () => {
  const outbox = make();
  assert.deepEqual(
    [1, 2, 3].map(() => outbox.compose(uid, {}).sequenceNum),
    [1n, 2n, 3n],
  );
  assert.equal(outbox.compose(uid, {}).capabilities, 0x2801n);
});

test('our custom messages are announced once on a connection', () => {
  const outbox = make();
  outbox.begin();
  assert.deepEqual(outbox.compose(uid, {}).customCapabilities?.capabilities, ['a/v1']);
  assert.equal(outbox.compose(uid, {}).customCapabilities, undefined);
  outbox.begin();
  assert.notEqual(outbox.compose(uid, {}).customCapabilities, undefined);
});

test('everything is everything, also what did not change', () => {
  const outbox = make();
  outbox.health(leaf('ok'));
  outbox.remoteConfig({ hash: new Uint8Array([1]), status: 'applied', error: '' });
  outbox.compose(uid, {});
  outbox.sendAll();
  const full = outbox.compose(uid, {});
  assert.deepEqual(
    [full.health !== undefined, full.remoteConfigStatus !== undefined, full.effectiveConfig !== undefined],
    [true, true, false],
  );
});

test('what the server does not take is kept back', () => {
  const outbox = make();
  outbox.effectiveConfig([{ name: 'a', contentType: '', body: new Uint8Array([1]) }]);
  outbox.serverTakes(0x1n);
  assert.equal(outbox.hasNews(), false);
  assert.equal(outbox.compose(uid, {}).effectiveConfig, undefined);
  outbox.serverTakes(0x5n);
  assert.notEqual(outbox.compose(uid, {}).effectiveConfig, undefined);
});
