import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { codecFor } from './codec.ts';

const text = Buffer.from('{"level":"info","text":"the quick brown fox"}\n'.repeat(30_000));
const samples = [Buffer.from('x'), text.subarray(0, 700), text.subarray(0, 40_000), text, randomBytes(300_000)];

for (const name of ['gzip', 'snappy', 'lz4', 'zstd'] as const)
  test(`${name}: what comes out of it is what went in, several at once and one after the other`, async () => {
    const codec = await codecFor(name);
    const round = async (plain: Buffer) => assert.ok((await codec.decompress(Buffer.concat(await codec.compress(plain)))).equals(plain));
    await Promise.all([...samples, ...samples].map(round));
    for (const sample of samples) await round(sample);
    assert.ok(Buffer.concat(await codec.compress(text)).length < text.length / 5);
  });

test('a zstd batch is one frame that says how long its content is, so that readers need not guess', async () => {
  const codec = await codecFor('zstd', 1);
  for (const plain of samples) {
    const bytes = Buffer.concat(await codec.compress(plain));
    assert.equal(bytes.readUInt32LE(0), 0xfd2fb528, 'RFC 8878, section 3.1.1');
    const descriptor = bytes[4] ?? 0;
    assert.ok(descriptor >> 6 > 0 || (descriptor & 0x20) !== 0, 'Frame_Content_Size is there');
    assert.ok(zstdDecompressSync(bytes).equals(plain));
  }
});

test('snappy comes in the frames of snappy-java, whose blocks are 32 KiB', async () => {
  const bytes = Buffer.concat(await (await codecFor('snappy')).compress(text.subarray(0, 40_000)));
  assert.equal(bytes.subarray(0, 16).toString('hex'), '82534e4150505900'.concat('00000001', '00000001'));
  const first = bytes.readInt32BE(16);
  const second = bytes.readInt32BE(20 + first);
  assert.equal(24 + first + second, bytes.length);
  // A block begins with its length as a varint.
  assert.deepEqual([...bytes.subarray(20, 23)], [0x80, 0x80, 0x02]);
});

test('lz4 comes as an LZ4 frame', async () => {
  const bytes = Buffer.concat(await (await codecFor('lz4')).compress(text));
  assert.equal(bytes.readUInt32LE(0), 0x184d2204);
});
