import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchHeader, sequenceAfter } from './record-batch.ts';

/** CRC-32C bit by bit (RFC 3720, appendix B.4): apart from the one that is used. */
function slowCrc(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test('the header stands as the protocol guide lays it out, with length and checksum over all pieces', () => {
  const records = Buffer.from('..the records of a batch, in two pieces..');
  const pieces = [
    { bytes: records, start: 2, end: 20 },
    { bytes: records, start: 20, end: 39 },
  ];
  const header = batchHeader(
    { codec: 4, records: 3, baseTimestampMs: 0x1234, maxTimestampMs: 0x1235, producerId: 0x55n, producerEpoch: 7, baseSequence: 9 },
    pieces,
  );
  const tail = '0004 00000002 0000000000001234 0000000000001235 0000000000000055 0007 00000009 00000003'.replaceAll(' ', '');
  assert.equal(header.subarray(0, 17).toString('hex'), '0000000000000000 00000056 ffffffff 02'.replaceAll(' ', ''));
  assert.equal(header.subarray(21).toString('hex'), tail);
  assert.equal(header.readUInt32BE(17), slowCrc(Buffer.concat([header.subarray(21), records.subarray(2, 39)])));
  assert.equal(header.readInt32BE(8), 61 - 12 + 37);
});

test('sequence numbers go on at 0 behind the largest number of 31 bits', () => {
  assert.equal(sequenceAfter(5, 10), 15);
  assert.equal(sequenceAfter(0x7fff_ffff, 1), 0);
  assert.equal(sequenceAfter(0x7fff_fffe, 4), 2);
});
