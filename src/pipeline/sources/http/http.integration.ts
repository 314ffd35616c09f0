import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { certificates } from '../../listening/testing/certificate.ts';
import { type TestSource, testSource } from '../../listening/testing/source-context.ts';
import { createHttp } from './http.ts';
import { httpSettings } from './settings.ts';

async function start(settings: Readonly<Record<string, unknown>> = {}, kept: TestSource = testSource()) {
  const source = await createHttp(httpSettings.parse({ type: 'http', listen: '127.0.0.1:0', ...settings }), kept.context);
  const { port } = source.address;
  return {
    kept,
    source,
    port,
    async post(body: string | Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>> = {}, method = 'POST', path = '/') {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        body,
        headers: { 'content-type': 'text/plain', ...headers },
      });
      return { status: answer.status, text: await answer.text(), headers: answer.headers };
    },
    async [Symbol.asyncDispose]() {
      await source.close();
      assert.equal(kept.unsettled, 0);
      assert.equal(kept.context.slabs.out, 0);
    },
  };
}

const texts = (kept: TestSource) => kept.records.map(({ text }) => text);

test('records of all formats and compressions come through, and the answer is 200', async () => {
  await using http = await start();
  const sent = [
    await http.post('{"a":1}\n{"a":2}\n', { 'content-type': 'application/x-ndjson' }),
    await http.post('[{"a":3},{"a":4}]', { 'content-type': 'application/json' }),
    await http.post(gzipSync('five\nsix'), { 'content-encoding': 'gzip' }),
    await http.post(zstdCompressSync('seven'), { 'content-encoding': 'zstd' }, 'PUT'),
  ];
  assert.deepEqual(
    sent.map(({ status, text }) => [status, JSON.parse(text)]),
    [2, 2, 2, 1].map((records) => [200, { records }]),
  );
  assert.deepEqual(texts(http.kept), ['{"a":1}', '{"a":2}', '{"a":3}', '{"a":4}', 'five', 'six', 'seven']);
  assert.deepEqual(new Set(http.kept.records.map(({ stream }) => stream.format)), new Set(['json', 'text']));
  assert.ok(http.kept.records.every(({ stream }) => stream.pushed));
  assert.equal(new Set(http.kept.records.map(({ position }) => position)).size, 7);
});

test('the answer waits until the records are safe', async () => {
  await using http = await start();
  http.kept.behave('keep');
  let answered = false;
  const answer = http.post('x').then((value) => {
    answered = true;
    return value;
  });
  await http.kept.arrived(1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(answered, false);
  http.kept.settle(true);
  assert.equal((await answer).status, 200);
});

test('records that were given up on the way are answered with 503 and Retry-After', async () => {
  await using http = await start();
  http.kept.behave('keep');
  const answer = http.post('x');
  await http.kept.arrived(1);
  http.kept.settle(false);
  const { status, headers } = await answer;
  assert.deepEqual([status, headers.get('retry-after')], [503, '1']);
});

test('while there is no room, clients are told to come back, and then they are heard', async () => {
  await using http = await start();
  http.kept.behave('full');
  const first = http.post('one');
  await http.kept.arrived(1);
  const second = await http.post('two');
  assert.deepEqual([second.status, second.headers.get('retry-after')], [503, '1']);
  assert.match(http.source.problem() ?? '', /no room/);
  assert.equal(http.kept.context.counters.refused, 1);
  http.kept.behave('deliver');
  http.kept.settle(true);
  assert.equal((await first).status, 200);
  assert.equal((await http.post('two')).status, 200);
  assert.deepEqual(texts(http.kept), ['one', 'two']);
});

test('what cannot be taken is refused with its reason', async () => {
  await using http = await start({ path: '/logs' });
  const status = async (...args: Parameters<typeof http.post>) => (await http.post(...args)).status;
  assert.equal(await status('x', {}, 'POST', '/other'), 404);
  assert.equal(await status('x', {}, 'DELETE', '/logs'), 405);
  assert.equal(await status('x', { 'content-type': 'image/png' }, 'POST', '/logs'), 415);
  assert.equal(await status('x', { 'content-encoding': 'br' }, 'POST', '/logs'), 415);
  assert.equal(await status('x', { 'content-encoding': 'gzip' }, 'POST', '/logs'), 400);
  assert.equal(await status('[1,', { 'content-type': 'application/json' }, 'POST', '/logs'), 400);
  assert.deepEqual(texts(http.kept), []);
});

test('a body that is too large is refused, and a small one that becomes large is not unpacked beyond the limit', async () => {
  await using http = await start({ maxBody: '1MiB' });
  const bomb = Buffer.alloc(128 << 20, 'x');
  const packed = [
    { encoding: 'gzip', body: gzipSync(bomb) },
    { encoding: 'zstd', body: zstdCompressSync(bomb) },
  ];
  assert.equal((await http.post(Buffer.alloc(2 << 20))).status, 413);
  const before = process.memoryUsage().rss;
  for (const { encoding, body } of packed)
    for (let times = 0; times < 3; times++) assert.equal((await http.post(body, { 'content-encoding': encoding })).status, 413);
  assert.ok(process.memoryUsage().rss - before < 48 << 20);
});

test('all clients together stay within the budget, and the rest is told to come back', async () => {
  await using http = await start({ maxPending: '1MiB', maxBody: '512KiB' });
  http.kept.behave('keep');
  const body = Buffer.alloc(400 << 10, 'x');
  const requests = Array.from({ length: 10 }, () => http.post(body));
  await http.kept.arrived(2);
  const early = await Promise.race(requests.map(async (one) => (await one).status));
  assert.equal(early, 503);
  http.kept.settle(true);
  http.kept.behave('deliver');
  const statuses = (await Promise.all(requests)).map(({ status }) => status);
  assert.ok(statuses.filter((status) => status === 200).length >= 2);
  assert.equal((await http.post(body)).status, 200, 'the budget came back');
});

test('a client that sends its request drop by drop is cut off', async () => {
  await using http = await start({ requestTimeout: '1s' });
  const slow = connect(http.port, '127.0.0.1');
  slow.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 1000\r\n\r\nx');
  slow.resume();
  await once(slow, 'close');
  assert.equal((await http.post('x')).status, 200);
});

test('a token is asked for, and may change in its file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-http-'));
  try {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'secret\n');
    await using http = await start({ tokenFile });
    assert.equal((await http.post('x')).status, 401);
    assert.equal((await http.post('x', { authorization: 'Bearer wrong' })).status, 401);
    assert.equal((await http.post('x', { authorization: 'Bearer secret' })).status, 200);
    assert.deepEqual(texts(http.kept), ['x']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('with TLS and client certificates only those with one are heard', async () => {
  using tls = certificates();
  const { certFile, keyFile, caFile } = tls;
  await using http = await start({ tls: { certFile, keyFile, clientCaFile: caFile } });
  const post = (identity: object) =>
    new Promise<number | string>((resolve) => {
      const options = {
        port: http.port,
        host: '127.0.0.1',
        servername: 'localhost',
        method: 'POST',
        ca: tls.ca,
        agent: false,
        ...identity,
      };
      const sent = request({ ...options, headers: { 'content-type': 'text/plain' } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      sent.on('error', (error) => resolve(error.name));
      sent.end('x');
    });
  assert.equal(await post(tls.client), 200);
  assert.equal(await post({}), 'Error');
  assert.equal(await post(tls.stranger), 'Error');
  assert.deepEqual(texts(http.kept), ['x']);
});

test('closing answers what was being taken, and a source on the same port follows at once', async () => {
  const kept = testSource();
  kept.behave('keep');
  const http = await start({}, kept);
  const answer = http.post('x');
  await kept.arrived(1);
  await http.source.close();
  await using next = await start({ listen: `127.0.0.1:${http.port}` });
  kept.settle(true);
  assert.equal((await answer).status, 200);
  assert.equal((await next.post('y')).status, 200);
});

test('an address that is taken is said in one sentence', async () => {
  await using http = await start();
  await assert.rejects(start({ listen: `127.0.0.1:${http.port}` }), { code: 'FAIRLEAD_LISTEN', message: /another process listens there/ });
});
