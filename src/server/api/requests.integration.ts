import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { openApiDesk } from './testing/desk.ts';

test('a path that is not there is 404, a method that is not for it 405 with those that are, bad percent-encoding 400', async () => {
  await using desk = await openApiDesk();
  const token = desk.tokens.admin;
  const nowhere = await desk.ask('GET', '/v1/nothing', { token });
  assert.deepEqual([nowhere.status, nowhere.json.code], [404, 'path']);
  assert.equal(nowhere.headers['content-type'], 'application/problem+json');
  const wrong = await desk.ask('PATCH', '/v1/agents', { token });
  assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'GET']);
  for (const path of ['/v1/agents/%zz', '/v1/agents/%ff', '/v1/agents/%'])
    assert.equal((await desk.ask('GET', path, { token })).status, 400, path);
  for (const path of [
    '//',
    '/v1/agents/',
    '/v1/agents//x',
    'http://elsewhere.example.org/v1/agents',
    '/v1/openapi-json',
    '/v1/../v1/agents',
  ])
    assert.equal((await desk.ask('GET', path, { token })).status, 404, path);
});

test('a name is what its percent-encoding says, and is nothing more than a name', async () => {
  await using desk = await openApiDesk();
  const token = desk.tokens.admin;
  await desk.agent('edge.7-a');
  const found = await desk.ask('GET', '/v1/agents/%65dge%2E7%2da', { token });
  assert.deepEqual([found.status, found.json.name], [200, 'edge.7-a']);
  for (const name of ['..', '../../etc/passwd', '__proto__', 'constructor', "'; drop table kv; --", 'a b', '\u0000', 'x'.repeat(256)])
    for (const [method, path] of [
      ['GET', '/v1/agents/'],
      ['GET', '/v1/configurations/'],
      ['DELETE', '/v1/configurations/'],
      ['DELETE', '/v1/assignments/'],
      ['GET', '/v1/rollouts/'],
      ['GET', '/v1/services/'],
      ['DELETE', '/v1/services/instances/'],
      ['DELETE', '/v1/tokens/'],
      ['DELETE', '/v1/api-tokens/'],
    ] as const) {
      const { status } = await desk.ask(method, `${path}${encodeURIComponent(name)}`, { token });
      assert.ok(status === 404 || status === 400, `${method} ${path}${name}: ${status}`);
    }
});

test('an unknown key and an unknown parameter are named, with what was probably meant', async () => {
  await using desk = await openApiDesk();
  const token = desk.tokens.admin;
  const body = await desk.ask('POST', '/v1/tokens', { token, body: { usse: 3 } });
  assert.deepEqual(body.json, {
    status: 400,
    title: 'body: unknown key "usse"',
    code: 'invalid',
    hint: 'did you mean "uses"?',
    problems: [{ at: 'body', message: 'unknown key "usse"', hint: 'did you mean "uses"?' }],
  });
  const query = await desk.ask('GET', '/v1/agents?selektor=env%3Dprod', { token });
  assert.deepEqual([query.status, query.json.hint], [400, 'did you mean "selector"?']);
  const none = await desk.ask('GET', '/v1/assignments?limit=3', { token });
  assert.deepEqual([none.status, none.json.title], [400, 'query: unknown key "limit"']);
  const twice = await desk.ask('GET', '/v1/agents?state=online&state=offline', { token });
  assert.deepEqual([twice.status, twice.json.title], [400, 'query: "state" stands twice']);
  const deep = await desk.ask('POST', '/v1/rollouts', {
    token,
    body: { configuration: 'x', to: 2, stages: [{ kind: 'percnt', percent: 5 }], gate: { maxFailed: -1 } },
  });
  assert.deepEqual(
    deep.json.problems.map(({ at, hint }: { at: string; hint: string }) => [at, hint]),
    [
      ['body.stages[0].kind', 'did you mean "percent"?'],
      ['body.gate.maxFailed', 'at least 0'],
    ],
  );
});

test('a body that is no JSON, of another type, compressed or too large is refused, and the connection serves the next request', async () => {
  await using desk = await openApiDesk({ limits: { bodyBytes: 10_000 } });
  const token = desk.tokens.admin;
  const put = (raw: string | Buffer, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    desk.ask('PUT', '/v1/configurations/edge', { token, raw, headers });
  const code = async (answer: ReturnType<typeof put>) => (({ status, json }) => [status, json.code])(await answer);
  assert.deepEqual(await code(put('{"files": [')), [400, 'json']);
  assert.deepEqual(await code(put('')), [400, 'json']);
  assert.deepEqual(await code(put(Buffer.from([0x22, 0xff, 0x22]))), [400, 'json']);
  assert.deepEqual(await code(put('{"note": "\\ud800"}')), [400, 'json']);
  assert.deepEqual(await code(put(`{"note": "\\ud83d\\ude00"${' '.repeat(100)}}`)), [400, 'invalid']);
  assert.deepEqual(await code(put('[1, 2]')), [400, 'invalid']);
  assert.deepEqual(await code(put('{}', {})), [415, 'content-type']);
  assert.deepEqual(await code(put('{}', { 'content-type': 'text/yaml' })), [415, 'content-type']);
  assert.deepEqual(await code(put('{}', { 'content-type': 'application/jsonp' })), [415, 'content-type']);
  assert.deepEqual(await code(put('{}', { 'content-type': 'application/json', 'content-encoding': 'gzip' })), [415, 'content-encoding']);
  assert.deepEqual(await code(put(`"${'x'.repeat(10_000)}"`)), [413, 'body']);
  assert.deepEqual(await code(put('['.repeat(9_000))), [400, 'json']);
  assert.deepEqual(await code(put(`${'['.repeat(4_000)}${']'.repeat(4_000)}`)), [400, 'invalid']);

  // Larger than it said, in pieces, by hand: the refusal arrives, and the same connection answers again.
  const lines = await conversation(desk.port, [
    `PUT /v1/configurations/edge HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`,
    ...Array.from({ length: 40 }, () => `400\r\n${'x'.repeat(0x400)}\r\n`),
    '0\r\n\r\n',
    `GET /v1/whoami HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`,
  ]);
  assert.deepEqual(lines, ['HTTP/1.1 413 Payload Too Large', 'HTTP/1.1 200 OK']);
});

test('headers that nobody should send are no way in, and break nothing', async () => {
  await using desk = await openApiDesk();
  const { admin, reader } = desk.tokens;
  const status = async (authorization: string | string[]) => (await desk.ask('GET', '/v1/audit', { headers: { authorization } })).status;
  for (const authorization of [
    '',
    'Bearer',
    'Bearer ',
    `Basic ${admin}`,
    `Bearer ${admin} x`,
    `Bearer ${admin}, Bearer ${admin}`,
    `Bearer ${'x'.repeat(8_000)}`,
  ])
    assert.equal(await status(authorization), 401, authorization);
  assert.equal(await status(`bearer  ${admin}`), 200);
  const forged = await desk.ask('GET', '/v1/audit', {
    token: reader,
    headers: { 'x-forwarded-for': '192.0.2.1', 'x-role': 'admin', traceparent: 'nonsense', 'x-http-method-override': 'DELETE' },
  });
  assert.equal(forged.status, 403);
});

test('one token that asks too much is slowed down, and others are not', async () => {
  await using desk = await openApiDesk({ limits: { perSecond: 1, burst: 5 } });
  const statuses: number[] = [];
  for (let index = 0; index < 7; index += 1) statuses.push((await desk.ask('GET', '/v1/whoami', { token: desk.tokens.reader })).status);
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429]);
  assert.equal((await desk.ask('GET', '/v1/whoami', { token: desk.tokens.operator })).status, 200);
  const limited = await desk.ask('GET', '/v1/whoami', { token: desk.tokens.reader });
  assert.deepEqual([limited.json.code, limited.headers['retry-after']], ['rate', '1']);
  // A refused role costs as much, so that the audit trail cannot be filled with refusals.
  for (let index = 0; index < 20; index += 1) await desk.ask('DELETE', '/v1/agents/x', { token: desk.tokens.agent });
  assert.equal((await desk.audited()).length, 5);
  desk.clock.advance(1_000);
  assert.equal((await desk.ask('GET', '/v1/whoami', { token: desk.tokens.reader })).status, 200);
});

test('an address that guesses tokens is slowed down and fills no log; a right token is let in all the same', async () => {
  await using desk = await openApiDesk();
  const statuses: number[] = [];
  for (let index = 0; index < 14; index += 1) statuses.push((await desk.ask('GET', '/v1/whoami', { token: `guess-${index}` })).status);
  assert.deepEqual(statuses, [...Array(10).fill(401), ...Array(4).fill(429)]);
  assert.equal(desk.logged.filter((line) => line.includes('api.refused')).length, 10);
  assert.equal((await desk.ask('GET', '/v1/whoami', { token: desk.tokens.reader })).status, 200);
  desk.clock.advance(10_000);
  assert.equal((await desk.ask('GET', '/v1/whoami', { token: 'guess' })).status, 401);
});

test('requests are counted by operation and status class, and nothing else becomes a label', async () => {
  await using desk = await openApiDesk();
  await desk.ask('GET', '/v1/agents', { token: desk.tokens.reader });
  await desk.ask('GET', '/v1/agents/nobody', { token: desk.tokens.reader });
  await desk.ask('GET', '/v1/made-up-by-somebody', { token: desk.tokens.reader });
  const text = await desk.registry.metrics();
  assert.match(text, /fairlead_api_requests_total\{operation="listAgents",status="2xx"\} 1/);
  assert.match(text, /fairlead_api_requests_total\{operation="getAgent",status="4xx"\} 1/);
  assert.match(text, /fairlead_api_requests_total\{operation="none",status="4xx"\} 1/);
  assert.match(text, /fairlead_api_request_duration_seconds_count\{operation="listAgents"\} 1/);
  assert.doesNotMatch(text, /made-up|nobody/);
});

/** Status lines of what comes back until the other side ends. */
function conversation(port: number, parts: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('end', () => resolve([...text.matchAll(/HTTP\/1\.1 [^\r]*/g)].map(([line]) => line)));
    for (const part of parts) socket.write(part);
  });
}
