import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roles } from './route.ts';
import { openApiDesk } from './testing/desk.ts';

/** Written down a second time on purpose: a role that changes in a definition has to be changed here as well. */
const needed: Readonly<Record<string, string>> = {
  listAgents: 'reader',
  getAgent: 'reader',
  setAgentLabels: 'operator',
  changeAgentLabels: 'operator',
  setAgentLiveness: 'operator',
  revokeAgent: 'operator',
  removeAgent: 'operator',
  getNetwork: 'reader',
  listOutages: 'reader',
  listConfigurations: 'reader',
  getConfiguration: 'reader',
  putConfiguration: 'operator',
  deleteConfiguration: 'operator',
  getConfigurationVersion: 'operator',
  diffConfiguration: 'operator',
  releaseConfiguration: 'operator',
  listAssignments: 'reader',
  putAssignment: 'operator',
  deleteAssignment: 'operator',
  dryRun: 'operator',
  explainAgent: 'reader',
  listQuarantine: 'reader',
  clearQuarantine: 'operator',
  listRollouts: 'reader',
  startRollout: 'operator',
  getRollout: 'reader',
  pauseRollout: 'operator',
  resumeRollout: 'operator',
  promoteRollout: 'operator',
  abortRollout: 'operator',
  listServices: 'any',
  getService: 'any',
  registerService: 'agent',
  deregisterService: 'operator',
  setServiceMaintenance: 'operator',
  listTokens: 'operator',
  createToken: 'operator',
  revokeToken: 'operator',
  listPending: 'operator',
  decidePending: 'operator',
  getAuthority: 'reader',
  rotateAuthority: 'admin',
  whoAmI: 'any',
  listApiTokens: 'admin',
  createApiToken: 'admin',
  removeApiToken: 'admin',
  listAudit: 'admin',
  streamEvents: 'reader',
  getOpenApi: 'any',
};

const mayDo: Readonly<Record<string, readonly string[]>> = {
  any: ['agent', 'reader', 'operator', 'admin'],
  agent: ['agent', 'operator', 'admin'],
  reader: ['reader', 'operator', 'admin'],
  operator: ['operator', 'admin'],
  admin: ['admin'],
};

test('every operation lets in exactly the roles that it should', async () => {
  await using desk = await openApiDesk({ limits: { wrongBurst: 1_000, burst: 1_000 } });
  assert.deepEqual(desk.routes.map(({ definition }) => definition.id).sort(), Object.keys(needed).sort());
  const expired = (await desk.apiTokens.create({ name: 'old', role: 'admin', createdBy: 'test', ttlMs: 60_000 })).token;
  desk.clock.advance(60_000);
  const strangers = [
    undefined,
    'x',
    expired,
    `${desk.tokens.admin.slice(0, -1)}_`,
    desk.tokens.admin.replace(/_.*_/, '_0000000000000000_'),
  ];
  for (const { definition } of desk.routes) {
    const path = definition.path.replaceAll(/\{(\w+)\}/g, (_whole, name) => (name === 'hash' ? 'a'.repeat(64) : '1'));
    const asked = definition.body === undefined ? {} : { body: {} };
    for (const token of strangers) {
      const { status, headers } = await desk.ask(definition.method, path, { ...asked, token });
      assert.equal(status, 401, `${definition.id} with ${token}`);
      assert.equal(headers['www-authenticate'], 'Bearer');
    }
    for (const role of roles) {
      const { status, text } = await desk.ask(definition.method, path, { ...asked, token: desk.tokens[role] });
      const letIn = mayDo[needed[definition.id] ?? '']?.includes(role) === true;
      assert.equal(status === 403, !letIn, `${definition.id} as ${role}: ${status} ${text}`);
      assert.ok(status !== 401 && status < 500, `${definition.id} as ${role}: ${status} ${text}`);
    }
  }
});

test('an expired token is told so, an unknown one is not told more', async () => {
  await using desk = await openApiDesk();
  const { token } = await desk.apiTokens.create({ name: 'old', role: 'reader', createdBy: 'test', ttlMs: 60_000 });
  assert.equal((await desk.ask('GET', '/v1/agents', { token })).status, 200);
  desk.clock.advance(60_000);
  const expired = await desk.ask('GET', '/v1/agents', { token });
  assert.match(expired.json.title, /expired at 2026-/);
  const guessed = await desk.ask('GET', '/v1/agents', { token: `${token.slice(0, 21)}${'A'.repeat(43)}` });
  assert.deepEqual([guessed.status, guessed.json.title], [401, 'this API token is not known']);
  assert.deepEqual((await desk.ask('GET', '/v1/agents')).json, {
    status: 401,
    title: 'no API token',
    code: 'token',
    hint: 'send an API token: Authorization: Bearer …',
  });
});

test('a token that is taken back counts no more, and the last one of an administrator stays', async () => {
  await using desk = await openApiDesk();
  const { tokens } = desk;
  const made = await desk.ask('POST', '/v1/api-tokens', { token: tokens.admin, body: { name: 'ada', role: 'admin', ttl: '1h' } });
  assert.match(made.json.token, /^fla_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
  const listed = (await desk.ask('GET', '/v1/api-tokens', { token: made.json.token })).json.tokens;
  const first = listed.find(({ name }: { name: string }) => name === 'test admin').id;
  assert.equal((await desk.ask('DELETE', `/v1/api-tokens/${first}`, { token: made.json.token })).status, 204);
  assert.equal((await desk.ask('GET', '/v1/whoami', { token: tokens.admin })).status, 401);
  const last = await desk.ask('DELETE', `/v1/api-tokens/${made.json.id}`, { token: made.json.token });
  assert.deepEqual([last.status, last.json.code], [409, 'last-admin']);
  assert.equal((await desk.ask('DELETE', '/v1/api-tokens/nobody', { token: made.json.token })).status, 404);
});

test('two administrators who take each other’s token back at once do not both succeed', async () => {
  await using desk = await openApiDesk();
  const [one] = (await desk.apiTokens.list()).filter(({ role }) => role === 'admin');
  const { entry: two } = await desk.apiTokens.create({ name: 'two', role: 'admin', createdBy: 'test' });
  const outcomes = await Promise.all([desk.apiTokens.remove(one?.id ?? ''), desk.apiTokens.remove(two.id)]);
  assert.deepEqual(outcomes.toSorted(), ['last-admin', 'removed']);
});

test('a token stands in no log, in no list and in no audit trail', async () => {
  await using desk = await openApiDesk();
  const { admin } = desk.tokens;
  const made = (await desk.ask('POST', '/v1/api-tokens', { token: admin, body: { name: 'ada', role: 'reader' } })).json;
  const join = (await desk.ask('POST', '/v1/tokens', { token: admin, body: { uses: 2, labels: { site: 'edge' } } })).json;
  await desk.ask('GET', '/v1/agents', { token: `${made.token}x` });
  await desk.ask('GET', '/v1/audit', { token: made.token });
  const texts = [
    ...desk.logged,
    ...(await Promise.all(
      ['/v1/api-tokens', '/v1/tokens', '/v1/audit'].map(async (path) => (await desk.ask('GET', path, { token: admin })).text),
    )),
  ];
  assert.ok(desk.logged.some((line) => line.includes('api.refused')));
  for (const secret of [admin, made.token, join.token]) {
    const tail = secret.slice(-20);
    assert.deepEqual(
      texts.filter((text) => text.includes(tail)),
      [],
    );
  }
});
