import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { FairleadError } from '../../core/errors.ts';
import { manualClock } from '../../core/manual-clock.ts';
import { silentLog } from '../../observe/log.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store, StoreEvent } from '../store/store.ts';
import { createConfigurations } from './center.ts';
import { simulatedFleet } from './simulation.ts';

const settle = async () => {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test('two servers on one store agree, and a step is taken once', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  const fleet = simulatedFleet();
  for (let index = 0; index < 20; index++) fleet.add(`agent-${index}`, {});
  const open = () => createConfigurations({ store, agents: fleet, clock, log: silentLog, registry: new Registry() });
  await using one = await open();
  await using two = await open();
  const files = (body: string) => [{ name: 'a.yaml', contentType: 'text/yaml', body }];
  await Promise.all([one.put({ name: 'edge', files: files('a: 1') }, 'ada'), two.put({ name: 'edge', files: files('a: 2') }, 'bob')]);
  await one.assign({ name: 'all', selector: '', priority: 0, configuration: 'edge', version: 1 }, 'ada');
  await settle();
  assert.deepEqual(two.versions('edge'), one.versions('edge'));
  assert.equal(two.versions('edge').length, 2);

  const gate = { minHealthyMs: 1_000, applyTimeoutMs: 60_000, maxFailed: 0, maxUnhealthy: 0 };
  const stages = [{ kind: 'count', count: 2 }, { kind: 'percent', percent: 50 }, { kind: 'all' }] as const;
  const starts = await Promise.all(
    [one, two].map((center) => center.startRollout({ configuration: 'edge', fromVersion: 1, toVersion: 2, stages, gate }, 'x')),
  );
  assert.deepEqual(starts.map((start) => (start.ok ? 'ok' : start.code)).sort(), ['ok', 'rollout-active']);
  for (let round = 0; round < 20; round++) {
    await settle();
    while (fleet.step(round % 2 === 0 ? one : two, () => 'works')) for (const uid of fleet.agents.keys()) two.observed(uid);
    for (const uid of fleet.agents.keys()) one.observed(uid);
    clock.advance(1_000);
  }
  await settle();
  assert.deepEqual(
    two.rollout('1')?.history.map(({ what }) => what),
    ['started with first 2', 'went on to 50 %', 'went on to all', 'completed'],
  );
  assert.deepEqual(one.rollout('1'), two.rollout('1'));
});

test('a watch that is too far behind is caught up with by reading again, deletions included', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  const far = Promise.withResolvers<void>();
  let watches = 0;
  async function* tooOld(): AsyncIterable<readonly StoreEvent[]> {
    await far.promise;
    throw new FairleadError('FAIRLEAD_STORE_COMPACTED', { after: '1', oldest: '9' });
    // biome-ignore lint/correctness/noUnreachable: what makes it a generator of events
    yield [];
  }
  const behind: Store = {
    ...store,
    watch: (prefix, after, signal) => (watches++ === 0 ? tooOld() : store.watch(prefix, after, signal)),
  };
  const fleet = simulatedFleet();
  const open = (on: Store) => createConfigurations({ store: on, agents: fleet, clock, log: silentLog, registry: new Registry() });
  await using one = await open(store);
  const files = [{ name: 'a.yaml', contentType: 'text/yaml', body: 'a: 1' }];
  await one.put({ name: 'edge', files }, 'ada');
  await using two = await open(behind);
  await one.delete('edge', 'ada');
  await one.put({ name: 'core', files }, 'ada');
  assert.deepEqual(
    two.list().map(({ name }) => name),
    ['edge'],
  );
  const caughtUp = new Promise<void>((resolve) =>
    two.onChange(() => two.summary('edge') === undefined && two.summary('core') !== undefined && resolve()),
  );
  far.resolve();
  await caughtUp;
  assert.deepEqual(two.list(), one.list());
});
