/** The bytes in a packed file. */
import { read } from 'node:fs';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { lengthOf, markOf } from './identity.ts';

const chunkBytes = 256 << 10;

const readAt = promisify(read);

/** Not a stream of the file itself: that one would close the descriptor, which is not its own. */
async function* bytesOf(fd: number): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const { bytesRead, buffer } = await readAt(fd, Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

export type Unpacked =
  | { readonly complete: true; readonly bytes: number }
  | { readonly complete: false; readonly bytes: number; readonly reason: string };

/**
 * Calls `each` with all bytes in order and their offset, and waits for it; it says whether to go on. Not complete: the file ends too early, because it is being
 * written or was cut off, or its checksum is wrong.
 */
export async function unpack(
  fd: number,
  path: string,
  each: (bytes: Buffer, offset: number) => Promise<boolean> | boolean,
): Promise<Unpacked> {
  const unpacker = path.endsWith('.gz') ? createGunzip({ chunkSize: chunkBytes }) : createZstdDecompress({ chunkSize: chunkBytes });
  const packed = Readable.from(bytesOf(fd), { highWaterMark: 1 });
  packed.on('error', (cause) => unpacker.destroy(cause));
  packed.pipe(unpacker);
  let bytes = 0;
  try {
    for await (const chunk of unpacker) {
      // A stream that no encoding was set for gives Buffers.
      const unpacked = chunk as Buffer;
      if (!(await each(unpacked, bytes))) return { complete: false, bytes, reason: 'interrupted' };
      bytes += unpacked.length;
    }
    return { complete: true, bytes };
  } catch (cause) {
    return { complete: false, bytes, reason: cause instanceof Error ? cause.message : String(cause) };
  } finally {
    packed.destroy();
    unpacker.destroy();
  }
}

/** Watches bytes go by for the mark before an offset. */
export class MarkWatch {
  readonly #mark: string | undefined;
  readonly #from: number;
  readonly #bytes: Buffer;
  #filled = 0;

  constructor(mark: string | undefined, offset: number) {
    this.#mark = mark;
    this.#bytes = Buffer.alloc(lengthOf(mark));
    this.#from = offset - this.#bytes.length;
  }

  see(bytes: Buffer, offset: number): void {
    const at = this.#from + this.#filled - offset;
    if (at < 0 || at >= bytes.length || this.#filled === this.#bytes.length) return;
    this.#filled += bytes.copy(this.#bytes, this.#filled, at);
  }

  get matches(): boolean {
    const { length } = this.#bytes;
    return length > 0 && this.#filled === length && markOf(this.#bytes, length, length) === this.#mark;
  }
}
