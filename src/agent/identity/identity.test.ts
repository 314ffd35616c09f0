import assert from 'node:assert/strict';
import test from 'node:test';
import type { Identity } from './identity.ts';
import { decodeIdentity, encodeIdentity } from './identity.ts';
import { movedTo } from './machine.ts';
import { agentNameOf } from './name.ts';

const identity: Identity = {
  format: 1,
  uid: '0192aaaa-0000-7000-8000-0123456789ab',
  name: 'edge-1',
  servers: ['wss://fleet.example.org:8443/v1/opamp'],
  machine: 'system=0123',
};

test('what was written is read', () => {
  assert.deepEqual(decodeIdentity(encodeIdentity(identity)), { ok: true, identity });
});

test('torn anywhere, it is never taken for another identity', () => {
  const whole = encodeIdentity(identity);
  for (let length = 0; length < whole.trimEnd().length; length++) {
    const decoded = decodeIdentity(whole.slice(0, length));
    assert.equal(decoded.ok, false, `cut to ${length}`);
  }
});

test('one changed character is seen', () => {
  const decoded = decodeIdentity(encodeIdentity(identity).replace('edge-1', 'edge-2'));
  assert.deepEqual(decoded, { ok: false, reason: 'its checksum is wrong: it was damaged or edited' });
});

const moves: readonly (readonly [string, string, string, boolean])[] = [
  ['the same machine', 'firmware=a system=b', 'firmware=a system=b', false],
  ['another firmware: a clone', 'firmware=a system=b', 'firmware=c system=b', true],
  ['run as root before, and not now', 'firmware=a system=b', 'system=b', false],
  ['nothing known', '', 'system=b', false],
  ['another system', 'system=a', 'firmware=c system=b', true],
];

for (const [what, made, now, moved] of moves) test(`${what}: moved is ${moved}`, () => assert.equal(movedTo(made, now), moved));

const names: readonly (readonly [string, string])[] = [
  ['web-1.example.org', 'web-1.example.org'],
  ['my host', 'my-host'],
  ['-dash', 'dash'],
  ['', 'agent'],
  ['ü', 'agent'],
];

for (const [host, name] of names) test(`the host "${host}" gives the name ${name}`, () => assert.equal(agentNameOf({}, host), name));
