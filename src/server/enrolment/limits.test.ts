import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLimits, networkOf } from './limits.ts';
import { enrolmentSettings } from './settings.ts';

test('an IPv6 host counts by its /64, IPv4 by its address, however it is written', () => {
  const cases = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['unknown', 'unknown'],
  ] as const;
  for (const [remote, network] of cases) assert.equal(networkOf(remote), network);
});

test('an address that asks too often is turned away and takes nothing from the others', () => {
  const limits = createLimits(enrolmentSettings.parse({ ratePerAddress: 1, burstPerAddress: 2, rate: 1, burst: 3 }));
  const take = (remote: string) => limits.take(remote, 0) === 0;
  assert.deepEqual([take('192.0.2.1'), take('192.0.2.1'), take('192.0.2.1'), take('192.0.2.1')], [true, true, false, false]);
  assert.equal(take('192.0.2.2'), true);
  assert.equal(take('192.0.2.3'), false);
  assert.equal(limits.take('192.0.2.3', 5_000), 0);
});
