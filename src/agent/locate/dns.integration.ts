import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import test from 'node:test';
import type { Answer, Packet, Question } from 'dns-packet';
import { decode, encode } from 'dns-packet';
import { manualClock } from '../../core/manual-clock.ts';
import { agentSettings } from '../settings/index.ts';
import { connected } from '../testing/connected.ts';
import { until } from '../testing/log.ts';
import { startScriptedServer } from '../testing/opamp-server.ts';
import { dnsLocator } from './dns.ts';

type Zone = (question: Question) => readonly Answer[] | 'NXDOMAIN' | undefined;

/** A name server that says what the zone says; undefined: nothing at all. */
async function nameServer(zone: Zone) {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  const from = new Set<string>();
  const server = { zone, asked, from, address: '', [Symbol.asyncDispose]: async () => void socket.close() };
  socket.on('message', (bytes, remote) => {
    const query: Packet = decode(bytes);
    const [question] = query.questions ?? [];
    if (question === undefined) return;
    asked.push(`${question.type} ${question.name}`);
    from.add(remote.address);
    const answers = server.zone(question);
    if (answers === undefined) return;
    const rcode = answers === 'NXDOMAIN' ? 3 : 0;
    // QR, RD, RA and the code: RFC 1035 section 4.1.1.
    const reply = encode({
      type: 'response',
      id: query.id ?? 0,
      flags: 0x0180 | rcode,
      questions: [question],
      answers: answers === 'NXDOMAIN' ? [] : [...answers],
    });
    socket.send(reply, remote.port, remote.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  server.address = `127.0.0.1:${socket.address().port}`;
  return server;
}

const settingsOf = (dns: Record<string, unknown>) => {
  const parsed = agentSettings.parse({ server: { dns } }).server?.dns;
  if (parsed === undefined) throw new Error('no dns');
  return parsed;
};

const locatorOf = (dns: Record<string, unknown>, clock = manualClock(), localAddress?: string) =>
  dnsLocator({
    settings: settingsOf(dns),
    clock,
    random: () => 0,
    local: () => (localAddress === undefined ? { kind: 'any' } : { kind: 'bound', what: 'test', v4: localAddress }),
  });
const signal = new AbortController().signal;

test('each address of a name is a server, and the answer holds for its TTL', async () => {
  await using dns = await nameServer(({ type, name }) =>
    type === 'A'
      ? ['192.0.2.1', '192.0.2.2'].map((data) => ({ type: 'A', name, ttl: 30, data }))
      : [{ type: 'AAAA', name, ttl: 20, data: '2001:db8::1' }],
  );
  const clock = manualClock();
  const locator = locatorOf({ name: 'fleet.example.org', resolvers: [dns.address], port: 9443 }, clock);
  const located = await locator.locate(signal);
  assert.ok(located.ok);
  assert.deepEqual(located.found.map((one) => one.addresses?.[0]?.address).sort(), ['192.0.2.1', '192.0.2.2', '2001:db8::1']);
  assert.ok(located.found.every((one) => one.url === 'wss://fleet.example.org:9443/v1/opamp'));
  assert.equal(dns.asked.length, 2);
  clock.advance(19_999);
  await locator.locate(signal);
  assert.equal(dns.asked.length, 2, 'within the smallest TTL it is not asked again');
  clock.advance(1);
  await locator.locate(signal);
  assert.equal(dns.asked.length, 4, 'after it, it is');
});

test('SRV records give hosts with their ports, by priority, and are asked for every time', async () => {
  await using dns = await nameServer(({ type, name }) => {
    if (type === 'SRV')
      return [
        { type: 'SRV', name, ttl: 300, data: { target: 'b.example.org', port: 2, priority: 20, weight: 0 } },
        { type: 'SRV', name, ttl: 300, data: { target: 'a.example.org', port: 1, priority: 10, weight: 0 } },
      ];
    return type === 'A' && name === 'a.example.org' ? [{ type: 'A', name, ttl: 5, data: '192.0.2.7' }] : [];
  });
  const locator = locatorOf({ name: '_opamp._tcp.example.org', type: 'SRV', resolvers: [dns.address] });
  const located = await locator.locate(signal);
  assert.ok(located.ok);
  assert.deepEqual(
    located.found.map((one) => [one.url, one.addresses?.[0]?.address]),
    [
      ['wss://a.example.org:1/v1/opamp', '192.0.2.7'],
      ['wss://b.example.org:2/v1/opamp', undefined],
    ],
  );
  const asked = dns.asked.length;
  await locator.locate(signal);
  assert.ok(dns.asked.slice(asked).includes('SRV _opamp._tcp.example.org'));
});

test('queries leave from the address of the plane', async () => {
  await using dns = await nameServer(({ name, type }) => (type === 'A' ? [{ type: 'A', name, ttl: 1, data: '192.0.2.1' }] : []));
  await locatorOf({ name: 'fleet.example.org', resolvers: [dns.address] }, manualClock(), '127.0.0.66').locate(signal);
  assert.deepEqual([...dns.from], ['127.0.0.66']);
});

const failures: readonly (readonly [string, Zone, RegExp])[] = [
  ['a name that does not exist', () => 'NXDOMAIN', /fleet\.example\.org does not exist, say 127\.0\.0\.1:\d+/],
  ['a name without address', () => [], /fleet\.example\.org has no address/],
];

for (const [what, zone, sentence] of failures) {
  test(`${what} is a sentence`, async () => {
    await using dns = await nameServer(zone);
    const located = await locatorOf({ name: 'fleet.example.org', resolvers: [dns.address] }).locate(signal);
    assert.match(located.ok ? '' : located.sentence, sentence);
  });
}

test('an agent finds its server by DNS, and another one when the record changes', async () => {
  await using one = await startScriptedServer();
  await using other = await startScriptedServer();
  let port = one.port;
  await using dns = await nameServer(({ type, name }) => {
    if (type === 'SRV') return [{ type: 'SRV', name, ttl: 0, data: { target: 'fleet.example.org', port, priority: 1, weight: 1 } }];
    return type === 'A' ? [{ type: 'A', name, ttl: 0, data: '127.0.0.1' }] : [];
  });
  await using agent = await connected({
    server: { dns: { name: '_opamp._tcp.example.org', type: 'SRV', resolvers: [dns.address], secure: false } },
  });
  await until(() => one.heard.length > 0, 'it speaks');
  assert.equal(one.heard[0]?.headers.host, `fleet.example.org:${one.port}`);
  port = other.port;
  one.cut();
  await until(() => other.heard.length > 0, 'it finds the other one');
  assert.ok(agent.log.count('agent.connection.lost') >= 1);
});

test('a name server that is away does not part the agent from servers that it knows', async () => {
  await using server = await startScriptedServer();
  await using dns = await nameServer(({ type, name }) => (type === 'A' ? [{ type: 'A', name, ttl: 0, data: '127.0.0.1' }] : []));
  await using agent = await connected({
    server: { dns: { name: 'fleet.example.org', port: server.port, resolvers: [dns.address], secure: false } },
  });
  await until(() => server.heard.length > 0, 'it speaks');
  dns.zone = () => 'NXDOMAIN';
  server.cut();
  await until(() => server.heard.length > 1, 'it comes back');
  assert.ok(agent.log.count('agent.locate.failed') >= 1);
});
