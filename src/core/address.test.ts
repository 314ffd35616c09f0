import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressAt, contains, formatAddress, formatCidr, isLoopback, overlaps, parseAddress, parseCidr } from './address.ts';

const cidr = (text: string) => parseCidr(text) ?? assert.fail(text);
const address = (text: string) => parseAddress(text) ?? assert.fail(text);

test('an address survives reading and writing in its canonical form', () => {
  const cases = [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8::', '2001:db8::'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ] as const;
  for (const [text, canonical] of cases) assert.equal(formatAddress(address(text)), canonical);
});

test('what is no address is undefined', () => {
  for (const text of ['', '1.2.3', '256.1.1.1', '1.2.3.4.5', ':::', '1::2::3', '12345::', 'g::', '1:2:3:4:5:6:7', 'localhost'])
    assert.equal(parseAddress(text), undefined, text);
});

test('a network knows its base and whether host bits were set', () => {
  assert.equal(formatCidr(cidr('10.66.0.5/24')), '10.66.0.0/24');
  assert.equal(cidr('10.66.0.5/24').hostBits, true);
  assert.equal(cidr('10.66.0.0/24').hostBits, false);
  for (const text of ['300.1.1.0/24', '10.0.0.0/33', '10.0.0.0', '2001:db8::/129']) assert.equal(parseCidr(text), undefined, text);
});

test('networks overlap when one holds the other, and never across families', () => {
  assert.ok(overlaps(cidr('172.16.0.0/12'), cidr('172.20.0.0/16')));
  assert.ok(overlaps(cidr('172.20.0.0/16'), cidr('172.16.0.0/12')));
  assert.ok(!overlaps(cidr('172.20.0.0/16'), cidr('172.21.0.0/16')));
  assert.ok(!overlaps(cidr('0.0.0.0/0'), cidr('::/0')));
  assert.ok(contains(cidr('2001:db8::/32'), address('2001:db8:1::1')));
});

test('an address is counted from the base and stays inside', () => {
  assert.equal(formatAddress(addressAt(cidr('172.17.0.0/16'), 1) ?? assert.fail()), '172.17.0.1');
  assert.equal(addressAt(cidr('192.0.2.0/30'), 4), undefined);
});

test('all of 127.0.0.0/8 is loopback', () => {
  assert.ok(isLoopback(address('127.8.9.1')) && isLoopback(address('::1')) && !isLoopback(address('128.0.0.1')));
});
