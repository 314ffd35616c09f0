import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { EventTime, FluentClient, type FluentClientOptions } from '@fluent-org/logger';
import { decode, Encoder, ExtData } from '@msgpack/msgpack';
import { certificates } from '../../listening/testing/certificate.ts';
import { dice, pieces } from '../../listening/testing/random.ts';
import { testSource } from '../../listening/testing/source-context.ts';
import { createForward } from './forward.ts';
import { forwardSettings } from './settings.ts';

const encode = (value: unknown): Buffer => Buffer.from(new Encoder().encode(value));

async function start(settings: Readonly<Record<string, unknown>> = {}) {
  const kept = testSource();
  const source = await createForward(forwardSettings.parse({ type: 'forward', listen: '127.0.0.1:0', ...settings }), kept.context);
  return {
    kept,
    source,
    port: source.address.port,
    async [Symbol.asyncDispose]() {
      await source.close();
      assert.equal(kept.unsettled, 0);
      assert.equal(kept.context.slabs.out, 0);
    },
  };
}

async function talk(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** A reset is an end as well. */
const closed = (socket: Socket) => new Promise<void>((resolve) => socket.resume().once('close', () => resolve()));

const record = { message: 'Gruß "世界"\n', n: 1.5, nested: { list: [1, null, true] }, large: 2 ** 40 };
const modes = ['Message', 'Forward', 'PackedForward', 'CompressedPackedForward'] as const;

test('a client that nobody here wrote sends in all modes and gets its acknowledgements', async () => {
  await using forward = await start();
  for (const eventMode of modes) {
    const client = new FluentClient('app', {
      eventMode,
      ack: {},
      socket: { host: '127.0.0.1', port: forward.port },
    } satisfies FluentClientOptions);
    await client.emit('web', record, EventTime.fromTimestamp(1_795_348_800_123)); // resolves when it is acknowledged
    await client.disconnect();
  }
  assert.deepEqual(
    forward.kept.records.map(({ text, timeMs, stream }) => [JSON.parse(text), timeMs, stream.labels.tag, stream.format]),
    modes.map(() => [record, 1_795_348_800_123, 'app.web', 'json']),
  );
});

test('the same by TLS with a shared key and a user', async () => {
  using tls = certificates();
  const [sharedKeyFile, passwordFile] = [join(tls.folder, 'shared.key'), join(tls.folder, 'password')];
  writeFileSync(sharedKeyFile, 'shared\n');
  writeFileSync(passwordFile, 'pass\n');
  const { certFile, keyFile } = tls;
  const users = [{ username: 'shop', passwordFile }];
  await using forward = await start({ tls: { certFile, keyFile }, sharedKeyFile, hostname: 'server', users });
  const client = new FluentClient('app', {
    ack: {},
    socket: { host: '127.0.0.1', port: forward.port, tls: { ca: tls.ca, servername: 'localhost' } },
    security: { clientHostname: 'client', sharedKey: 'shared', username: 'shop', password: 'pass' },
  });
  await client.emit('x', record);
  await client.disconnect();
  assert.equal(forward.kept.records.length, 1);
});

test('a client that does not know the key is told so, and is not heard', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-forward-'));
  try {
    const sharedKeyFile = join(folder, 'key');
    writeFileSync(sharedKeyFile, 'shared');
    await using forward = await start({ sharedKeyFile });
    const socket = await talk(forward.port);
    const [hello] = await once(socket, 'data');
    assert.deepEqual((decode(hello) as unknown[])[0], 'HELO');
    const pong = once(socket, 'data');
    socket.write(Buffer.concat([encode(['PING', 'client', 'salt', '0'.repeat(128), '', '']), encode(['t', 1, { a: 1 }])]));
    assert.deepEqual((decode((await pong)[0]) as unknown[]).slice(0, 3), ['PONG', false, 'shared_key mismatch']);
    await closed(socket);
    assert.equal(forward.kept.records.length, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('an acknowledgement comes when the records are safe, and what was given up closes the connection', async () => {
  await using forward = await start();
  forward.kept.behave('keep');
  const socket = await talk(forward.port);
  socket.write(encode(['t', [[1, { a: 1 }]], { chunk: 'one' }]));
  await forward.kept.arrived(1);
  const answer = once(socket, 'data');
  forward.kept.settle(true);
  assert.deepEqual(decode((await answer)[0]), { ack: 'one' });
  socket.write(encode(['t', [[1, { a: 2 }]], { chunk: 'two' }]));
  await forward.kept.arrived(2);
  forward.kept.settle(false);
  await closed(socket);
});

test('messages in pieces of any size, one behind the other, come in order', async () => {
  await using forward = await start();
  const random = dice(7);
  const socket = await talk(forward.port);
  const entry = (index: number) => [new ExtData(0, Buffer.alloc(8)), { index }];
  const packed = (from: number) => Buffer.concat([0, 1, 2].map((index) => encode(entry(from + index))));
  const messages = [
    encode(['a', 1, { index: 0 }]),
    encode(['b', [entry(1), entry(2)], null]),
    encode(null),
    encode(['c', packed(3), { size: 3 }]),
    encode(['d', gzipSync(packed(6)), { compressed: 'gzip' }]),
    encode(['e', zstdCompressSync(packed(9)), { compressed: 'zstd' }]),
    encode(['f', [[[1, { source: 'x' }], { index: 12 }]], { fluent_signal: 0 }]),
  ];
  for (const piece of pieces(Buffer.concat(messages), random, 5)) socket.write(piece);
  await forward.kept.arrived(13);
  assert.deepEqual(
    forward.kept.records.map(({ text }) => JSON.parse(text).index),
    Array.from({ length: 13 }, (_, index) => index),
  );
  assert.deepEqual(JSON.parse(forward.kept.records.at(-1)?.text ?? ''), { index: 12, fluent_metadata: { source: 'x' } });
  socket.destroy();
});

test('a message that is too large, a bomb and what is no message at all end the connection', async () => {
  await using forward = await start({ maxMessage: '1MiB' });
  const bomb = encode(['t', gzipSync(Buffer.alloc(64 << 20)), { compressed: 'gzip', chunk: 'x' }]);
  const cases = [
    Buffer.concat([encode(['t', 1]).subarray(0, 1), Buffer.alloc(3 << 20, 0xc0)]),
    bomb,
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0xc1]),
  ];
  for (const bytes of cases) {
    const socket = await talk(forward.port);
    socket.write(bytes);
    await closed(socket);
  }
  assert.equal(forward.kept.records.length, 0);
});

test('clients that send large messages slowly stay within the bound of all', async () => {
  await using forward = await start({ maxMessage: '4MiB', maxPending: '8MiB' });
  const sockets = await Promise.all(Array.from({ length: 20 }, () => talk(forward.port)));
  const begin = Buffer.concat([Buffer.from([0x92, 0xa1, 0x74, 0xc6, 0x00, 0x3f, 0x00, 0x00]), Buffer.alloc(1 << 20)]);
  for (const socket of sockets) socket.resume().write(begin);
  await Promise.race(sockets.map(closed));
  assert.ok(forward.kept.context.counters.refused > 0);
  for (const socket of sockets) socket.destroy();
});
