import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultInterface, readDaemon, readHostAddresses, readHostMtu } from './engine-host.ts';
import type { Proc } from './proc.ts';

const machine = (files: Readonly<Record<string, string>>): Proc => ({ read: (path) => files[path], link: () => undefined, list: () => [] });

const routes = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
wlan0	00000000	0101A8C0	0003	0	0	600	00000000	0	0	0
eth0	00000000	0100A8C0	0003	0	0	100	00000000	0	0	0
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
`;

test('the MTU is that of the default route with the lowest metric', () => {
  assert.equal(defaultInterface(routes), 'eth0');
  assert.equal(defaultInterface(routes.split('\n').slice(0, 1).join('\n')), undefined);
  const proc = machine({ '/proc/self/net/route': routes, '/sys/class/net/eth0/mtu': '1400\n' });
  const fact = readHostMtu(proc, { pid: 'self', ours: true }).hostMtu;
  assert.ok(fact?.knowledge === 'observed' && fact.value === 1400);
  assert.deepEqual(readHostMtu(proc, { pid: 7, ours: false }), {});
});

test("the host's addresses leave out loopback, link-local ones and bridges", () => {
  const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.0.0.5
        /32 host LOCAL
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 172.17.0.1
        /32 host LOCAL
     |-- 10.0.0.255
        /32 link BROADCAST
`;
  const inet6 = `fe800000000000000000000000000001 02 40 20 80     eth0
20010db8000000000000000000000005 02 40 00 80     eth0
00000000000000000000000000000001 01 80 10 80       lo
`;
  const proc = machine({ '/proc/self/net/fib_trie': trie, '/proc/self/net/if_inet6': inet6 });
  assert.deepEqual(readHostAddresses(proc, { pid: 'self', ours: true }, new Set(['172.17.0.1'])), ['10.0.0.5', '2001:db8::5']);
});

const daemons: readonly (readonly [name: string, words: readonly string[], config: string | undefined, expected: object])[] = [
  ['nothing stated', ['dockerd', '-H', 'fd://'], undefined, {}],
  ['a flag', ['dockerd', '--userland-proxy=false'], '{}', { userlandProxy: [false, '/proc/7/cmdline', '--userland-proxy'] }],
  ['a flag without a value', ['dockerd', '--ip6tables', '--debug'], '{}', { ip6tables: [true, '/proc/7/cmdline', '--ip6tables'] }],
  [
    'daemon.json',
    ['dockerd'],
    '{"userland-proxy": false, "iptables": false}',
    {
      userlandProxy: [false, '/etc/docker/daemon.json', 'userland-proxy'],
      iptables: [false, '/etc/docker/daemon.json', 'iptables'],
    },
  ],
  ['a broken daemon.json', ['dockerd'], '{"userland-proxy": ', {}],
];

for (const [name, words, config, expected] of daemons) {
  test(`what dockerd was started with: ${name}`, () => {
    const files = {
      '/proc/7/cmdline': words.join('\0'),
      ...(config === undefined ? {} : { '/proc/7/root/etc/docker/daemon.json': config }),
    };
    const facts = Object.entries(readDaemon(machine(files), { pid: 'self', ours: true, dockerd: 7 })).map(([key, fact]) => {
      assert.ok('knowledge' in Object(fact));
      const { value, origin } = fact as { readonly value: boolean; readonly origin: { readonly source: string; readonly path: string } };
      return [key, [value, origin.source, origin.path]];
    });
    assert.deepEqual(Object.fromEntries(facts), expected);
  });
}

test('the addresses that host-gateway stands for are read from flags and daemon.json', () => {
  const gateways = (words: readonly string[], config: string) =>
    readDaemon(machine({ '/proc/7/cmdline': words.join('\0'), '/etc/x.json': config }), { pid: 'self', ours: true, dockerd: 7 })
      .hostGatewayIps;
  assert.deepEqual(gateways(['dockerd', '--host-gateway-ip', '192.0.2.1'], ''), ['192.0.2.1']);
  assert.deepEqual(gateways(['dockerd', '--config-file=/etc/x.json'], '{"host-gateway-ips": ["192.0.2.1", "2001:db8::1"]}'), [
    '192.0.2.1',
    '2001:db8::1',
  ]);
});
