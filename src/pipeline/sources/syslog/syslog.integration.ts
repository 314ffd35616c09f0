import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { certificates } from '../../listening/testing/certificate.ts';
import { testSource } from '../../listening/testing/source-context.ts';
import { syslogSettings } from './settings.ts';
import { createSyslog } from './syslog.ts';

async function start(settings: Readonly<Record<string, unknown>>) {
  const kept = testSource();
  const source = await createSyslog(syslogSettings.parse({ type: 'syslog', ...settings }), kept.context);
  return {
    kept,
    source,
    port: (kind: 'udp' | 'tcp' | 'tls') => (source.addresses[kind] as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await source.close();
      assert.equal(kept.unsettled, 0);
      assert.equal(kept.context.slabs.out, 0);
    },
  };
}

async function send(socket: Socket, text: string | Buffer): Promise<void> {
  if (!socket.write(text)) await once(socket, 'drain');
}

test('a line of 256 MiB without an end is cut to what is allowed, and memory stays flat', async () => {
  await using syslog = await start({ tcp: '127.0.0.1:0', raw: true });
  const client = connect(syslog.port('tcp'), '127.0.0.1');
  await once(client, 'connect');
  const chunk = Buffer.alloc(1 << 20, 'x');
  await send(client, chunk);
  const before = process.memoryUsage().rss;
  for (let count = 1; count < 256; count++) await send(client, chunk);
  assert.ok(process.memoryUsage().rss - before < 64 << 20);
  client.end('\nnext\n');
  await syslog.kept.arrived(2);
  assert.deepEqual(
    syslog.kept.records.map(({ bytes }) => bytes.length),
    [65_536, 4],
  );
  assert.equal(syslog.kept.context.counters.cutRecords, 1);
});

test('10,000 connections are not more than allowed, and those that are there go on', async () => {
  await using syslog = await start({ tcp: '127.0.0.1:0', maxConnections: 100, raw: true });
  const first = connect(syslog.port('tcp'), '127.0.0.1');
  await once(first, 'connect');
  await send(first, 'before\n');
  await syslog.kept.arrived(1);
  const open: Socket[] = [];
  for (let batch = 0; batch < 20; batch++) {
    const sockets = Array.from({ length: 500 }, () => connect(syslog.port('tcp'), '127.0.0.1').on('error', () => {}));
    await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
    open.push(...sockets);
    // Those that are too many are closed by the other side.
    await Promise.all(
      sockets.slice(batch === 0 ? 100 : 0).map((socket) => (socket.destroyed ? undefined : once(socket.resume(), 'close'))),
    );
  }
  assert.ok(open.filter((socket) => !socket.destroyed).length <= 100);
  assert.ok(syslog.kept.said.includes('pipeline.source.connections-full'));
  await send(first, 'after\n');
  await syslog.kept.arrived(2);
  for (const socket of [first, ...open]) socket.destroy();
});

test('unfinished messages of many connections stay within their bound', async () => {
  await using syslog = await start({ tcp: '127.0.0.1:0', maxPartial: '1MiB' });
  const clients = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const client = connect(syslog.port('tcp'), '127.0.0.1').on('error', () => {});
      await once(client, 'connect');
      client.resume().write(Buffer.alloc(60_000, 'x'));
      return client;
    }),
  );
  await Promise.race(clients.map((client) => new Promise((resolve) => client.once('close', resolve))));
  assert.ok(syslog.kept.said.includes('pipeline.source.rejected'));
  for (const client of clients) client.destroy();
});

test('while there is no room nobody is read from, and afterwards nothing is missing', async () => {
  await using syslog = await start({ tcp: '127.0.0.1:0', raw: true, framing: 'newline' });
  syslog.kept.behave('full');
  const count = 60_000;
  const clients = await Promise.all(
    [0, 1].map(async (number) => {
      const client = connect(syslog.port('tcp'), '127.0.0.1');
      await once(client, 'connect');
      const line = (index: number) => `${number} ${index} ${'x'.repeat(100)}\n`;
      client.write(Array.from({ length: count }, (_, index) => line(index)).join(''));
      return client;
    }),
  );
  await syslog.kept.arrived(1);
  // More than the kernel and a slab hold: the rest stays with the clients.
  const stuck = syslog.kept.records.length;
  assert.ok(stuck < 2 * count);
  syslog.kept.behave('deliver');
  syslog.kept.settle(true);
  for (const client of clients) client.end();
  await syslog.kept.arrived(2 * count);
  for (const number of ['0', '1'])
    assert.deepEqual(
      syslog.kept.records.filter(({ text }) => text.startsWith(number)).map(({ text }) => Number(text.split(' ')[1])),
      Array.from({ length: count }, (_, index) => index),
    );
});

test('datagrams that find no room are counted, and those that waited come', async () => {
  await using syslog = await start({ udp: '127.0.0.1:0', raw: true });
  const client = createSocket('udp4');
  const message = Buffer.alloc(50_000, 'x');
  const transmit = () => new Promise<void>((resolve) => client.send(message, syslog.port('udp'), '127.0.0.1', () => resolve()));
  syslog.kept.behave('full');
  await transmit();
  await syslog.kept.arrived(1);
  const { counters } = syslog.kept.context;
  for (let sent = 0; counters.lostBytes === 0; sent++) {
    assert.ok(sent < 10_000, 'nothing was dropped');
    await transmit();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(counters.lostBytes % message.length, 0);
  syslog.kept.behave('deliver');
  syslog.kept.settle(true);
  await syslog.kept.arrived(50);
  client.close();
});

test('a client without the right certificate is not heard', async () => {
  using tls = certificates();
  await using syslog = await start({
    tls: { listen: '127.0.0.1:0', certFile: tls.certFile, keyFile: tls.keyFile, clientCaFile: tls.caFile },
  });
  const options = { port: syslog.port('tls'), host: '127.0.0.1', servername: 'localhost', ca: tls.ca };
  const stranger = connectTls({ ...options, ...tls.stranger }).on('error', () => {});
  stranger.resume().write('<13>no\n');
  await once(stranger, 'close');
  const known = connectTls({ ...options, ...tls.client });
  known.end('8 <13>a: b');
  await syslog.kept.arrived(1);
  assert.deepEqual(
    syslog.kept.records.map(({ text }) => JSON.parse(text).message),
    ['b'],
  );
});

test('closing hears what was sent before, also a last line without an end', async () => {
  const syslog = await start({ tcp: '127.0.0.1:0', raw: true });
  const client = connect(syslog.port('tcp'), '127.0.0.1');
  await once(client, 'connect');
  await send(client, 'one\ntwo');
  await syslog.kept.arrived(1);
  client.resume();
  const closed = once(client, 'close');
  await syslog.source.close();
  await closed;
  assert.deepEqual(
    syslog.kept.records.map(({ text }) => text),
    ['one', 'two'],
  );
  assert.equal(syslog.kept.context.slabs.out, 0);
});
