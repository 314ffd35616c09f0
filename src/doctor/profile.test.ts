import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHostListener } from './host-listener.ts';
import { parseEngineVersion, profileFields } from './profile.ts';

const origin = { kind: 'default', text: 'test' } as const;

test('a version of the engine is the generation whose networking it has', () => {
  const cases = [
    ['20.10', '20.10'],
    ['20.10.24+dfsg1', '20.10'],
    ['24', '20.10'],
    ['25.0.3', '20.10'],
    ['26', '26'],
    ['v26.1.5', '26'],
    ['27.x', '27'],
    ['28.5.2', '28'],
    ['29', '29'],
    ['31.0', '29'],
  ] as const;
  for (const [text, version] of cases) assert.deepEqual(parseEngineVersion(text), { ok: true, value: version }, text);
  for (const text of ['', 'latest', '19.03', '20.04', '-1', '1234']) assert.equal(parseEngineVersion(text).ok, false, text);
});

test('every field of the profile reads its own example', () => {
  for (const field of profileFields) assert.ok(field.parse(field.example, origin).ok, field.flag);
});

test('a listener of the host has an address, a port and a transport', () => {
  const cases = [
    ['9090', '0.0.0.0', 9090, 'tcp'],
    ['*:9090', '0.0.0.0', 9090, 'tcp'],
    ['127.0.0.1:9090/tcp', '127.0.0.1', 9090, 'tcp'],
    ['[::1]:53/udp', '::1', 53, 'udp'],
    ['0.0.0.0:8125/UDP', '0.0.0.0', 8125, 'udp'],
  ] as const;
  for (const [text, address, port, transport] of cases) {
    const result = parseHostListener(text, origin);
    assert.ok(result.ok, text);
    assert.deepEqual([result.value.address, result.value.port, result.value.transport], [address, port, transport]);
  }
  for (const text of ['', 'x', '0', '65536', 'localhost:80', '1.2.3:80', '80/sctp', ':80'])
    assert.equal(parseHostListener(text, origin).ok, false, text);
});
