import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { FluentServer } from '@fluent-org/logger';
import { decodeMulti, decodeMultiStream, ExtData, encode } from '@msgpack/msgpack';
import { world } from '../../sending/testing/world.ts';
import { createForward } from './forward.ts';
import { forwardSettings } from './settings.ts';

/** The server of Fluentd's client library, which nobody here wrote. */
async function startFluentServer(security?: { sharedKey: string; userDict?: Record<string, string> }) {
  const server = new FluentServer({
    listenOptions: { port: 0, host: '127.0.0.1' },
    ...(security === undefined
      ? {}
      : { security: { serverHostname: 'receiver', authorize: security.userDict !== undefined, userDict: {}, ...security } }),
  });
  const got: { readonly tag: string; readonly time: unknown; readonly record: Record<string, unknown> }[] = [];
  server.on('entry', (tag, time, record) => got.push({ tag, time, record }));
  await server.listen();
  return {
    got,
    port: server.port ?? 0,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

async function startSink(port: number, more: Record<string, unknown> = {}) {
  const here = world({ random: () => 0.02 });
  const settings = forwardSettings.parse({ type: 'forward', host: '127.0.0.1', port, batch: { linger: '5ms' }, ...more });
  const sink = await createForward(settings, here.context);
  return {
    here,
    sink,
    async [Symbol.asyncDispose]() {
      await sink.close(0);
      assert.equal(here.context.slabs.out, 0);
      assert.equal(here.settled.length, here.given);
      assert.equal(here.context.counters.pendingBytes, 0);
    },
  };
}

test('a receiver that nobody here wrote has every record, under its tag, with its time', async () => {
  await using server = await startFluentServer();
  await using at = await startSink(server.port, { tag: 'kube.{label.ns}.{source}' });
  const times = [1_700_000_000_123.5];
  at.sink.push(at.here.lines(['plain é'], { labels: { ns: 'a.b/c' }, tags: ['t'] }, { times }));
  at.sink.push(
    at.here.lines(['{"n":12345678901234567890,"f":1.5,"i":-70000,"tags":"own"}'], { format: 'json', labels: { ns: 'a.b/c' }, tags: ['t'] }),
  );
  await at.here.allSettled();
  assert.deepEqual(
    server.got.map(({ tag }) => tag),
    ['kube.a_b_c.app', 'kube.a_b_c.app'],
  );
  const labels = { ns: 'a.b/c' };
  const id = 'agent-1:0123456789abcdef:0';
  assert.deepEqual(server.got[0]?.record, { message: 'plain é', tags: ['t'], labels, fairlead_id: id });
  const { n, ...rest } = server.got[1]?.record ?? {};
  assert.deepEqual(rest, { f: 1.5, i: -70_000, tags: 'own', labels, fairlead_id: id });
  assert.equal(Number(n), Number('12345678901234567890'));
  const { time } = server.got[0] ?? {};
  assert.ok(typeof time === 'object' && time !== null);
  assert.deepEqual([Reflect.get(time, 'epoch'), Reflect.get(time, 'nano')], [1_700_000_000, 123_500_000]);
  assert.deepEqual(at.here.settled, [true, true]);
});

test('both sides prove that they know the key, and the user', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-forward-sink-'));
  try {
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    await using server = await startFluentServer({ sharedKey: 'shared-1', userDict: { me: 'word-1' } });
    const good = { sharedKeyFile: write('key', 'shared-1\n'), user: { name: 'me', passwordFile: write('word', 'word-1') } };
    await using at = await startSink(server.port, good);
    at.sink.push(at.here.lines(['a']));
    await at.here.allSettled();
    assert.equal(server.got.length, 1);
    for (const [bad, reason] of [
      [{ ...good, sharedKeyFile: write('key2', 'other') }, /refuses us/],
      [{ ...good, user: { name: 'me', passwordFile: write('word2', 'other') } }, /refuses us/],
      [{}, /asks for a shared key|closed the connection/],
    ] as const) {
      await using other = await startSink(server.port, bad);
      other.sink.push(other.here.lines(['b']));
      await other.here.until('it says so', () => other.sink.problem() !== undefined);
      assert.match(other.sink.problem() ?? '', reason);
    }
    assert.equal(server.got.length, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** A receiver that does as it is told: acknowledges, keeps silent, or cuts the connection. */
async function startScripted(behave: (message: readonly unknown[], socket: Socket, count: number) => void) {
  const got: (readonly unknown[])[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    void (async () => {
      for await (const message of decodeMultiStream(socket)) {
        assert.ok(Array.isArray(message));
        got.push(message);
        behave(message, socket, got.length);
      }
    })().catch(() => {}); // the connection was cut
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    got,
    sockets,
    // A TCP server that listens has such an address.
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const acknowledge = (message: readonly unknown[], socket: Socket) =>
  void socket.write(encode({ ack: Reflect.get(Object(message[2]), 'chunk') }));

test('without its acknowledgement a chunk is sent again', async () => {
  await using server = await startScripted((message, socket, count) => {
    if (count === 1) socket.resetAndDestroy();
    else if (count === 2) socket.write(encode({ ack: 'another' }));
    else acknowledge(message, socket);
  });
  await using at = await startSink(server.port, { timeout: '200ms' });
  at.sink.push(at.here.lines(['a', 'b']));
  await at.here.allSettled();
  assert.equal(server.got.length, 3);
  assert.deepEqual(server.got[2]?.[1], server.got[0]?.[1]);
  assert.equal(at.here.context.counters.retries, 2);
});

test('a connection is kept, and one that the receiver closed meanwhile is no failure', async () => {
  await using server = await startScripted(acknowledge);
  await using at = await startSink(server.port);
  for (let round = 0; round < 4; round++) {
    at.sink.push(at.here.lines([`${round}`]));
    await at.here.allSettled();
    if (round === 1) for (const socket of server.sockets) socket.destroy();
  }
  assert.equal(server.got.length, 4);
  assert.equal(server.sockets.size, 2);
  assert.equal(at.here.context.counters.errors, 0);
});

test('messages are PackedForward, or CompressedPackedForward, byte for byte', async () => {
  for (const compression of ['none', 'gzip']) {
    await using server = await startScripted(acknowledge);
    await using at = await startSink(server.port, { compression, idField: '' });
    at.sink.push(at.here.lines([Buffer.from([0xff, 0x00]), 'x'], {}, { times: [1_500, 1_500] }));
    await at.here.allSettled();
    const [tag, entries, options] = server.got[0] ?? [];
    assert.equal(tag, 'fairlead.app');
    assert.ok(entries instanceof Uint8Array);
    const plain = compression === 'gzip' ? gunzipSync(entries) : Buffer.from(entries);
    assert.equal(
      plain.toString('hex'),
      '92d7000000000' + '11dcd650081a76d657373616765c402ff00' + '92d70000000001' + '1dcd650081a76d657373616765a178',
    );
    const { chunk, ...rest } = Object(options);
    assert.deepEqual(rest, compression === 'gzip' ? { size: 2, compressed: 'gzip' } : { size: 2 });
    assert.equal(Buffer.from(chunk, 'base64').length, 16);
    const [first] = decodeMulti(plain);
    assert.ok(Array.isArray(first) && first[0] instanceof ExtData);
  }
});

test('closing fails what was not acknowledged', async () => {
  await using server = await startScripted(() => {});
  const at = await startSink(server.port);
  at.sink.push(at.here.lines(['a']));
  await at.here.until('it is sent', () => server.got.length === 1);
  await at.sink.close(20);
  assert.deepEqual(at.here.settled, [false]);
  assert.equal(at.here.context.counters.pendingRecords, 0);
});

test('connections leave from the address of the data plane', async () => {
  const from: (string | undefined)[] = [];
  await using server = await startScripted((message, socket) => {
    from.push(socket.remoteAddress);
    acknowledge(message, socket);
  });
  const here = world({ plane: { resolve: () => ({ ok: true, local: { kind: 'bound', what: 'data', v4: '127.0.0.7' } }) } });
  const settings = forwardSettings.parse({ type: 'forward', host: '127.0.0.1', port: server.port, batch: { linger: '1ms' } });
  const sink = await createForward(settings, here.context);
  sink.push(here.lines(['a']));
  await here.allSettled();
  await sink.close(0);
  assert.deepEqual(from, ['127.0.0.7']);
});
