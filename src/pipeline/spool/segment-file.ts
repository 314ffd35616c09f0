/** One segment, open for reading. */
import type { DiskFile } from '../disk.ts';
import type { Stream } from '../stream.ts';
import type { Found } from './find-frame.ts';
import { findFrame } from './find-frame.ts';
import type { Folder } from './folder.ts';
import { closeQuietly, openIfThere, segmentPath } from './folder.ts';
import { firstOffset } from './place.ts';
import type { SegmentHeader } from './segment-header.ts';
import { readSegmentHeader, saltOf } from './segment-header.ts';
import { Window } from './window.ts';

export interface SegmentEnd {
  readonly offset: number;
  /** Undefined at the very start. */
  readonly id: number | undefined;
}

/** Streams that are kept of a segment; a further one is read again. */
const maxStreams = 4_096;

export class SegmentFile {
  readonly number: number;
  /** Undefined when it is damaged. */
  readonly header: SegmentHeader | undefined;
  readonly #file: DiskFile;
  readonly #window: Window;
  readonly #salt: number;
  readonly #streams = new Map<number, Stream>();

  constructor(file: DiskFile, number: number, spool: string, header: SegmentHeader | undefined) {
    this.number = number;
    this.header = header;
    this.#file = file;
    this.#window = new Window(file);
    this.#salt = saltOf(spool, number);
  }

  size = () => this.#file.size();
  close = () => closeQuietly(this.#file);

  find(offset: number, limit: number): Promise<Found | undefined> {
    return findFrame(this.#window, offset, limit, this.#salt);
  }

  /**
   * Where what was synced ends at the latest, and the id there; undefined when there is nothing. Damage in the last group that was written ends it:
   * its sync was never over, so nobody was told of any of it. Damage before that is left for the reader to count.
   */
  async end(from: number, limit: number): Promise<SegmentEnd | undefined> {
    let end: SegmentEnd | undefined;
    let beforeDamage: (SegmentEnd & { readonly damage: number }) | undefined;
    for (let found = await this.find(from, limit); found !== undefined; found = await this.find(found.next, limit)) {
      const expected = end?.offset ?? from;
      if (found.offset > expected || found.kind === 'damaged')
        beforeDamage ??= { ...(end ?? { offset: from, id: undefined }), damage: expected };
      if (found.kind === 'damaged') continue;
      if (beforeDamage !== undefined && beforeDamage.damage < found.head.group) beforeDamage = undefined;
      end = { offset: found.next, id: found.head.id + found.head.count };
    }
    return beforeDamage ?? end;
  }

  /** The stream whose frame is at `offset`, if it was read already. */
  known(offset: number): Stream | undefined {
    return this.#streams.get(offset);
  }

  /** Reads it; false when it is damaged. */
  async learn(offset: number, limit: number): Promise<boolean> {
    const found = await this.find(offset, limit);
    if (found?.kind !== 'frame' || found.offset !== offset || found.head.type !== 'stream') return false;
    this.remember(offset, found.payload);
    return true;
  }

  remember(offset: number, payload: Buffer): void {
    if (this.#streams.size >= maxStreams) this.#streams.clear();
    // The checksum says that these are the bytes that the appender made of a Stream.
    this.#streams.set(offset, JSON.parse(payload.toString('utf8')) as Stream);
  }
}

/** Undefined when it is not there. */
export async function openSegment(folder: Folder, number: number, spool: string): Promise<SegmentFile | undefined> {
  const file = await openIfThere(folder, segmentPath(folder, number), 'read');
  if (file === undefined) return undefined;
  try {
    const header = await headerOf(file);
    return new SegmentFile(file, number, spool, header?.spool === spool && header.number === number ? header : undefined);
  } catch (error) {
    await closeQuietly(file);
    throw error;
  }
}

export async function headerOf(file: DiskFile): Promise<SegmentHeader | undefined> {
  const bytes = Buffer.alloc(firstOffset);
  return (await file.read(bytes, 0)) === bytes.length ? readSegmentHeader(bytes) : undefined;
}
