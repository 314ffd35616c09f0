import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { snappyDecompress } from '@platformatic/wasm-utils/bundled';
import { type PushRequest, PushRequestSchema } from '../../proto/generated/loki_pb.js';
import { startReceiver } from '../../sending/testing/receiver.ts';
import { readAtMs, world } from '../../sending/testing/world.ts';
import { createLoki } from './loki.ts';
import { lokiSettings } from './settings.ts';

const decode = (body: Buffer): PushRequest => fromBinary(PushRequestSchema, snappyDecompress(body));

async function start(more: Record<string, unknown> = {}) {
  const receiver = await startReceiver({ status: 204 });
  const here = world({ random: () => 0.02 });
  const url = `http://127.0.0.1:${receiver.port}`;
  const sink = await createLoki(lokiSettings.parse({ type: 'loki', url, batch: { linger: '5ms' }, ...more }), here.context);
  return {
    receiver,
    here,
    sink,
    async [Symbol.asyncDispose]() {
      await sink.close(0);
      assert.equal(here.context.slabs.out, 0);
      assert.equal(here.settled.length, here.given);
      await receiver[Symbol.asyncDispose]();
    },
  };
}

test('streams, lines, times and identities arrive as they were sent', async () => {
  await using at = await start({ tenant: 'team-a' });
  at.sink.push(at.here.lines(['one', 'two'], { labels: { app: 'web' }, tags: ['t'] }, { times: [1_700_000_000_123.5, Number.NaN] }));
  at.sink.push(at.here.lines(['\0'], { labels: { app: 'db' } }, { base: 7 }));
  at.sink.push(at.here.lines(['three'], { labels: { app: 'web' }, tags: ['t'], generation: 'fedcba9876543210' }));
  await at.here.allSettled();
  const [request] = at.receiver.got;
  assert.deepEqual(
    [request?.path, request?.headers['content-type'], request?.headers['x-scope-orgid']],
    ['/loki/api/v1/push', 'application/x-protobuf', 'team-a'],
  );
  const all = at.receiver.got.flatMap(({ body }) => decode(body).streams);
  const of = (labels: string) => all.filter((stream) => stream.labels === labels).flatMap(({ entries }) => entries);
  const web = of('{app="web", job="fairlead", source="app"}');
  assert.deepEqual(
    web.map(({ line }) => line),
    ['one', 'two', 'three'],
  );
  assert.deepEqual(
    web.map(({ timestamp }) => [timestamp?.seconds, timestamp?.nanos]),
    [
      [1_700_000_000n, 123_500_000],
      [BigInt(Math.floor(readAtMs / 1_000)), 45_000_000],
      [BigInt(Math.floor(readAtMs / 1_000)), 45_000_000],
    ],
  );
  assert.deepEqual(
    web.map(({ structuredMetadata }) => Object.fromEntries(structuredMetadata.map(({ name, value }) => [name, value]))),
    [
      { fairlead_id: 'agent-1:0123456789abcdef:0', tags: 't' },
      { fairlead_id: 'agent-1:0123456789abcdef:4', tags: 't' },
      { fairlead_id: 'agent-1:fedcba9876543210:0', tags: 't' },
    ],
  );
  assert.equal(of('{app="db", job="fairlead", source="app"}').length, 1);
});

test('records of one stream are never overtaken, whatever goes wrong on the way', async () => {
  await using at = await start({ batch: { records: 1, linger: '0s' } });
  at.receiver.next({ status: 503 }, { status: 429 }, { instead: 'reset' }, { status: 204, afterMs: 20 }, { status: 500 });
  for (let line = 0; line < 10; line++) for (const app of ['a', 'b', 'c']) at.sink.push(at.here.lines([`${line}`], { labels: { app } }));
  await at.here.allSettled();
  for (const app of ['a', 'b', 'c']) {
    const lines = at.receiver.taken
      .flatMap(({ body }) => decode(body).streams)
      .filter(({ labels }) => labels.includes(`app="${app}"`))
      .flatMap(({ entries }) => entries.map(({ line }) => line));
    assert.deepEqual(lines, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  }
});

test('a line that is too old for Loki is set aside with what Loki said, and all others arrive', async () => {
  await using at = await start();
  const said = "entry with timestamp 2023-11-14 22:13:20 +0000 UTC ignored, reason: 'entry too far behind'";
  at.receiver.always(({ body }) => {
    const old = decode(body).streams.some(({ entries }) => entries.some(({ timestamp }) => (timestamp?.seconds ?? 0n) < 1_700_000_000n));
    return old ? { status: 400, body: `${said}\n` } : { status: 204 };
  });
  at.sink.push(at.here.lines(['new', 'old', 'newer'], {}, { times: [1_700_000_001_000, 1_600_000_000_000, 1_700_000_002_000] }));
  await at.here.allSettled();
  assert.deepEqual(
    at.here.letters.map(({ bytes, reason }) => [Buffer.from(bytes).toString(), reason]),
    [['old', `HTTP 400: ${said}`]],
  );
  const lines = at.receiver.taken.flatMap(({ body }) => decode(body).streams.flatMap(({ entries }) => entries.map(({ line }) => line)));
  assert.deepEqual(lines, ['new', 'newer']);
});

test('bytes that are no UTF-8 travel as they are', async () => {
  await using at = await start();
  const odd = Buffer.from([0xff, 0, 0x0d]);
  at.sink.push(at.here.lines([odd]));
  await at.here.allSettled();
  assert.ok(snappyDecompress(at.receiver.got[0]?.body ?? Buffer.alloc(0)).includes(odd));
});

test('the bytes of a request are those of the protocol', async () => {
  await using at = await start({ labels: { a: 'b' }, streamLabels: ['none'], structuredMetadata: false });
  at.sink.push(at.here.lines(['x'], {}, { times: [1_500] }));
  await at.here.allSettled();
  // streams { labels: '{a="b"}' entries { timestamp { seconds: 1 nanos: 500000000 } line: "x" } }
  const expected = '0a180a077b613d2262227d120d0a0808011080cab5ee01120178';
  assert.equal(snappyDecompress(at.receiver.got[0]?.body ?? Buffer.alloc(0)).toString('hex'), expected);
});
