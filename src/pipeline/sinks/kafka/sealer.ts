/** Closes batches: compresses them, a few at once, so that they can be sent. */
import type { Codec } from './compress/codec.ts';
import { codecFor } from './compress/codec.ts';
import { Copies } from './copies.ts';
import { pieceBytes } from './protocol/record-batch.ts';
import type { WireBatch } from './wire-batch.ts';
import { heapPiece } from './wire-batch.ts';

/** More at once cost twice the processor time for no more speed (measured for zstd and gzip on the thread pool of libuv, which has 4 threads). */
const atOnce = 3;

export interface SealerOptions {
  readonly codec: Codec | undefined;
  /** Uncompressed batches that stay in their slabs until they are acknowledged: as long as there are fewer slabs in use than this. */
  readonly slabsInPlace: number;
  /** Slabs that batches lie in now. */
  slabs(): number;
  /** A batch can be sent, and takes as many bytes as `countedBytes` says now; `before` is what it took. */
  onReady(batch: WireBatch, before: number): void;
}

export class Sealer {
  readonly #options: SealerOptions;
  readonly #waiting: WireBatch[] = [];
  readonly #copies = new Copies();
  #codec: Codec | undefined;
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(options: SealerOptions) {
    this.#options = options;
    this.#codec = options.codec;
  }

  seal(batch: WireBatch): void {
    if (this.#codec === undefined) {
      if (this.#options.slabs() > this.#options.slabsInPlace) batch.replacePieces([this.#copies.of(batch.pieces)]);
      this.#ready(batch, 0, batch.encodedBytes);
      return;
    }
    this.#waiting.push(batch);
    this.#next();
  }

  /** Resolves when no thread reads from a batch any more. What waited for one is dropped: nobody wants it any more. */
  stop(): Promise<void> {
    this.#waiting.length = 0;
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** The same bytes without compression. */
  async plainOf(batch: WireBatch): Promise<Buffer> {
    const bytes = batch.contiguous();
    if (batch.codec === 0 || batch.codec === undefined) return bytes;
    const codec = batch.codec === this.#options.codec?.code ? this.#options.codec : await codecFor('gzip');
    return codec.decompress(bytes);
  }

  /** For a batch that was taken apart: as `seal`, out of turn. */
  async pack(plain: Buffer): Promise<{ readonly bytes: Buffer; readonly code: number }> {
    const compressed = Buffer.concat((await this.#codec?.compress(plain)) ?? [plain]);
    return compressed.length < plain.length ? { bytes: compressed, code: this.#codec?.code ?? 0 } : { bytes: plain, code: 0 };
  }

  /** The brokers do not know the compression: gzip is known to all. Tells what it was, the first time. */
  async fallBack(): Promise<string | undefined> {
    if (this.#codec === undefined || this.#codec.name === 'gzip') return undefined;
    const { name } = this.#codec;
    this.#codec = await codecFor('gzip');
    return name;
  }

  #next(): void {
    while (this.#running < atOnce) {
      const batch = this.#waiting.shift();
      if (batch === undefined) return;
      this.#running += 1;
      void this.#compress(batch);
    }
  }

  async #compress(batch: WireBatch): Promise<void> {
    const codec = this.#codec;
    const plain = batch.contiguous();
    // A compressor that fails (no memory) costs bandwidth and nothing else.
    const compressed = await codec?.compress(plain).catch(() => undefined);
    const pieces = compressed?.map(heapPiece);
    const smaller = pieces !== undefined && pieceBytes(pieces) < plain.length;
    const copy = this.#copies.of(smaller ? pieces : batch.pieces);
    batch.replacePieces([copy]);
    this.#running -= 1;
    this.#ready(batch, smaller ? (codec?.code ?? 0) : 0, copy.end);
    this.#next();
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #ready(batch: WireBatch, codec: number, bytes: number): void {
    const before = batch.countedBytes;
    batch.codec = codec;
    batch.countedBytes = bytes;
    this.#options.onReady(batch, before);
  }
}
