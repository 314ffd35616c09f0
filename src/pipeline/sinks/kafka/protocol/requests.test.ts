/** Bytes of requests, written by hand from the protocol guide (kafka.apache.org/protocol). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiVersionsRequest } from './api-versions.ts';
import { apiVersionsApi, metadataApi, produceApi } from './apis.ts';
import { requestHeader } from './frame.ts';
import { initProducerIdRequest } from './init-producer-id.ts';
import { metadataRequest } from './metadata.ts';
import { produceRequest } from './produce.ts';
import { saslAuthenticateRequest, saslHandshakeRequest } from './sasl.ts';

const hex = (bytes: Buffer): string => bytes.toString('hex');
const bytes = (...parts: readonly string[]): string => parts.join('').replaceAll(' ', '');

test('request header v1: size, key, version, correlation, client; v2 has tags behind it, and the client in its old form', () => {
  assert.equal(hex(requestHeader(metadataApi, 1, 7, 'ab', 10)), bytes('00000016', '0003', '0001', '00000007', '0002 6162'));
  assert.equal(hex(requestHeader(apiVersionsApi, 3, 7, 'ab', 10)), bytes('00000017', '0012', '0003', '00000007', '0002 6162', '00'));
  assert.equal(hex(requestHeader(produceApi, 8, 1, '', 0)), bytes('0000000a', '0000', '0008', '00000001', '0000'));
});

test('ApiVersions: nothing before version 3, then name and version of the software', () => {
  assert.equal(hex(apiVersionsRequest(0, '1')), '');
  assert.equal(hex(apiVersionsRequest(3, '1')), bytes('09', Buffer.from('fairlead').toString('hex'), '02 31', '00'));
});

test('Metadata: topics, from 4 on whether to create them, from 8 on which rights to tell, from 9 on compact', () => {
  assert.equal(hex(metadataRequest(1, ['ab', 'c'], true)), bytes('00000002', '0002 6162', '0001 63'));
  assert.equal(hex(metadataRequest(4, ['ab'], false)), bytes('00000001', '0002 6162', '00'));
  assert.equal(hex(metadataRequest(8, ['ab'], true)), bytes('00000001', '0002 6162', '01', '00 00'));
  assert.equal(hex(metadataRequest(9, ['ab'], true)), bytes('02', '03 6162 00', '01', '00 00', '00'));
});

test('InitProducerId: no transaction, a timeout, from 3 on no id to go on with', () => {
  assert.equal(hex(initProducerIdRequest(0)), bytes('ffff', '0000ea60'));
  assert.equal(hex(initProducerIdRequest(2)), bytes('00', '0000ea60', '00'));
  assert.equal(hex(initProducerIdRequest(4)), bytes('00', '0000ea60', 'ffffffffffffffff', 'ffff', '00'));
});

test('SaslHandshake and SaslAuthenticate', () => {
  assert.equal(hex(saslHandshakeRequest('PLAIN')), bytes('0005 504c41494e'));
  assert.equal(hex(saslAuthenticateRequest(0, Buffer.from('ab'))), bytes('00000002 6162'));
  assert.equal(hex(saslAuthenticateRequest(2, Buffer.from('ab'))), bytes('03 6162', '00'));
});

const parts = [
  { topic: 'a', partition: 1, bytes: 3 },
  { topic: 'a', partition: 2, bytes: 200 },
  { topic: 'b', partition: 0, bytes: 4 },
];

test('Produce: what stands before, between and behind the batches, in the old form', () => {
  assert.deepEqual(produceRequest(3, 1000, parts).map(hex), [
    bytes('ffff', 'ffff', '000003e8', '00000002', '0001 61', '00000002', '00000001', '00000003'),
    bytes('00000002', '000000c8'),
    bytes('0001 62', '00000001', '00000000', '00000004'),
    '',
  ]);
});

test('Produce 9: compact lengths are one more, and tags end each partition, topic and the request', () => {
  assert.deepEqual(produceRequest(9, 1000, parts).map(hex), [
    bytes('00', 'ffff', '000003e8', '03', '02 61', '03', '00000001', '04'),
    bytes('00', '00000002', 'c901'),
    bytes('00 00', '02 62', '02', '00000000', '05'),
    bytes('00 00', '00'),
  ]);
});
