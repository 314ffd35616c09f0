/** The compressions of Kafka's record batches: the number in the attributes, and both ways. */
import { promisify } from 'node:util';
import { gunzip, gzip, zstdDecompress } from 'node:zlib';
import { xerialCompress, xerialDecompress } from './xerial.ts';
import { zstdCompressor } from './zstd.ts';

export interface Codec {
  /** Bits 0–2 of the attributes of a record batch. */
  readonly code: number;
  readonly name: string;
  /** In parts, which may be slices of something larger: to be copied when they are kept for long. */
  compress(plain: Buffer): Promise<readonly Buffer[]>;
  decompress(compressed: Buffer): Promise<Buffer>;
}

export type CodecName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

const [gzipAsync, gunzipAsync] = [promisify(gzip), promisify(gunzip)];
const unzstdAsync = promisify(zstdDecompress);

/** The modules behind snappy and lz4 are loaded only for them. */
export async function codecFor(name: Exclude<CodecName, 'none'>, level = 1): Promise<Codec> {
  switch (name) {
    case 'gzip':
      return {
        code: 1,
        name,
        compress: async (plain) => [await gzipAsync(plain, { level, chunkSize: outputBytes(plain) })],
        decompress: (compressed) => gunzipAsync(compressed),
      };
    case 'zstd':
      return { code: 4, name, compress: zstdCompressor(level), decompress: (compressed) => unzstdAsync(compressed) };
    case 'snappy': {
      const { snappyCompress, snappyDecompress } = await import('@platformatic/wasm-utils/bundled');
      return {
        code: 2,
        name,
        compress: async (plain) => [xerialCompress(plain, snappyCompress)],
        decompress: async (compressed) => xerialDecompress(compressed, snappyDecompress),
      };
    }
    case 'lz4': {
      const { lz4Compress, lz4Decompress } = await import('@platformatic/wasm-utils/bundled');
      return {
        code: 3,
        name,
        compress: async (plain) => [lz4Compress(plain)],
        decompress: async (compressed) => lz4Decompress(compressed),
      };
    }
    default:
      return name satisfies never;
  }
}

/** Room for the output in one piece of a typical log, which shrinks to a fifth: with Node's 16 KiB a batch costs 1.6 times as much. */
const outputBytes = (plain: Buffer): number => Math.min(1 << 20, Math.max(1024, plain.length >> 2));
