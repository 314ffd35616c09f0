import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agentCapabilities,
  agentCapabilityBits,
  agentHas,
  readAgentCapabilities,
  readServerCapabilities,
  serverCapabilities,
  serverCapabilityBits,
  serverHas,
} from './capabilities.ts';

test('the names stand for the bits of the specification, each for its own', () => {
  assert.deepEqual(
    Object.values(agentCapabilities),
    Array.from({ length: 16 }, (_, bit) => 1 << bit),
  );
  assert.deepEqual(
    Object.values(serverCapabilities),
    Array.from({ length: 7 }, (_, bit) => 1 << bit),
  );
  assert.equal(agentCapabilities.reportsHealth, 0x800);
  assert.equal(agentCapabilities.reportsHeartbeat, 0x2000);
  assert.equal(serverCapabilities.acceptsConnectionSettingsRequest, 0x40);
});

test('names become bits and bits names', () => {
  const bits = agentCapabilityBits(['reportsStatus', 'acceptsRemoteConfig', 'reportsHeartbeat']);
  assert.equal(bits, 0x2003);
  assert.deepEqual(readAgentCapabilities(bits), {
    names: ['reportsStatus', 'acceptsRemoteConfig', 'reportsHeartbeat'],
    bits,
    undefinedBits: 0n,
  });
  assert.equal(serverCapabilityBits(['acceptsStatus', 'offersConnectionSettings']), 0x21);
  assert.deepEqual(readServerCapabilities(0x21n).names, ['acceptsStatus', 'offersConnectionSettings']);
});

test('bits without a name are told apart, up to the highest', () => {
  const read = readAgentCapabilities((1n << 63n) | 0x10001n);
  assert.deepEqual(read, { names: ['reportsStatus'], bits: 1, undefinedBits: (1n << 63n) | 0x10000n });
});

test('one capability is asked of what the wire gives and of what was stored', () => {
  assert.equal(agentHas(0x2n, 'acceptsRemoteConfig'), true);
  assert.equal(agentHas(0x1, 'acceptsRemoteConfig'), false);
  assert.equal(serverHas(0x2, 'offersRemoteConfig'), true);
  assert.equal(serverHas(0n, 'acceptsStatus'), false);
});
