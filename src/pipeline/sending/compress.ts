/** Bodies of requests, made smaller. */
import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import type { Compression } from './settings.ts';

const gzipAsync = promisify(gzip);
const zstdAsync = promisify(zstdCompress);
/** With the default of 16 KiB the thread pool is asked sixty times for one body. */
const chunkSize = 1 << 20;

export async function compress(kind: Compression, body: Buffer): Promise<Buffer> {
  switch (kind) {
    case 'none':
      return body;
    case 'gzip':
      return gzipAsync(body, { level: 1, chunkSize });
    case 'zstd':
      return zstdAsync(body, { chunkSize, params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    default:
      return kind satisfies never;
  }
}

export const encodingHeader = (kind: Compression): Readonly<Record<string, string>> =>
  kind === 'none' ? {} : { 'content-encoding': kind };
