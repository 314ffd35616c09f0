/** Answers of brokers, written by hand from the protocol guide, whole and broken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readApiVersions } from './api-versions.ts';
import { commonVersion, produceApi } from './apis.ts';
import { errorName, kafkaError } from './errors.ts';
import { readInitProducerId } from './init-producer-id.ts';
import { readMetadata } from './metadata.ts';
import { readProduce } from './produce.ts';
import { readSaslAuthenticate, readSaslHandshake } from './sasl.ts';

const from = (...parts: readonly string[]): Buffer => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex');
const text = (value: string): string => Buffer.from(value).toString('hex');

interface Case {
  readonly name: string;
  readonly body: Buffer;
  readonly read: (body: Buffer) => unknown;
  readonly expected: unknown;
}

const broker = [{ id: 1, host: 'k1', port: 9092 }];
const topics = [{ error: 0, name: 'ab', partitions: [{ error: 5, index: 3, leader: -1 }] }];

const cases: readonly Case[] = [
  {
    name: 'ApiVersions 0',
    body: from('0000', '00000002', '0000 0003 0007', '0012 0000 0002'),
    read: (body) => readApiVersions(body, 0),
    expected: {
      error: 0,
      offered: new Map([
        [0, { min: 3, max: 7 }],
        [18, { min: 0, max: 2 }],
      ]),
    },
  },
  {
    name: 'ApiVersions 3, with tags that we do not know',
    body: from('0000', '02', '0000 0003 0009 00', '00000000', '01', '07 02 abcd'),
    read: (body) => readApiVersions(body, 3),
    expected: { error: 0, offered: new Map([[0, { min: 3, max: 9 }]]) },
  },
  {
    name: 'ApiVersions 3 that is refused',
    body: from('0023', '00000000'),
    read: (body) => readApiVersions(body, 3),
    expected: { error: 35, offered: new Map() },
  },
  {
    name: 'Metadata 1',
    body: from(
      ...['00000001', '00000001', '0002', text('k1'), '00002384', 'ffff', '00000001'],
      ...['00000001', '0000', '0002 6162', '00', '00000001', '0005 00000003 ffffffff', '00000001 00000001', '00000000'],
    ),
    read: (body) => readMetadata(body, 1),
    expected: { brokers: broker, topics },
  },
  {
    name: 'Metadata 9',
    body: from(
      ...['00', '00000000', '02', '00000001', '03', text('k1'), '00002384', '00', '00', '02 78', '00000001'],
      ...['02', '0000', '03 6162', '00', '02', '0005 00000003 ffffffff', '00000007', '02 00000001', '01', '01', '00'],
      ...['80000000', '00', '80000000', '00'],
    ),
    read: (body) => readMetadata(body, 9),
    expected: { brokers: broker, topics },
  },
  {
    name: 'InitProducerId 0',
    body: from('00000000', '0000', '00000000000003e8', '0002'),
    read: (body) => readInitProducerId(body, 0),
    expected: { throttleMs: 0, error: 0, id: 1000n, epoch: 2 },
  },
  {
    name: 'InitProducerId 4',
    body: from('00', '00000005', '0000', '00000000000003e8', '0002', '00'),
    read: (body) => readInitProducerId(body, 4),
    expected: { throttleMs: 5, error: 0, id: 1000n, epoch: 2 },
  },
  {
    name: 'Produce 3',
    body: from('00000001', '0001 61', '00000001', '00000002', '0006', '0000000000000000', 'ffffffffffffffff', '00000064'),
    read: (body) => readProduce(body, 3),
    expected: { results: [{ topic: 'a', partition: 2, error: 6, reason: undefined }], throttleMs: 100 },
  },
  {
    name: 'Produce 9 with the reason of one record',
    body: from(
      ...['00', '02', '02 61', '02', '00000002', '0057', 'ffffffffffffffff', 'ffffffffffffffff', '0000000000000000'],
      ...['02', '00000001', '04', text('bad'), '00', '00', '00', '00', '00000000', '00'],
    ),
    read: (body) => readProduce(body, 9),
    expected: { results: [{ topic: 'a', partition: 2, error: 87, reason: 'bad' }], throttleMs: 0 },
  },
  {
    name: 'SaslHandshake 1',
    body: from('0021', '00000001', '0005', text('PLAIN')),
    read: readSaslHandshake,
    expected: { error: 33, mechanisms: ['PLAIN'] },
  },
  {
    name: 'SaslAuthenticate 1',
    body: from('0000', 'ffff', '00000002 6162', '00000000000003e8'),
    read: (body) => readSaslAuthenticate(body, 1),
    expected: { error: 0, reason: undefined, message: Buffer.from('ab'), lifetimeMs: 1000 },
  },
  {
    name: 'SaslAuthenticate 2 that fails',
    body: from('00', '003a', '03', text('no'), '01', '0000000000000000', '00'),
    read: (body) => readSaslAuthenticate(body, 2),
    expected: { error: 58, reason: 'no', message: Buffer.alloc(0), lifetimeMs: 0 },
  },
];

for (const { name, body, read, expected } of cases) {
  test(`${name} is read`, () => assert.deepEqual(read(body), expected));

  // Tags at the very end may be missing: nothing is read from them.
  test(`${name} that is cut anywhere is no answer, and never an exception`, () => {
    const refused = Array.from(body.keys()).filter((end) => read(body.subarray(0, end)) === undefined).length;
    assert.ok(refused >= body.length - 13, `${refused} of ${body.length}`);
  });

  test(`${name} with any byte changed is read in bounded time and memory`, () => {
    for (let at = 0; at < body.length; at++)
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const changed = Buffer.from(body);
        changed[at] = value;
        read(changed);
      }
  });
}

test('the highest version that both know is spoken; none when there is none', () => {
  assert.equal(commonVersion(produceApi, new Map([[0, { min: 0, max: 12 }]])), 9);
  assert.equal(commonVersion(produceApi, new Map([[0, { min: 3, max: 7 }]])), 7);
  assert.equal(commonVersion(produceApi, new Map([[0, { min: 0, max: 2 }]])), undefined);
  assert.equal(commonVersion(produceApi, new Map([[0, { min: 10, max: 13 }]])), undefined);
  assert.equal(commonVersion(produceApi, new Map()), undefined);
});

test('an error that is not in the table is tried again, and has its number', () => {
  assert.equal(kafkaError(12_345).treatment, 'again');
  assert.equal(errorName(12_345), 'an unknown error (12345)');
  assert.equal(errorName(6), 'NOT_LEADER_OR_FOLLOWER (6)');
});
