import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairleadError } from '../../core/errors.ts';
import type { Store } from '../store/store.ts';
import { openApiDesk } from './testing/desk.ts';

test('every change is on record with who, what and how it ended, refused ones too; reading is not', async () => {
  await using desk = await openApiDesk();
  const { admin, operator, reader } = desk.tokens;
  await desk.agent('edge-1');
  await desk.ask('GET', '/v1/agents', { token: reader });
  await desk.ask('PATCH', '/v1/agents/edge-1/labels', { token: operator, body: { env: 'prod', old: null } });
  await desk.ask('PATCH', '/v1/agents/nobody/labels', { token: operator, body: {} });
  await desk.ask('DELETE', '/v1/agents/edge-1', { token: reader });
  await desk.ask('PUT', '/v1/configurations/edge', { token: operator, body: { files: [{ body: 'a: 1\n' }] } });
  await desk.ask('PUT', '/v1/configurations/edge', { token: operator, body: { files: [{ body: 'a: [1\n' }] } });
  await desk.ask('PUT', '/v1/configurations/edge', { token: operator, body: { flies: [] } });
  const made = await desk.ask('POST', '/v1/api-tokens', { token: admin, body: { name: 'ada', role: 'reader' } });
  await desk.ask('POST', '/v1/dry-run', { token: operator, body: { change: 'unassign', name: 'x' } });
  const entries = (await desk.audited()).map(({ actor, role, remote, action, target, outcome }) => [
    actor,
    role,
    remote,
    action,
    target,
    outcome,
  ]);
  const by = (role: string) => [`test ${role}`, role, '127.0.0.1'];
  assert.deepEqual(entries, [
    [...by('operator'), 'agent.labels', 'edge-1 env=prod,old-', 'done'],
    [...by('operator'), 'agent.labels', 'nobody ', 'refused: no-such-agent'],
    [...by('reader'), 'agent.remove', 'edge-1', 'refused: role'],
    [...by('operator'), 'configuration.put', 'edge@1', 'done'],
    [...by('operator'), 'configuration.put', 'edge', 'refused: invalid'],
    [...by('operator'), 'configuration.put', 'edge', 'refused: invalid'],
    [...by('admin'), 'api-token.create', `${made.json.id} ada reader`, 'done'],
  ]);
});

test('every operation that changes something has a name in the audit trail, and no reading one has', async () => {
  await using desk = await openApiDesk();
  // Asks what a change would do, and needs a body for it.
  const thought = ['dryRun'];
  for (const { definition } of desk.routes)
    assert.equal(definition.audit !== undefined, definition.method !== 'GET' && !thought.includes(definition.id), definition.id);
});

test('the audit trail is read in pages, and from a moment on', async () => {
  await using desk = await openApiDesk();
  const { admin, operator } = desk.tokens;
  for (let index = 0; index < 25; index += 1) {
    await desk.ask('DELETE', `/v1/assignments/a${index}`, { token: operator });
    desk.clock.advance(1_000);
  }
  const targets: string[] = [];
  let next: string | undefined = '';
  for (let pages = 0; next !== undefined; pages += 1) {
    assert.ok(pages < 4);
    const { json } = await desk.ask('GET', `/v1/audit?limit=10${next === '' ? '' : `&after=${next}`}`, { token: admin });
    targets.push(...json.entries.map(({ target }: { target: string }) => target));
    next = json.next;
  }
  assert.deepEqual(
    targets,
    Array.from({ length: 25 }, (_, index) => `a${index}`),
  );
  const since = new Date(desk.clock.now() - 5_000).toISOString();
  const late = await desk.ask('GET', `/v1/audit?since=${encodeURIComponent(since)}`, { token: admin });
  assert.deepEqual(
    late.json.entries.map(({ target }: { target: string }) => target),
    ['a20', 'a21', 'a22', 'a23', 'a24'],
  );
  assert.equal((await desk.ask('GET', '/v1/audit?since=yesterday', { token: admin })).status, 400);
});

test('a change that was made stays made when the trail cannot be written, and the log says what', async () => {
  const full = new FairleadError('FAIRLEAD_STORE_FULL', { path: 'x' });
  let broken = false;
  const wrap = (store: Store): Store => ({
    get: (key) => store.get(key),
    list: (prefix, options) => store.list(prefix, options),
    commit: (commit) => (broken ? Promise.reject(full) : store.commit(commit)),
    watch: (prefix, after, signal) => store.watch(prefix, after, signal),
    lease: (ttlMs) => store.lease(ttlMs),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  });
  await using desk = await openApiDesk({ wrap });
  broken = true;
  const answered = await desk.ask('PUT', '/v1/configurations/edge', { token: desk.tokens.operator, body: { files: [{ body: 'a: 1\n' }] } });
  assert.equal(answered.status, 200);
  const line = desk.logged.find((text) => text.includes('api.not-audited')) ?? '';
  assert.match(line, /test operator.*configuration\.put.*edge@1.*done/);
  const refused = await desk.ask('POST', '/v1/api-tokens', { token: desk.tokens.admin, body: { name: 'ada', role: 'reader' } });
  assert.deepEqual([refused.status, refused.json.code, refused.headers['retry-after']], [503, 'store-full', '5']);
});
