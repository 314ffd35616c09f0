import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publishRollouts, publishServices } from './changes.ts';
import type { Change } from './events.ts';
import { openApiDesk } from './testing/desk.ts';

const turns = async () => {
  for (let count = 0; count < 20; count += 1) await new Promise((resolve) => setImmediate(resolve));
};

test('each state and stage of a rollout is told once, and what was there before is not', async () => {
  await using desk = await openApiDesk();
  const published: Change[] = [];
  const end = publishRollouts(desk.configurations, { publish: (change) => void published.push(change) });
  await desk.agent('edge-1', { env: 'canary' });
  const put = (body: string, release: boolean) =>
    desk.configurations.put({ name: 'edge', files: [{ name: '', contentType: 'text/yaml', body }], release }, 'test');
  await put('a: 1\n', true);
  await desk.configurations.assign({ name: 'edge', selector: '', priority: 0, configuration: 'edge', version: 'latest' }, 'test');
  await put('a: 2\n', false);
  const gate = { minHealthyMs: 60_000, applyTimeoutMs: 60_000, maxFailed: 0, maxUnhealthy: 0 };
  const stages = [{ kind: 'percent', percent: 50 }, { kind: 'all' }] as const;
  const started = await desk.configurations.startRollout({ configuration: 'edge', toVersion: 2, stages, gate }, 'test');
  assert.ok(started.ok);
  await desk.configurations.promote('1', 'test');
  await desk.configurations.abort('1', 'test', 'enough');
  assert.deepEqual(
    published.map(({ kind, data }) => [kind, data.id, data.state, data.stage]),
    [
      ['rollout.changed', '1', 'running', 0],
      ['rollout.changed', '1', 'running', 1],
      ['rollout.changed', '1', 'aborted', 1],
    ],
  );
  end();
  const late: Change[] = [];
  publishRollouts(desk.configurations, { publish: (change) => void late.push(change) })();
  assert.deepEqual(late, []);
});

test('a burst of registrations is one change, a quiet catalog is none', async () => {
  await using desk = await openApiDesk();
  const published: string[] = [];
  const end = publishServices(desk.services, { publish: ({ kind }) => void published.push(kind) });
  await turns();
  for (const id of ['a', 'b', 'c'])
    await desk.ask('POST', '/v1/services', { token: desk.tokens.agent, body: { name: 'kafka', id, port: 9_092, ttl: '1h' } });
  await turns();
  desk.clock.advance(250);
  assert.deepEqual(published, ['service.changed']);
  await desk.services.report('service:a', 'passing', 'fine');
  await turns();
  desk.clock.advance(250);
  assert.deepEqual(published, ['service.changed', 'service.changed']);
  desk.clock.advance(5_000);
  await turns();
  assert.equal(published.length, 2);
  end();
});
