import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startReceiver } from '../../sending/testing/receiver.ts';
import { type World, type WorldOptions, world } from '../../sending/testing/world.ts';
import { createHttp } from './http.ts';
import { httpSettings } from './settings.ts';

const settingsOf = (port: number, more: Record<string, unknown> = {}) =>
  httpSettings.parse({ type: 'http', url: `http://127.0.0.1:${port}/in?x=1`, batch: { linger: '5ms' }, ...more });

async function start(options: WorldOptions, more: Record<string, unknown> = {}) {
  const receiver = await startReceiver();
  const here = world(options);
  const sink = await createHttp(settingsOf(receiver.port, more), here.context);
  return {
    receiver,
    here,
    sink,
    async [Symbol.asyncDispose]() {
      await sink.close(0);
      await receiver[Symbol.asyncDispose]();
    },
  };
}

const quick: WorldOptions = { random: () => 0.02 };

const nothingIsOut = ({ context, settled, given }: World) => {
  assert.equal(context.slabs.out, 0);
  assert.equal(settled.length, given);
  assert.deepEqual([context.counters.pendingBytes, context.counters.pendingRecords], [0, 0]);
};

test('records go out as one JSON object a line, each with its identity', async () => {
  await using at = await start(quick, { headers: { 'X-Team': 'a' } });
  at.sink.push(at.here.lines(['{"a":1}', '{ }'], { format: 'json', tags: ['t'] }));
  at.sink.push(at.here.lines(['plain "text"'], {}, { base: 100 }));
  await at.here.allSettled();
  const [request] = at.receiver.got;
  assert.deepEqual([request?.method, request?.path], ['POST', '/in?x=1']);
  assert.deepEqual([request?.headers['content-type'], request?.headers['x-team']], ['application/x-ndjson', 'a']);
  const lines = request?.body.toString().split('\n') ?? [];
  assert.equal(lines.pop(), '');
  const id = (position: number) => `agent-1:0123456789abcdef:${position}`;
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      { fairlead_id: id(0), a: 1, tags: ['t'] },
      { fairlead_id: id(lines.length === 3 ? 8 : -1), tags: ['t'] },
      { fairlead_id: id(100), message: 'plain "text"' },
    ],
  );
  await at.sink.close(1_000);
  nothingIsOut(at.here);
});

test('an array is valid JSON, and text is the bytes as they were', async () => {
  const bodies: Buffer[] = [];
  for (const format of ['array', 'text']) {
    await using at = await start(quick, { format, compression: format === 'text' ? 'zstd' : 'gzip', idField: '' });
    at.sink.push(at.here.lines(['{"a":1}', Buffer.from([0xff, 0])], { format: 'text' }));
    await at.here.allSettled();
    bodies.push(...at.receiver.got.map(({ body }) => body));
  }
  assert.deepEqual(JSON.parse(bodies[0]?.toString() ?? ''), [{ message: '{"a":1}' }, { message: '\ufffd\0' }]);
  assert.deepEqual(bodies[1], Buffer.concat([Buffer.from('{"a":1}\n'), Buffer.from([0xff, 0, 10])]));
});

test('metric points are lines of JSON', async () => {
  await using at = await start(quick);
  at.sink.push(at.here.metrics([{ name: 'm', labels: { a: 'b' }, timeMs: 1, value: { kind: 'gauge', value: 2 } }]));
  await at.here.allSettled();
  const { name, value, fairlead_id: id } = JSON.parse(at.receiver.got[0]?.body.toString() ?? '');
  assert.deepEqual([name, value], ['m', 2]);
  assert.match(id, /^agent-1:[0-9a-f]{16}:0$/);
});

test('records of many batches are one request, and a batch that is too large is many', async () => {
  await using at = await start(quick, { format: 'text', batch: { size: '1KiB', records: 10, linger: '50ms' } });
  const sent = Array.from({ length: 35 }, (_, line) => `line ${line}`);
  for (let from = 0; from < 35; from += 7) at.sink.push(at.here.lines(sent.slice(from, from + 7)));
  at.sink.push(at.here.lines(['x'.repeat(5_000)]));
  await at.here.allSettled();
  const bodies = at.receiver.got.map(({ body }) => body.toString());
  assert.deepEqual(bodies.join('').split('\n').slice(0, -1).sort(), [...sent, 'x'.repeat(5_000)].sort());
  assert.ok(bodies.every((body) => body.split('\n').length <= 11));
  assert.equal(at.here.settled.length, 6);
  nothingIsOut(at.here);
});

const troubles = [
  { what: 'a reset', says: { instead: 'reset' }, event: 'pipeline.sink.unreachable' },
  { what: 'a timeout', says: { instead: 'silence' }, event: 'pipeline.sink.unreachable' },
  { what: '502', says: { status: 502 }, event: 'pipeline.sink.unreachable' },
  { what: '503', says: { status: 503 }, event: 'pipeline.sink.slowed' },
  { what: '500', says: { status: 500 }, event: 'pipeline.sink.slowed' },
  { what: '401', says: { status: 401 }, event: 'pipeline.sink.refusing' },
  { what: '404', says: { status: 404 }, event: 'pipeline.sink.refusing' },
  { what: 'a redirect', says: { status: 302, headers: { location: '/other' } }, event: 'pipeline.sink.refusing' },
] as const;
for (const { what, says, event } of troubles)
  test(`after ${what} the same records are sent again, and both are said`, async () => {
    await using at = await start(quick, { timeout: '200ms' });
    at.receiver.next(says, says);
    at.sink.push(at.here.lines(['a', 'b']));
    await at.here.allSettled();
    assert.equal(at.receiver.got.length, 3);
    assert.deepEqual(at.receiver.got[2]?.body, at.receiver.got[0]?.body);
    assert.deepEqual(
      at.here.said.map(({ name }) => name),
      [event, 'pipeline.sink.reachable-again'],
    );
    assert.deepEqual([at.here.context.counters.retries, at.here.context.counters.errors, at.here.context.counters.records], [2, 2, 2]);
    assert.equal(at.sink.problem(), undefined);
    nothingIsOut(at.here);
  });

test('a receiver that asks for a pause gets it, and nobody else sends meanwhile', async () => {
  await using at = await start({ random: () => 0 }, { batch: { records: 1, linger: '0s' } });
  at.receiver.next({ status: 429, headers: { 'retry-after': '1' }, body: 'too many' });
  for (let line = 0; line < 4; line++) at.sink.push(at.here.lines([`${line}`]));
  await at.here.until('it says so', () => at.sink.problem() !== undefined);
  assert.match(at.sink.problem() ?? '', /asks for less: HTTP 429: too many/);
  await at.here.allSettled();
  const [first, second] = at.receiver.got;
  assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 990);
  assert.equal(at.receiver.taken.length, 4);
});

test('what the receiver will never take is found, set aside with the reason, and counts as delivered', async () => {
  await using at = await start(quick, { format: 'text' });
  at.receiver.always(({ body }) => (body.includes('poison') ? { status: 400, body: 'no poison here' } : { status: 204 }));
  const lines = Array.from({ length: 100 }, (_, line) => (line === 33 || line === 71 ? `poison ${line}` : `line ${line}`));
  at.sink.push(at.here.lines(lines));
  at.sink.push(at.here.lines(['after'], { generation: 'fedcba9876543210' }));
  await at.here.allSettled();
  assert.deepEqual(at.here.letters.map(({ bytes, reason, generation }) => [Buffer.from(bytes).toString(), reason, generation]).sort(), [
    ['poison 33', 'HTTP 400: no poison here', '0123456789abcdef'],
    ['poison 71', 'HTTP 400: no poison here', '0123456789abcdef'],
  ]);
  const taken = at.receiver.taken.flatMap(({ body }) => body.toString().split('\n').slice(0, -1));
  assert.deepEqual(taken.sort(), [...lines.filter((line) => !line.startsWith('poison')), 'after'].sort());
  assert.deepEqual(at.here.settled, [true, true]);
  assert.deepEqual([at.here.context.counters.deadLettered, at.here.context.counters.records], [2, 99]);
  nothingIsOut(at.here);
});

test('a request that is too large is halved; a record that is too large alone is set aside', async () => {
  await using at = await start(quick, { format: 'text' });
  at.receiver.always(({ body }) => ({ status: body.length > 500 ? 413 : 200 }));
  at.sink.push(at.here.lines([...Array.from({ length: 60 }, () => 'x'.repeat(30)), 'y'.repeat(600)]));
  await at.here.allSettled();
  assert.equal(at.receiver.taken.flatMap(({ body }) => body.toString().split('\n').slice(0, -1)).length, 60);
  assert.deepEqual(
    at.here.letters.map(({ bytes }) => bytes.length),
    [600],
  );
  nothingIsOut(at.here);
});

test('one request at a time asks whether a receiver is back, and then all go at full rate within 2 s', async () => {
  await using at = await start({}, { batch: { records: 1, linger: '0s' } });
  await at.receiver.stop();
  for (let line = 0; line < 50; line++) at.sink.push(at.here.lines([`${line}`]));
  await at.here.until('it is tried several times', () => at.here.context.counters.errors >= 4);
  const failed = at.here.context.counters.errors;
  assert.ok(at.here.context.counters.requests <= failed + 1);
  const backMs = performance.now();
  await at.receiver.start();
  await at.here.allSettled();
  assert.ok(performance.now() - backMs < 2_500, `back after ${performance.now() - backMs} ms`);
  assert.equal(at.receiver.taken.length, 50);
  nothingIsOut(at.here);
});

test('more requests go at once while the receiver keeps up, and only few when it asks for less', async () => {
  await using at = await start(quick, { batch: { records: 1, linger: '0s' }, concurrency: 8, pending: '64KiB' });
  at.receiver.always({ status: 200, afterMs: 5 });
  for (let line = 0; line < 100; line++) await at.sink.push(at.here.lines([`${line}`]));
  await at.here.allSettled();
  assert.ok(at.receiver.mostAtOnce >= 4, `${at.receiver.mostAtOnce}`);
  assert.ok(at.receiver.mostAtOnce <= 8, `${at.receiver.mostAtOnce}`);
  assert.ok(at.receiver.connections <= 8);
});

test('memory is bounded: a sink that nobody answers is full, and is not full any more when somebody does', async () => {
  await using at = await start(quick, { pending: '64KiB', format: 'text', batch: { size: '16KiB', linger: '5ms' } });
  await at.receiver.stop();
  let full: Promise<void> | undefined;
  let pushed = 0;
  while (full === undefined) {
    full = at.sink.push(at.here.lines(['x'.repeat(10_000)]));
    pushed += 1;
  }
  assert.equal(pushed, 7);
  assert.equal(at.here.context.slabs.out, 0);
  await at.receiver.start();
  await full;
  await at.here.allSettled();
  nothingIsOut(at.here);
});

test('a kept connection that the receiver closed is no failure', async () => {
  await using at = await start(quick);
  for (let round = 0; round < 5; round++) {
    at.sink.push(at.here.lines([`${round}`]));
    await at.here.allSettled();
    at.receiver.closeIdle();
  }
  assert.equal(at.here.context.counters.errors, 0);
  assert.equal(at.receiver.taken.length, 5);
});

test('connections leave from the address of the data plane, and wait while there is none', async () => {
  let ready = false;
  const plane = {
    resolve: () =>
      ready
        ? ({ ok: true, local: { kind: 'bound', what: 'the data plane', v4: '127.0.0.7' } } as const)
        : ({ ok: false, sentence: 'the data plane has no address now' } as const),
  };
  await using at = await start({ ...quick, plane });
  at.sink.push(at.here.lines(['a']));
  await at.here.until('it says so', () => at.sink.problem() !== undefined);
  assert.match(at.sink.problem() ?? '', /the data plane has no address now/);
  assert.equal(at.receiver.connections, 0);
  ready = true;
  await at.here.allSettled();
  assert.deepEqual(
    at.receiver.got.map(({ from }) => from),
    ['127.0.0.7'],
  );
});

test('a plane without an address of the family of the destination says so', async () => {
  const plane = { resolve: () => ({ ok: true, local: { kind: 'bound', what: 'eth9', v6: '::1' } }) as const };
  await using at = await start({ ...quick, plane });
  at.sink.push(at.here.lines(['a']));
  await at.here.until('it says so', () => at.sink.problem() !== undefined);
  assert.match(at.sink.problem() ?? '', /eth9 has no IPv4 address/);
});

test('a secret comes from its file, and one that is not there is waited for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-http-sink-'));
  const tokenFile = join(folder, 'token');
  try {
    await using at = await start(quick, { auth: { type: 'bearer', tokenFile } });
    at.sink.push(at.here.lines(['a']));
    await at.here.until('it says so', () => at.sink.problem() !== undefined);
    assert.match(at.sink.problem() ?? '', /the file of the secret cannot be read \(ENOENT\)/);
    writeFileSync(tokenFile, 'secret-1\n');
    await at.here.allSettled();
    assert.equal(at.receiver.got[0]?.headers.authorization, 'Bearer secret-1');
    assert.ok(!JSON.stringify(at.here.said).includes('secret-1'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('closing sends what waits; what could not be delivered in time is failed', async () => {
  await using at = await start({}, { batch: { linger: '60s' } });
  at.sink.push(at.here.lines(['a']));
  await at.sink.close(5_000);
  assert.deepEqual(at.here.settled, [true]);
  const silent = await start({}, { batch: { linger: '0s', records: 1 } });
  silent.receiver.always({ instead: 'silence' });
  for (let line = 0; line < 3; line++) silent.sink.push(silent.here.lines(['a']));
  await silent.sink.close(50);
  assert.deepEqual(silent.here.settled, [false, false, false]);
  nothingIsOut(silent.here);
  await silent.receiver.stop();
});

test('a name that does not resolve is a reason, not an end', async () => {
  const here = world(quick);
  const settings = httpSettings.parse({ type: 'http', url: 'http://no-such-host.invalid/in', batch: { linger: '5ms' } });
  const sink = await createHttp(settings, here.context);
  sink.push(here.lines(['a']));
  await here.until('it says so', () => sink.problem() !== undefined);
  assert.match(sink.problem() ?? '', /no-such-host\.invalid:80 cannot be reached: the name no-such-host\.invalid/);
  await sink.close(0);
  assert.deepEqual(here.settled, [false]);
});

test('a network that swallows everything is noticed long before the timeout, and its end at once', async () => {
  await using at = await start({}, { timeout: '10m', format: 'text' });
  at.receiver.always({ instead: 'silence' });
  at.sink.push(at.here.lines(['a']));
  await at.here.until('it is under way', () => at.receiver.got.length === 1);
  at.receiver.deafen();
  await at.here.until('it is given up', () => at.here.said.length > 0);
  assert.match(String(at.here.said[0]?.fields.reason), /no answer, and 127\.0\.0\.1:\d+: ECONNREFUSED/);
  at.receiver.always({ status: 200 });
  await at.receiver.start();
  await at.here.allSettled(5_000);
});
