/**
 * Zstandard on threads of libuv, with compressors that are kept: a new one for every batch costs a megabyte of memory and the collection of it, which
 * was a fifth of the processor time of the whole sink.
 */
import { constants, createZstdCompress, type ZstdCompress } from 'node:zlib';

/**
 * 128 KiB: the tables of a larger window leave the second-level cache. On logs level 1 was 15 % faster than with its own 512 KiB, and the output 1 % smaller.
 * Higher levels are asked for by those who have time.
 */
const fastWindowLog = 17;
const outputBytes = 1 << 18;

interface Job {
  readonly plain: Buffer;
  readonly resolve: (parts: readonly Buffer[]) => void;
  readonly reject: (error: Error) => void;
}

class Compressor {
  readonly #stream: ZstdCompress;
  #parts: Buffer[] = [];
  #job: Job | undefined;
  broken = false;

  constructor(level: number) {
    const { ZSTD_c_compressionLevel, ZSTD_c_windowLog, ZSTD_e_end } = constants;
    const params = { [ZSTD_c_compressionLevel]: level, ...(level <= 1 ? { [ZSTD_c_windowLog]: fastWindowLog } : {}) };
    // Every write is a frame of its own: it begins and ends with it, and its header says how long its content is.
    this.#stream = createZstdCompress({ params, flush: ZSTD_e_end, chunkSize: outputBytes });
    this.#stream.on('data', (part: Buffer) => this.#parts.push(part));
    this.#stream.on('error', (error) => this.#failed(error));
  }

  run(job: Job, done: () => void): void {
    this.#job = job;
    this.#stream.write(job.plain, (error) => {
      if (error !== null && error !== undefined) this.#failed(error);
      else {
        job.resolve(this.#parts);
        this.#parts = [];
        this.#job = undefined;
      }
      done();
    });
  }

  #failed(error: Error): void {
    this.broken = true;
    this.#job?.reject(error);
    this.#job = undefined;
  }
}

/** Uses as many compressors as batches are compressed at once. */
export function zstdCompressor(level: number): (plain: Buffer) => Promise<readonly Buffer[]> {
  const idle: Compressor[] = [];
  return (plain) =>
    new Promise((resolve, reject) => {
      const compressor = idle.pop() ?? new Compressor(level);
      compressor.run({ plain, resolve, reject }, () => {
        if (!compressor.broken) idle.push(compressor);
      });
    });
}
