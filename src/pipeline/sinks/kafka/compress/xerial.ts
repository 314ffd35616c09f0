/**
 * Snappy as Kafka's Java side frames it (snappy-java's SnappyOutputStream): a magic, two versions, then blocks with their length in front.
 * A bare snappy block, which Java does not read, would be half of this.
 */
const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
/** The block size of snappy-java; readers size their buffers by what they find. */
const blockBytes = 32 << 10;

type Block = (bytes: Buffer) => Buffer;

export function xerialCompress(plain: Buffer, compress: Block): Buffer {
  const parts: Buffer[] = [header];
  for (let at = 0; at < plain.length; at += blockBytes) {
    const block = compress(plain.subarray(at, at + blockBytes));
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(block.length, 0);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/** Only for what was compressed here. */
export function xerialDecompress(compressed: Buffer, decompress: Block): Buffer {
  const parts: Buffer[] = [];
  for (let at = header.length; at < compressed.length; ) {
    const length = compressed.readInt32BE(at);
    parts.push(decompress(compressed.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return Buffer.concat(parts);
}
