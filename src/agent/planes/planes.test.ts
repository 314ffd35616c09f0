import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import test from 'node:test';
import { FairleadError } from '../../core/errors.ts';
import { localFor } from '../../core/local-addresses.ts';
import type { Interfaces } from './planes.ts';
import { createPlanes, resolvePlane } from './planes.ts';

const address = (text: string): NetworkInterfaceInfo =>
  text.includes(':')
    ? {
        address: text,
        family: 'IPv6',
        netmask: 'ffff:ffff:ffff:ffff::',
        mac: '02:00:00:00:00:01',
        internal: false,
        cidr: `${text}/64`,
        scopeid: 0,
      }
    : { address: text, family: 'IPv4', netmask: '255.255.255.0', mac: '02:00:00:00:00:01', internal: false, cidr: `${text}/24` };

const host: Interfaces = {
  lo: [address('127.0.0.1'), address('::1')],
  eth0: [address('192.0.2.10'), address('192.0.2.11'), address('fe80::1'), address('2001:db8::10')],
  wg0: [address('fe80::2')],
};

test('a plane without a setting leaves the choice to the system', () => {
  assert.deepEqual(resolvePlane('data', {}, host), { ok: true, local: { kind: 'any' } });
});

test('an interface stands for its first address of each family, link-local ones left out', () => {
  assert.deepEqual(resolvePlane('data', { interface: 'eth0' }, host), {
    ok: true,
    local: { kind: 'bound', what: 'planes.data.interface eth0', v4: '192.0.2.10', v6: '2001:db8::10' },
  });
});

test('an address is compared by value and not by spelling', () => {
  assert.deepEqual(resolvePlane('control', { localAddress: '2001:DB8:0::10' }, host), {
    ok: true,
    local: { kind: 'bound', what: 'planes.control.localAddress 2001:db8::10', v6: '2001:db8::10' },
  });
});

test('any address of 127.0.0.0/8 is local although the system lists one', () => {
  assert.equal(resolvePlane('control', { localAddress: '127.0.0.9' }, host).ok, true);
});

const absent: readonly (readonly [string, Parameters<typeof resolvePlane>[1], RegExp])[] = [
  [
    'an address that is not there',
    { localAddress: '198.51.100.7' },
    /planes\.data\.localAddress 198\.51\.100\.7 is not an address of this host; it has lo \(127\.0\.0\.1, ::1\), eth0 \(192\.0\.2\.10, .*\) and wg0 \(fe80::2\)/,
  ],
  [
    'an interface that is not there',
    { interface: 'eth9' },
    /planes\.data\.interface eth9 is not an interface of this host; it has lo .* and wg0/,
  ],
  ['an interface with link-local addresses only', { interface: 'wg0' }, /planes\.data\.interface wg0 has no address that leads anywhere/],
];

for (const [what, plane, sentence] of absent) {
  test(`${what} is refused with a sentence that names what exists`, () => {
    const resolved = resolvePlane('data', plane, host);
    assert.match(resolved.ok ? '' : resolved.sentence, sentence);
  });
}

test('a destination of a family that the plane does not have is refused', () => {
  const resolved = localFor({ kind: 'bound', what: 'planes.data.interface eth0', v4: '192.0.2.10' }, 6);
  assert.deepEqual(resolved, { ok: false, sentence: 'planes.data.interface eth0 has no IPv6 address, and the destination is IPv6' });
});

test('an agent does not start on a plane that is not there', () => {
  assert.throws(
    () => createPlanes({ control: {}, data: { interface: 'eth9' } }, () => host),
    (error) => error instanceof FairleadError && error.code === 'FAIRLEAD_AGENT_PLANE' && error.exitCode === 3,
  );
});

test('a plane that goes away later is a refusal and not an error', () => {
  let now = host;
  const planes = createPlanes({ control: { interface: 'eth0' }, data: {} }, () => now);
  now = { lo: [address('127.0.0.1')] };
  assert.equal(planes.resolve('control').ok, false);
});
