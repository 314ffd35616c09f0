import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimeReader } from './times.ts';

const at = (iso: string) => () => Date.parse(iso);
const bsd = (text: string, now: string, zone = 'utc'): string => {
  const ms = new TimeReader(zone, at(now)).bsd(Buffer.from(text), 0, text.length);
  return Number.isNaN(ms) ? 'none' : new Date(ms).toISOString();
};

test('a year that is not written is the one in which the time is not in the future', () => {
  assert.equal(bsd('Dec 31 23:59:59', '2027-01-01T00:00:05Z'), '2026-12-31T23:59:59.000Z');
  assert.equal(bsd('Jan  1 00:00:01', '2026-12-31T23:59:58Z'), '2027-01-01T00:00:01.000Z'); // a clock that is ahead
  assert.equal(bsd('Mar  1 00:00:00', '2026-11-23T00:00:00Z'), '2026-03-01T00:00:00.000Z');
  assert.equal(bsd('Nov 25 00:00:00', '2026-11-23T00:00:00Z'), '2026-11-25T00:00:00.000Z');
  assert.equal(bsd('Dec 25 00:00:00', '2026-11-23T00:00:00Z'), '2025-12-25T00:00:00.000Z');
});

test('a zone of the settings counts where the time names none', () => {
  assert.equal(bsd('Nov 22 12:00:00', '2026-11-23T00:00:00Z', '+02:00'), '2026-11-22T10:00:00.000Z');
  assert.equal(bsd('Nov 22 12:00:00', '2026-11-23T00:00:00Z', '-05:30'), '2026-11-22T17:30:00.000Z');
  assert.equal(bsd('Nov 22 12:00:00 UTC', '2026-11-23T00:00:00Z', '+02:00'), '2026-11-22T12:00:00.000Z');
  const local = new TimeReader('local', at('2026-11-23T00:00:00Z')).bsd(Buffer.from('Nov 22 12:00:07'), 0, 15);
  assert.equal(local, new Date(2026, 10, 22, 12, 0, 7).getTime());
});

test('what is no time is none', () => {
  for (const text of ['', 'Nov', 'Nov 32 00:00:00', 'Nov 22 24:00:00', 'Nov 22 12:60:00', 'Nxv 22 12:00:00', 'Nov 22 12-00-00', 'Nov 22'])
    assert.equal(bsd(text, '2026-11-23T00:00:00Z'), 'none', text);
});

test('RFC 3339 times are exact to the microsecond that a number holds', () => {
  const reader = new TimeReader('utc', at('2026-11-23T00:00:00Z'));
  const iso = (text: string) => reader.iso(Buffer.from(text), 0, text.length);
  assert.equal(iso('1985-04-12T23:20:50.52Z'), Date.UTC(1985, 3, 12, 23, 20, 50, 520));
  assert.ok(Math.abs(iso('2003-08-24T05:14:15.000003-07:00') - (Date.UTC(2003, 7, 24, 12, 14, 15) + 0.003)) < 0.001);
  assert.equal(iso('2016-12-31T23:59:60Z'), Date.UTC(2016, 11, 31, 23, 59, 59)); // a leap second
  assert.ok(Number.isNaN(iso('2026-13-01T00:00:00Z')));
  assert.ok(Number.isNaN(iso('2026-11-01')));
});
