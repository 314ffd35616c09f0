import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonWriter } from '../../listening/json-writer.ts';
import { dice } from '../../listening/testing/random.ts';
import { endOfStructuredData, writeStructuredData } from './structured-data.ts';
import { dropsOf } from './udp-drops.ts';

function read(text: string): unknown {
  const bytes = Buffer.from(text);
  const end = endOfStructuredData(bytes, 0, bytes.length);
  if (end !== bytes.length) return `ends at ${end}`;
  const json = new JsonWriter();
  json.bytes = Buffer.alloc(bytes.length * 6 + 64);
  writeStructuredData(json, bytes, 0, end);
  return JSON.parse(json.bytes.toString('utf8', 0, json.at));
}

test('escapes of RFC 5424 §6.3.3 are undone, and other backslashes stay', () => {
  assert.deepEqual(read('[a@1 v="q\\"b\\\\c\\]d\\n"]'), { 'a@1': { v: 'q"b\\c]d\\n' } });
});

test('an element may have no parameters, and a value may be empty', () => {
  assert.deepEqual(read('[a][b@2 x=""]'), { a: {}, 'b@2': { x: '' } });
});

test('a name that comes twice has a list, and so has an id that comes twice', () => {
  assert.deepEqual(read('[origin ip="192.0.2.1" ip="192.0.2.2" ip="192.0.2.3" v="1"]'), {
    origin: { ip: ['192.0.2.1', '192.0.2.2', '192.0.2.3'], v: '1' },
  });
  assert.deepEqual(read('[a x="1"][b y="2"][a x="3" z="4"]'), { a: { x: ['1', '3'], z: '4' }, b: { y: '2' } });
});

test('names that mean something to JavaScript are names', () => {
  assert.deepEqual(JSON.stringify(read('[__proto__ constructor="1" __proto__="2"]')), '{"__proto__":{"constructor":"1","__proto__":"2"}}');
  assert.deepEqual(JSON.stringify(read('[a __proto__="1" __proto__="2"]')), '{"a":{"__proto__":["1","2"]}}');
});

test('what is no structured data is seen', () => {
  for (const text of ['', 'x', '[', '[]', '[a', '[a x]', '[a x=1]', '[a x="1]', '[ a]', '[a x="1"y="2"]'])
    assert.match(String(read(text)), /^ends at/, text);
});

test('random data ends inside of what was given, and is written as JSON in its room', () => {
  for (let seed = 1; seed <= 3_000; seed++) {
    const random = dice(seed);
    const text = `[a${Array.from({ length: random.below(12) }, () => random.pick([' b="', '"', ']', '[a', ' b', '=', '\\', '\\"', 'é', '"][a x="1"', ' c="d"'])).join('')}]`;
    const found = read(text);
    assert.ok(typeof found === 'object' || /^ends at (-1|\d+)$/.test(String(found)), `seed ${seed}`);
  }
});

test("the kernel's count of dropped datagrams is found by address and port", () => {
  const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 0100007F:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 7
  101: 00000000:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 2 2 0 5
`;
  assert.equal(dropsOf(table, { address: '127.0.0.1', port: 514 }), 7);
  assert.equal(dropsOf(table, { address: '0.0.0.0', port: 514 }), 5);
  assert.equal(dropsOf(table, { address: '127.0.0.1', port: 515 }), 0);
  const six = '  sl  local_address\n  1: 00000000000000000000000001000000:0202 0:0 07 0:0 0:0 0 0 0 1 2 0 3\n';
  assert.equal(dropsOf(six, { address: '::1', port: 514 }), 3);
});
