import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from 'dns-packet';
import { agentService, type TestRegistry, testRegistry } from '../testing.ts';
import { answer, networkOf } from './server.ts';
import { ask, queryBytes, zoneOf } from './testing.ts';

async function withMany(count: number): Promise<TestRegistry> {
  const t = await testRegistry();
  const many = Array.from({ length: count }, (_, at) => agentService(`many-${at}`, { address: `10.0.${at >> 8}.${at & 255}` }));
  t.registry.setAgentServices('01a205db-1450-7f31-a6fa-a596207d4d59', { name: 'edge-1', address: '192.0.2.1' }, many);
  return t;
}

test('the question comes back byte by byte, with the cases that the client mixed in', async () => {
  await using t = await withMany(1);
  const query = queryBytes('mAnY.SeRvIcE.FaIrLeAd');
  const answered = answer(zoneOf(t.registry.catalog), query, 'udp');
  assert.deepEqual(answered?.bytes.subarray(12, query.length), query.subarray(12));
});

const sizes: readonly (readonly [string, Parameters<typeof ask>[2], number])[] = [
  ['512 bytes without EDNS', {}, 512],
  ['what the client takes', { edns: { udpPayloadSize: 900 } }, 900],
  ['at least 512, whatever it says', { edns: { udpPayloadSize: 100 } }, 512],
  ['never more than 1,232 bytes', { edns: { udpPayloadSize: 65_535 } }, 1_232],
];
for (const [name, asking, limit] of sizes)
  test(`over UDP an answer has ${name}, and says that it is cut`, async () => {
    await using t = await withMany(600);
    const answered = answer(zoneOf(t.registry.catalog), queryBytes('many.service.fairlead', asking), 'udp');
    assert.ok(answered !== undefined && answered.bytes.length <= limit && answered.bytes.length > limit - 40);
    const packet = decode(answered.bytes);
    assert.equal(packet.flag_tc, true);
    assert.ok((packet.answers?.length ?? 0) > 20, 'what fits is there, for clients without TCP');
  });

test('over TCP all of them come', async () => {
  await using t = await withMany(600);
  const packet = ask(zoneOf(t.registry.catalog), 'many.service.fairlead', { transport: 'tcp' });
  assert.equal(packet.answers?.length, 600);
  assert.equal(packet.flag_tc, false);
});

test('names in answers are pointers: sixteen bytes for an address', async () => {
  await using t = await withMany(10);
  const query = queryBytes('many.service.fairlead');
  assert.equal(answer(zoneOf(t.registry.catalog), query, 'udp')?.bytes.length, query.length + 10 * 16);
});

test('additional addresses that do not fit are left out without a word, the answer is whole', async () => {
  await using t = await withMany(20);
  const packet = ask(zoneOf(t.registry.catalog), 'many.service.fairlead', { type: 'SRV', edns: { udpPayloadSize: 1_232 } });
  assert.equal(packet.flag_tc, false);
  assert.equal(packet.answers?.length, 20);
  assert.ok((packet.additionals?.length ?? 0) < 21);
});

test('EDNS is answered with EDNS, a later version of it with BADVERS', async () => {
  await using t = await withMany(1);
  const zone = zoneOf(t.registry.catalog);
  const options = (packet: ReturnType<typeof ask>) => packet.additionals?.filter((record) => record.type === 'OPT');
  assert.equal(options(ask(zone, 'many.service.fairlead', { edns: {} }))?.length, 1);
  assert.equal(options(ask(zone, 'many.service.fairlead'))?.length, 0);
  const packet = ask(zone, 'many.service.fairlead', { edns: { ednsVersion: 1 } });
  const [opt] = options(packet) ?? [];
  assert.ok(opt?.type === 'OPT' && opt.extendedRcode === 1 && packet.rcode === 'NOERROR', 'BADVERS is 16: 1 in OPT and 0 in the header');
  assert.deepEqual(packet.answers, []);
});

const changed = (change: (packet: Buffer) => void): Buffer => {
  const packet = queryBytes('many.service.fairlead', { edns: {} });
  change(packet);
  return packet;
};
const malformed: readonly (readonly [string, Buffer, number | undefined])[] = [
  ['a header that is cut', Buffer.alloc(11), undefined],
  ['an answer', changed((packet) => packet.writeUInt16BE(0x8100, 2)), undefined],
  ['another opcode', changed((packet) => packet.writeUInt16BE(0x2800, 2)), 4],
  ['no question', changed((packet) => packet.writeUInt16BE(0, 4)), 1],
  ['two questions', changed((packet) => packet.writeUInt16BE(2, 4)), 1],
  ['answers in a query', changed((packet) => packet.writeUInt16BE(1, 6)), 1],
  ['65,535 additional records', changed((packet) => packet.writeUInt16BE(65_535, 10)), 1],
  ['additional records that are not there', changed((packet) => packet.writeUInt16BE(3, 10)), 1],
  ['a pointer in the question', changed((packet) => packet.writeUInt16BE(0xc00c, 12)), 1],
  ['a name that runs over the end', changed((packet) => packet.fill(63, 12)), 1],
  ['a question without type', queryBytes('many.service.fairlead').subarray(0, -4), 1],
];
for (const [name, packet, rcode] of malformed)
  test(`${name} gets ${rcode === undefined ? 'no answer' : `response code ${rcode}`}`, async () => {
    await using t = await withMany(1);
    const answered = answer(zoneOf(t.registry.catalog), packet, 'udp');
    if (rcode === undefined) return assert.equal(answered, undefined);
    assert.ok(answered);
    assert.equal((answered.bytes[3] ?? 0) & 0x0f, rcode);
    assert.equal(answered.bytes.readUInt16BE(0), 4711);
  });

/** mulberry32: small, and the same everywhere. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test('thirty thousand mutated packets are answered within bounds or not at all', async () => {
  await using t = await withMany(300);
  const seed = Date.now() >>> 0;
  const next = random(seed);
  const zone = zoneOf(t.registry.catalog, { random: next });
  const seeds = ['A', 'SRV', 'TXT', 'ANY', 'SOA'].flatMap((type) =>
    ['many.service.fairlead', '_many._tcp.fairlead', 'edge-1.node.fairlead', 'x'.repeat(63)].map((name) =>
      queryBytes(name, { type: type as 'A', edns: {} }),
    ),
  );
  let answers = 0;
  for (let round = 0; round < 30_000; round++) {
    const packet = mutated(seeds[Math.floor(next() * seeds.length)] ?? Buffer.alloc(0), next);
    const answered = answer(zone, packet, 'udp');
    if (answered === undefined) continue;
    answers += 1;
    assert.ok(answered.bytes.length <= 1_232, `seed ${seed} round ${round}: ${packet.toString('hex')}`);
    assert.doesNotThrow(() => decode(answered.bytes), `seed ${seed} round ${round}: ${packet.toString('hex')}`);
  }
  assert.ok(answers > 10_000, `seed ${seed}: only ${answers} answers`);
});

function mutated(original: Buffer, next: () => number): Buffer {
  const packet = Buffer.from(original);
  const place = () => Math.floor(next() * packet.length);
  const changes = 1 + Math.floor(next() * 4);
  for (let change = 0; change < changes; change++)
    packet[place()] = next() < 0.5 ? Math.floor(next() * 256) : (packet[place()] ?? 0) ^ (1 << Math.floor(next() * 8));
  if (next() < 0.2) return packet.subarray(0, place());
  return next() < 0.2 ? Buffer.concat([packet, packet.subarray(place())]) : packet;
}

test('addresses of one network share a limit, in both families', () => {
  assert.equal(networkOf('192.0.2.1'), networkOf('192.0.2.254'));
  assert.notEqual(networkOf('192.0.2.1'), networkOf('192.0.3.1'));
  assert.equal(networkOf('::ffff:192.0.2.1'), networkOf('192.0.2.9'));
  assert.equal(networkOf('2001:db8:0:11::1'), networkOf('2001:db8:0:22::2'));
  assert.notEqual(networkOf('2001:db8:0:100::1'), networkOf('2001:db8:0:200::1'));
  assert.equal(networkOf('fe80::1%eth0'), networkOf('fe80::1'));
});
