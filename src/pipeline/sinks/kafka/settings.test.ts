import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kafkaSettings } from './settings.ts';

test("the mission's output works as it stands, and its defaults lose nothing", () => {
  const settings = kafkaSettings.parse({ type: 'kafka', brokers: ['kafka-prod-01:9092'], topic: 'raw-logs' });
  assert.deepEqual(settings.brokers, [{ host: 'kafka-prod-01', port: 9092 }]);
  const { topic, compression, linger, batchSize, idempotent, encoding } = settings;
  assert.deepEqual([topic, compression, linger, batchSize, idempotent, encoding], ['raw-logs', 'zstd', 5, 1_000_000, true, 'auto']);
});

test('brokers have a name or an address, and 9092 when they have no port', () => {
  const read = (broker: string) => kafkaSettings.safeParse({ type: 'kafka', brokers: [broker], topic: 't' }).data?.brokers[0];
  assert.deepEqual(read('kafka'), { host: 'kafka', port: 9092 });
  assert.deepEqual(read('[2001:db8::7]:9093'), { host: '2001:db8::7', port: 9093 });
  assert.deepEqual(read('192.0.2.7:1'), { host: '192.0.2.7', port: 1 });
  for (const wrong of ['', 'kafka:0', 'kafka:99999', 'http://kafka:9092', 'a b:1', '2001:db8::7'])
    assert.equal(read(wrong), undefined, wrong);
});

const wrong: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
  [{ batchSize: '2MB' }, /batchSize is between/],
  [{ maxInFlight: '1MB' }, /room for four batches/],
  [{ tls: { certFile: 'a' } }, /certFile and keyFile go together/],
  [{ compression: 'gzip', compressionLevel: 12 }, /gzip has the levels 1 to 9/],
  [{ key: 'user' }, /label:NAME or field:NAME/],
  [{ sasl: { mechanism: 'GSSAPI', username: 'a', passwordFile: 'b' } }, /mechanism|option|expected/i],
  [{ password: 'inline' }, /Unrecognized key/],
];
for (const [more, reason] of wrong)
  test(`${JSON.stringify(more)} is refused`, () => {
    const result = kafkaSettings.safeParse({ type: 'kafka', brokers: ['a'], topic: 't', ...more });
    assert.match(result.error?.message ?? '', reason);
  });
