/** The segment that is being written. */
import { crashPoint } from '../crash-point.ts';
import type { DiskFile } from '../disk.ts';
import { closeQuietly } from './folder.ts';
import type { FrameType } from './frame.ts';
import { frameBytes, padded, writeHead } from './frame.ts';
import type { Packet } from './packet.ts';
import { firstOffset } from './place.ts';
import { saltOf } from './segment-header.ts';
import { StreamTable } from './stream-table.ts';

const padding = Buffer.alloc(8);

export class ActiveSegment {
  readonly number: number;
  readonly #file: DiskFile;
  readonly #salt: number;
  readonly #streams = new StreamTable();
  /** All before it is synced. */
  end = firstOffset;

  constructor(number: number, file: DiskFile, spool: string) {
    this.number = number;
    this.#file = file;
    this.#salt = saltOf(spool, number);
  }

  /**
   * Writes the packets behind each other with one write and one sync, and gives where each ends. After a rejection `end` has not moved;
   * `sync` tells whether it was the sync that failed, after which nothing may be written here any more.
   */
  async append(packets: readonly Packet[], firstId: number): Promise<readonly number[]> {
    const { buffers, ends } = this.#frames(packets, firstId);
    try {
      await this.#file.write(buffers, this.end);
      crashPoint('spool.append-written');
    } catch (cause) {
      this.#streams.clear();
      // So that what is left of it does not take room; if that fails as well, it is written over.
      await this.#file.truncate(this.end).catch(() => {});
      throw new AppendError(cause, false);
    }
    try {
      await this.#file.datasync();
      crashPoint('spool.append-synced');
    } catch (cause) {
      throw new AppendError(cause, true);
    }
    this.end = ends.at(-1) ?? this.end;
    return ends;
  }

  /** Writes a last frame, for those who look at the file; nobody relies on it, so it is not synced. */
  async seal(id: number): Promise<void> {
    await this.#file
      .write([writeHead({ type: 'end', count: 0, id, stream: 0, group: this.end }, [], this.#salt)], this.end)
      .catch(() => {});
    crashPoint('spool.seal');
    await this.close();
  }

  close = () => closeQuietly(this.#file);

  #frames(packets: readonly Packet[], firstId: number): { readonly buffers: readonly Uint8Array[]; readonly ends: readonly number[] } {
    const buffers: Uint8Array[] = [];
    const ends: number[] = [];
    let [offset, id] = [this.end, firstId];
    const frame = (type: FrameType, count: number, stream: number, payload: readonly Uint8Array[]) => {
      const length = payload.reduce((sum, part) => sum + part.length, 0);
      buffers.push(writeHead({ type, count, id, stream, group: this.end }, payload, this.#salt), ...payload);
      if (padded(length) > length) buffers.push(padding.subarray(0, padded(length) - length));
      offset += frameBytes(length);
    };
    for (const { type, stream, payload, count } of packets) {
      const place = this.#streams.place(stream, offset);
      const at = 'at' in place ? place.at : offset;
      if ('text' in place) frame('stream', 0, 0, [Buffer.from(place.text)]);
      frame(type, count, at, payload);
      id += count;
      ends.push(offset);
    }
    return { buffers, ends };
  }
}

export class AppendError extends Error {
  readonly sync: boolean;

  constructor(cause: unknown, sync: boolean) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.sync = sync;
  }
}
