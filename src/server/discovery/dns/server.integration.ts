/** The DNS server over real sockets: both transports, pipelining, limits. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { decode, streamDecode } from 'dns-packet';
import { silentLog } from '../../../observe/log.ts';
import { agentService, testRegistry } from '../testing.ts';
import { createDnsServer, type DnsServer, type DnsServerParts } from './server.ts';
import { queryBytes } from './testing.ts';

async function start(fields: Partial<DnsServerParts> = {}): Promise<{ readonly server: DnsServer } & AsyncDisposable> {
  const t = await testRegistry();
  const many = Array.from({ length: 200 }, (_, at) => agentService(`many-${at}`, { address: `10.0.0.${at}` }));
  t.registry.setAgentServices('01a205db-1450-7f31-a6fa-a596207d4d59', { name: 'edge-1', address: '192.0.2.1' }, [
    agentService('web-1'),
    ...many,
  ]);
  const server = await createDnsServer({ registry: t.registry, log: silentLog, host: '127.0.0.1', port: 0, ...fields });
  return {
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await t[Symbol.asyncDispose]();
    },
  };
}

/** Sends all packets, and collects answers until so many came or it is quiet for `quietMs`. */
async function overUdp(port: number, packets: readonly Buffer[], wanted: number, quietMs = 5_000): Promise<readonly Buffer[]> {
  const socket = createSocket('udp4');
  const answers: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  let timer = setTimeout(resolve, quietMs);
  socket.on('message', (bytes) => {
    answers.push(bytes);
    clearTimeout(timer);
    timer = setTimeout(resolve, quietMs);
    if (answers.length === wanted) resolve();
  });
  for (const packet of packets) socket.send(packet, port, '127.0.0.1');
  await promise;
  clearTimeout(timer);
  socket.close();
  return answers;
}

const dialled = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};

const framed = (packet: Buffer): Buffer => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(packet.length);
  return Buffer.concat([length, packet]);
};

/** All answers of a connection until it has as many or is closed. */
async function answersOf(socket: Socket, wanted: number): Promise<readonly number[]> {
  let bytes = Buffer.alloc(0);
  const counts: number[] = [];
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk]);
    for (let length = bytes.length < 2 ? 65_536 : bytes.readUInt16BE(0); bytes.length >= length + 2; ) {
      counts.push(streamDecode(bytes.subarray(0, length + 2)).answers?.length ?? 0);
      bytes = bytes.subarray(length + 2);
      length = bytes.length < 2 ? 65_536 : bytes.readUInt16BE(0);
    }
    if (counts.length >= wanted) break;
  }
  return counts;
}

test('one port answers over UDP and TCP', async () => {
  await using running = await start();
  const [bytes] = await overUdp(running.server.port, [queryBytes('web.service.fairlead')], 1);
  assert.equal(bytes && decode(bytes).answers?.length, 1);
  const socket = await dialled(running.server.port);
  socket.write(framed(queryBytes('many.service.fairlead')));
  assert.deepEqual(await answersOf(socket, 1), [200]);
});

test('questions on one connection are answered in turn, however the bytes are cut', async () => {
  await using running = await start();
  const socket = await dialled(running.server.port);
  const bytes = Buffer.concat(
    Array.from({ length: 50 }, (_, at) => framed(queryBytes(at % 2 === 0 ? 'web.service.fairlead' : 'many.service.fairlead'))),
  );
  for (let at = 0; at < bytes.length; at += 7) socket.write(bytes.subarray(at, at + 7));
  const wanted = Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? 1 : 200));
  assert.deepEqual(await answersOf(socket, 50), wanted);
});

test('a client that asks without reading is made to wait, and gets everything when it reads', async () => {
  await using running = await start();
  const socket = await dialled(running.server.port);
  socket.pause();
  const count = 2_000; // of 3.2 kB each: far more than sockets hold
  socket.write(Buffer.concat(Array.from({ length: count }, () => framed(queryBytes('many.service.fairlead')))));
  const counts = await answersOf(socket, count);
  assert.equal(counts.length, count);
});

test('idle connections end, and so do those that send nonsense', async () => {
  await using running = await start({ idleMs: 200 });
  const idle = await dialled(running.server.port);
  idle.resume();
  await once(idle, 'close');
  const nonsense = await dialled(running.server.port);
  nonsense.resume();
  nonsense.write(Buffer.from([0, 3, 1, 2, 3]));
  await once(nonsense, 'close');
});

test('one client has so many connections and not more', async () => {
  await using running = await start({ maxConnectionsPerClient: 3 });
  const kept = await Promise.all([1, 2, 3].map(() => dialled(running.server.port)));
  const extra = connect(running.server.port, '127.0.0.1');
  extra.on('error', () => undefined); // reset, perhaps before it was used
  extra.resume();
  await once(extra, 'close');
  for (const socket of kept) {
    socket.write(framed(queryBytes('web.service.fairlead')));
    assert.deepEqual(await answersOf(socket, 1), [1]);
  }
});

test('above the limit, half of the queries are sent to TCP and the rest get nothing', async () => {
  await using running = await start({ ratePerSecond: 1 });
  const packets = Array.from({ length: 42 }, () => queryBytes('many.service.fairlead', { edns: {} }));
  const answers = (await overUdp(running.server.port, packets, 99, 1_500)).map((bytes) => decode(bytes));
  const full = answers.filter((packet) => (packet.answers?.length ?? 0) > 0);
  const empty = answers.filter((packet) => packet.flag_tc && (packet.answers?.length ?? 0) === 0);
  // A burst of 2 (twice the rate), and one more for every second that the test takes.
  assert.ok(full.length >= 2 && full.length <= 10, `${full.length} full answers`);
  assert.ok(empty.length >= 10 && empty.length <= 20, `${empty.length} empty answers`);
  assert.equal(full.length + empty.length, answers.length);
});

test('garbage over UDP is not answered, and the next question is', async () => {
  await using running = await start();
  const garbage = [Buffer.alloc(0), Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(2_000, 0xff)];
  const answers = await overUdp(running.server.port, [...garbage, queryBytes('web.service.fairlead')], 2, 1_000);
  assert.ok(answers.some((bytes) => (decode(bytes).answers?.length ?? 0) === 1));
});

test('a port that is taken is an error, and nothing stays open', async () => {
  await using running = await start();
  await assert.rejects(start({ port: running.server.port }), {
    code: 'FAIRLEAD_LISTEN',
    message: /the DNS server .* another process listens there$/,
  });
});
