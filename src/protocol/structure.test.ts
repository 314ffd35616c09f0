import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentToServerSchema } from './opamp.ts';
import { checkStructure } from './structure.ts';
import { encodeFields, type FixtureField, varint } from './testing/fixtures.ts';
import { decode } from './wire.ts';

const limits = { maxDepth: 64, maxFields: 20_000 };
const check = (...bytes: readonly number[]) => checkStructure(AgentToServerSchema, Uint8Array.from(bytes), limits);

test('each way to be broken is named with its place', () => {
  const cases: readonly (readonly [readonly number[], string, string])[] = [
    [[0x0a], 'truncated', 'AgentToServer.instance_uid at byte 0 breaks off; the message has 1 bytes'],
    [[0x80], 'truncated', 'AgentToServer at byte 0 breaks off; the message has 1 bytes'],
    [[0x10, 0x80], 'truncated', 'AgentToServer.sequence_num at byte 0 breaks off; the message has 2 bytes'],
    [[0x10, 0x01, 0x2a, 0x05, 0x08], 'truncated', 'AgentToServer.health at byte 2 breaks off; the message has 5 bytes'],
    [[0x2a, 0x02, 0x11, 0x00], 'truncated', 'ComponentHealth.start_time_unix_nano at byte 2 breaks off; the message has 4 bytes'],
    [[0x00], 'malformed', 'AgentToServer holds no field at byte 0, only bytes that mean nothing'],
    [[...Array(10).fill(0xff), 0x01], 'malformed', 'AgentToServer holds no field at byte 0, only bytes that mean nothing'],
    [[0x08, 0x01], 'malformed', 'AgentToServer.instance_uid at byte 0 has wire type 0 and not 2'],
    [[0x2b, 0x2c], 'malformed', 'AgentToServer.health at byte 0 has wire type 3 and not 2'],
    [[0x10, ...Array(10).fill(0x80), 0x01], 'malformed', 'AgentToServer.sequence_num at byte 0 holds a number of more than ten bytes'],
    [[0x0a, ...Array(10).fill(0x80), 0x01], 'malformed', 'AgentToServer.instance_uid at byte 0 holds a number of more than ten bytes'],
    [[0xfe, 0x7f], 'malformed', 'AgentToServer.2047 at byte 0 has wire type 6, which does not exist'],
    [[0xfc, 0x7f], 'malformed', 'AgentToServer.2047 at byte 0 ends a group that was not begun'],
    [[0xfb, 0x7f, 0x14], 'malformed', 'AgentToServer.2047 at byte 2 ends a group that was not begun'],
    [[0xfb, 0x7f, 0x08, 0x01], 'truncated', 'AgentToServer.2047 at byte 4 breaks off; the message has 4 bytes'],
    [[0x0a, ...varint(2n ** 63n)], 'truncated', 'AgentToServer.instance_uid at byte 0 breaks off; the message has 11 bytes'],
  ];
  for (const [bytes, code, sentence] of cases) assert.deepEqual(check(...bytes), { code, sentence });
});

const message = (number: number, name: string, ...fields: FixtureField[]): FixtureField => ({
  number,
  name,
  kind: 'message',
  value: undefined,
  fields,
});

/** An attribute whose value is a list in a list in a list. */
function nested(levels: number): FixtureField {
  let value = message(2, 'value');
  for (let level = 0; level < levels; level++) value = message(2, 'value', message(6, 'kvlist_value', message(1, 'values', value)));
  return message(3, 'agent_description', message(1, 'identifying_attributes', value));
}

test('nesting ends at the limit: in values, in health and in unknown groups', () => {
  assert.equal(check(...encodeFields([nested(20)])), undefined);
  assert.equal(check(...encodeFields([nested(21)]))?.code, 'too-deep');
  let health = message(2, 'value');
  for (let level = 0; level < 40; level++) health = message(2, 'value', message(6, 'component_health_map', health));
  assert.equal(check(...encodeFields([{ ...health, number: 5 }]))?.code, 'too-deep');
  assert.equal(check(...Array(65).fill([0xfb, 0x7f]).flat())?.code, 'too-deep');
  assert.equal(check(...Array(64).fill([0xfb, 0x7f]).flat())?.code, 'truncated');
});

test('a megabyte of nesting or of empty entries is refused before anything is made of it', () => {
  const deep = Array.from({ length: 60_000 }, () => [0xfb, 0x7f]).flat();
  assert.equal(check(...deep)?.code, 'too-deep');
  const body = new Uint8Array(1_000_000);
  for (let at = 0; at < body.length; at += 2) body.set([0x0a, 0x00], at);
  const bytes = Buffer.concat([Uint8Array.of(0x1a, ...varint(BigInt(body.length))), body]);
  const before = process.memoryUsage().heapUsed;
  const decoded = decode(AgentToServerSchema, bytes, 'http');
  assert.deepEqual(decoded, { ok: false, code: 'too-many-fields', sentence: 'the message holds more than 20000 fields' });
  assert.ok(process.memoryUsage().heapUsed - before < 5_000_000, 'half a million attributes were made first');
});

test('fields that we do not know count as well, inside of groups too', () => {
  const tight = { maxDepth: 64, maxFields: 3 };
  const unknown = [0xf8, 0x7f, 0x01];
  const run = (bytes: readonly number[]) => checkStructure(AgentToServerSchema, Uint8Array.from(bytes), tight)?.code;
  assert.equal(run([...unknown, ...unknown, ...unknown]), undefined);
  assert.equal(run([...unknown, ...unknown, ...unknown, ...unknown]), 'too-many-fields');
  assert.equal(run([0xfb, 0x7f, 0x08, 0x01, 0x08, 0x01, 0x08, 0x01, 0xfc, 0x7f]), 'too-many-fields');
});
