import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Registry } from 'prom-client';
import * as z from 'zod';
import { type ManualClock, manualClock } from '../../core/manual-clock.ts';
import { silentLog } from '../../observe/log.ts';
import { createHealthTree } from '../health/tree.ts';
import type { Part } from '../part.ts';
import { remoteSettings } from '../settings/remote.ts';
import { testConnection } from '../testing/connection.ts';
import { remoteMetrics } from './metrics.ts';
import { createRemote } from './remote.ts';

const alpha = z.strictObject({ size: z.number() }).prefault({ size: 1 });
const beta = z.array(z.strictObject({ name: z.string() })).prefault([]);
const schema = z.strictObject({ alpha, beta, fixed: z.string().prefault('local') });
const remoteSchema = z.strictObject({ alpha: alpha.optional(), beta: beta.optional() });

interface RecordingPart extends Part {
  readonly applied: unknown[];
  fail: ((next: unknown) => Promise<void>) | undefined;
}
const recording = (name: string): RecordingPart => {
  const part: RecordingPart = {
    ...{ name, applied: [], fail: undefined },
    async apply(next) {
      await part.fail?.(next);
      part.applied.push(next);
    },
  };
  return part;
};

async function started(more: { dir?: string; clock?: ManualClock; settings?: object; local?: object } = {}) {
  const clock = more.clock ?? manualClock();
  const dir = more.dir ?? mkdtempSync(join(tmpdir(), 'fairlead-remote-'));
  const health = createHealthTree(clock);
  const written = { alpha: { size: 1 }, ...more.local };
  const remote = await createRemote(remoteSettings.parse({ settle: '5s', timeout: '1m', ...more.settings }), {
    ...{ dir, schema, remoteSchema, health, clock, log: silentLog, sections: ['alpha', 'beta', 'fixed'] },
    local: { parsed: schema.parse(written), written },
    metrics: remoteMetrics(new Registry()),
    reloading: () => {},
  });
  const parts = { alpha: recording('alpha'), beta: recording('beta') };
  await remote.begin([parts.alpha, parts.beta], []);
  const connection = testConnection();
  remote.attach(connection);
  const offer = (hash: number, text: string) =>
    remote.inbound.remoteConfig({
      hash: Uint8Array.of(hash),
      files: [{ name: 'x.yaml', contentType: 'text/yaml', body: new TextEncoder().encode(text) }],
    });
  /** Statuses that were reported, as `hash word`. */
  const told = () => connection.statuses.map(({ hash, status }) => `${hash[0]} ${status}`);
  /** Resolves when the parts have been given the offer and the settle time runs. */
  const applying = async (hash: number) => {
    await connection.status('applying', hash);
    // The parts of this test apply at once: a few turns of the loop.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    remote,
    parts,
    connection,
    offer,
    told,
    applying,
    health,
    clock,
    dir,
    [Symbol.asyncDispose]: () => remote[Symbol.asyncDispose](),
  };
}

test('a configuration is reported as applied only when it ran and stayed well for the settle time', async () => {
  await using agent = await started();
  agent.offer(1, 'beta: [{name: kafka}]');
  await agent.applying(1);
  assert.deepEqual(agent.parts.beta.applied, [[{ name: 'kafka' }]]);
  assert.deepEqual(agent.parts.alpha.applied, [], 'a section that does not differ was touched');
  agent.clock.advance(4_999);
  assert.deepEqual(agent.told(), ['1 applying']);
  agent.clock.advance(1);
  await agent.remote.idle();
  assert.deepEqual(agent.told(), ['1 applying', '1 applied']);
  assert.match(new TextDecoder().decode(agent.connection.configs.at(-1)?.[0]?.body), /name: kafka/);
});

test('a component that it touches and that becomes unwell rolls everything back, with the reason', async () => {
  await using agent = await started();
  agent.health.set('beta/other', { healthy: true, status: 'up' });
  agent.offer(1, 'alpha: {size: 2}\nbeta: [{name: kafka}]');
  await agent.applying(1);
  agent.health.set('beta/other', { healthy: false, status: 'down', lastError: 'not its doing' });
  agent.clock.advance(1_000);
  agent.health.set('beta/kafka', { healthy: false, status: 'down', lastError: 'connection refused' });
  await agent.remote.idle();
  assert.partialDeepStrictEqual(agent.connection.statuses.at(-1), { status: 'failed', error: 'beta/kafka is down: connection refused' });
  assert.deepEqual(agent.parts.alpha.applied, [{ size: 2 }, { size: 1 }]);
  assert.deepEqual(agent.parts.beta.applied, [[{ name: 'kafka' }], []]);
  assert.deepEqual(agent.remote.sections().alpha, { size: 1 });
});

test('a component that does not show whether it works is waited for, but not for ever', async () => {
  await using agent = await started();
  agent.offer(1, 'beta: [{name: kafka}]');
  await agent.applying(1);
  agent.health.set('beta/kafka', { healthy: true, pending: true, status: 'checking' });
  agent.clock.advance(30_000);
  assert.deepEqual(agent.told(), ['1 applying']);
  agent.clock.advance(30_000);
  await agent.remote.idle();
  assert.partialDeepStrictEqual(agent.connection.statuses.at(-1), {
    status: 'failed',
    error: /did not show within 60000 ms/.exec(agent.connection.statuses.at(-1)?.error ?? '')?.input,
  });
});

test('a part that refuses, or never ends, fails the configuration and puts back what was changed before it', async () => {
  await using agent = await started();
  agent.parts.beta.fail = async (next) => {
    if (Array.isArray(next) && next.length > 0) throw new Error('no such file /etc/ca.pem');
  };
  agent.offer(1, 'alpha: {size: 2}\nbeta: [{name: kafka}]');
  await agent.connection.status('failed');
  await agent.remote.idle();
  assert.equal(agent.connection.statuses.at(-1)?.error, 'beta: no such file /etc/ca.pem');
  assert.deepEqual(agent.parts.alpha.applied, [{ size: 2 }, { size: 1 }]);
  agent.parts.beta.fail = (next) => (Array.isArray(next) && next.length > 0 ? new Promise(() => {}) : Promise.resolve());
  agent.offer(2, 'beta: [{name: kafka}]');
  await agent.applying(2);
  agent.clock.advance(60_000);
  await agent.remote.idle();
  assert.partialDeepStrictEqual(agent.connection.statuses.at(-1), {
    status: 'failed',
    error: 'beta: applying it took longer than 60000 ms',
  });
});

test('what is wrong is refused before anything is touched', async () => {
  await using agent = await started();
  agent.offer(1, 'alpha: {sice: 2}');
  await agent.connection.status('failed');
  assert.deepEqual(agent.told(), ['1 failed']);
  assert.match(agent.connection.statuses.at(-1)?.error ?? '', /^x\.yaml:1:9 unknown key "sice" in alpha; did you mean "size"\?$/m);
  assert.deepEqual(agent.parts.alpha.applied, []);
});

test('a newer configuration takes over while one is settling, and rolls back to the last good one', async () => {
  await using agent = await started();
  agent.offer(1, 'alpha: {size: 2}');
  await agent.applying(1);
  agent.offer(2, 'alpha: {size: 3}\nbeta: [{name: bad}]');
  await agent.applying(2);
  agent.health.set('beta/bad', { healthy: false, status: 'down' });
  await agent.remote.idle();
  assert.deepEqual(agent.told(), ['1 applying', '2 applying', '2 failed']);
  assert.deepEqual(agent.parts.alpha.applied, [{ size: 2 }, { size: 3 }, { size: 1 }]);
});

test('sections that are kept local stay as they are, and the rest is applied', async () => {
  await using agent = await started({ settings: { localOnly: ['alpha'] } });
  agent.offer(1, 'alpha: {size: 9}\nbeta: [{name: kafka}]');
  await agent.applying(1);
  agent.clock.advance(5_000);
  await agent.remote.idle();
  assert.deepEqual(agent.told(), ['1 applying', '1 applied']);
  assert.deepEqual(agent.remote.sections().alpha, { size: 1 });
});

test('switched off, everything is refused with the setting that says so', async () => {
  await using agent = await started({ settings: { enabled: false } });
  agent.offer(1, 'alpha: {size: 9}');
  await agent.connection.status('failed');
  assert.match(agent.connection.statuses.at(-1)?.error ?? '', /remote\.enabled/);
});

test('the last good configuration runs at the next start without a server, and its status is reported again', async () => {
  const { dir, clock } = await (async () => {
    await using agent = await started();
    agent.offer(7, 'alpha: {size: 2}');
    await agent.applying(7);
    agent.clock.advance(5_000);
    await agent.remote.idle();
    return agent;
  })();
  await using agent = await started({ dir, clock });
  assert.deepEqual(agent.remote.sections().alpha, { size: 2 });
  assert.deepEqual(agent.told(), ['7 applied']);
  agent.offer(7, 'alpha: {size: 2}');
  await agent.remote.idle();
  assert.deepEqual(agent.told(), ['7 applied', '7 applied']);
  assert.deepEqual(agent.parts.alpha.applied, []);
});

test('a failed configuration is still known as failed after a restart, and the good one runs', async () => {
  const first = await started();
  first.offer(7, 'alpha: {size: 2}');
  await first.applying(7);
  first.clock.advance(5_000);
  await first.remote.idle();
  first.offer(8, 'alpha: {sise: 2}');
  await first.remote.idle();
  await first[Symbol.asyncDispose]();
  await using agent = await started({ dir: first.dir, clock: first.clock });
  assert.deepEqual([agent.told(), agent.remote.sections().alpha], [['8 failed'], { size: 2 }]);
});

test('a process that died twice while applying does not try a third time', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-remote-'));
  for (const death of [1, 2]) {
    const agent = await started({ dir });
    agent.offer(9, 'alpha: {size: 2}');
    await agent.applying(9);
    // Not disposed: as after kill -9, its last word on disk is that it is applying.
    assert.equal(JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')).trials['09'].deaths, death - 1);
  }
  await using agent = await started({ dir });
  assert.deepEqual(agent.told(), ['9 failed']);
  agent.offer(9, 'alpha: {size: 2}');
  await agent.remote.idle();
  assert.deepEqual([agent.told(), agent.parts.alpha.applied], [['9 failed', '9 failed'], []]);
  assert.match(agent.connection.statuses.at(-1)?.error ?? '', /ended 2 times while this configuration was starting/);
});

test('a part that runs with the local section is brought up to the last good one, and a refusal goes back to local', async () => {
  const first = await started();
  first.offer(7, 'alpha: {size: 2}');
  await first.applying(7);
  first.clock.advance(5_000);
  await first.remote.idle();
  await first[Symbol.asyncDispose]();
  const health = createHealthTree(first.clock);
  const again = async (part: Part) => {
    const remote = await createRemote(remoteSettings.parse({}), {
      ...{ dir: first.dir, schema, remoteSchema, health, clock: first.clock, log: silentLog, sections: ['alpha', 'beta'] },
      local: { parsed: schema.parse({}), written: {} },
      metrics: remoteMetrics(new Registry()),
      reloading: () => {},
    });
    await remote.begin([part], [part]);
    const connection = testConnection();
    remote.attach(connection);
    await remote[Symbol.asyncDispose]();
    return { sections: remote.sections(), statuses: connection.statuses };
  };
  const willing = recording('alpha');
  await again(willing);
  assert.deepEqual(willing.applied, [{ size: 2 }]);
  const unwilling = recording('alpha');
  unwilling.fail = async () => {
    throw new Error('not any more');
  };
  const { sections, statuses } = await again(unwilling);
  assert.deepEqual(sections.alpha, { size: 1 });
  assert.partialDeepStrictEqual(statuses, [{ status: 'failed', error: 'alpha: not any more' }]);
});

test('a state that cannot be written stops nothing', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'fairlead-remote-')), 'a-file-and-no-folder');
  writeFileSync(file, '');
  await using agent = await started({ dir: file });
  agent.offer(1, 'alpha: {size: 2}');
  await agent.applying(1);
  agent.clock.advance(5_000);
  await agent.remote.idle();
  assert.deepEqual(agent.told(), ['1 applying', '1 applied']);
});
