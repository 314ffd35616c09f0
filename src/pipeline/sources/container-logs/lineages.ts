/**
 * The files of each container, one after the other: an engine moves a full file aside and goes on in a new one, also in the middle of a record.
 *
 * Files are read side by side. The first record of a new file on each channel is therefore held back until the files before it were read to their
 * ends, which shows whether it is the end of a record there. Its receipt is held with it, so that the checkpoint stays in front of it.
 */

import type { ChannelRecords } from '../../containers/channel-records.ts';
import { joined } from '../../containers/channel-records.ts';
import type { FileView } from '../../tail/tail.ts';

/** What was written to a file before the engine moved it aside was seen by then. */
const settleMs = 1_000;
/** Of an archive nobody can say how far it was read, only that nothing came of it lately. */
const archiveQuietMs = 5_000;

const archived = /\.(gz|zst|zstd)$/;
const movedAside = /\.log\.[^/]+$/;

/** The files of one container: their names up to `.log`. */
export const lineageOf = (path: string): string => path.replace(movedAside, '.log');

/**
 * Which file was written later: by their names, as far as they have any. Times come second, because all parts of a record have the time of its first one, so
 * that a file may begin with an earlier time than the one before it. Files of which nothing was read yet count as earlier: something of them may belong in front.
 */
function isLater(one: ChannelRecords, other: ChannelRecords): boolean {
  const aside = isAside(one);
  if (aside !== isAside(other)) return !aside;
  const [mine, theirs] = [suffixOf(one), suffixOf(other)];
  // Docker counts from the newest; Kubernetes writes when it moved the file.
  if (mine !== theirs && mine > 0 && theirs > 0) return mine < 1_000_000 && theirs < 1_000_000 ? mine < theirs : mine > theirs;
  if (Number.isNaN(one.firstMs) || Number.isNaN(other.firstMs)) return Number.isNaN(other.firstMs) && !Number.isNaN(one.firstMs);
  return one.firstMs === other.firstMs ? one.generation > other.generation : one.firstMs > other.firstMs;
}

/** Nobody has it open, or the engine has moved it: what is written now goes into another file. */
const isAside = ({ view }: ChannelRecords): boolean => view === undefined || view.place !== 'present' || movedAside.test(view.path);

/** The number behind `.log.`: 3, or 20260102030405; 0: there is none. */
const suffixOf = ({ view, path }: ChannelRecords): number =>
  Number(/\.log\.([\d-]+)/.exec(view?.path ?? path)?.[1]?.replaceAll('-', '') ?? 0);

export class Lineages {
  readonly #lineages = new Map<string, Map<string, ChannelRecords>>();
  readonly #endedMs = new WeakMap<FileView, number>();

  add(file: ChannelRecords): void {
    const key = lineageOf(file.path);
    const lineage = this.#lineages.get(key) ?? new Map<string, ChannelRecords>();
    this.#lineages.set(key, lineage.set(file.generation, file));
  }

  remove(file: ChannelRecords): void {
    const key = lineageOf(file.path);
    const lineage = this.#lineages.get(key);
    lineage?.delete(file.generation);
    if (lineage?.size === 0) this.#lineages.delete(key);
  }

  *files(): IterableIterator<ChannelRecords> {
    for (const lineage of this.#lineages.values()) yield* lineage.values();
  }

  /** Those of one container in the order in which they were written. */
  *inOrder(): IterableIterator<ChannelRecords> {
    for (const lineage of this.#lineages.values()) yield* [...lineage.values()].sort((a, b) => (isLater(a, b) ? 1 : -1));
  }

  siblings(file: ChannelRecords): readonly ChannelRecords[] {
    return [...(this.#lineages.get(lineageOf(file.path))?.values() ?? [])].filter((other) => other !== file);
  }

  /** Parts of records that were read from there on will be read again. */
  rewind(file: ChannelRecords, position: number): void {
    for (const one of [file, ...this.siblings(file)]) one.rewind(file.generation, position);
  }

  /** Whether there is a file of which the end may belong in front of the first records of this one. */
  mayContinue(file: ChannelRecords, nowMs: number): boolean {
    return this.siblings(file).some((other) => other.waiting || other.busy || other.skips.includes(true) || !this.#isSettled(other, nowMs));
  }

  /** Lets the first records of a file go, if it is known by now what belongs in front of them. */
  settle(file: ChannelRecords, nowMs: number, patienceMs: number): void {
    const siblings = this.siblings(file);
    const before = siblings.filter((other) => !isLater(other, file)).sort((a, b) => (isLater(a, b) ? -1 : 1));
    const blocked = before.some((other) => (other.waiting || !this.#isSettled(other, nowMs)) && nowMs - other.takenMs < patienceMs);
    if (blocked) return;
    file.waiting = false;
    for (const channel of joined) {
      const last = before.find((other) => other.seen[channel]);
      const tail = last?.open[channel];
      const passOver = last?.skips[channel] === true;
      if (last !== undefined) {
        last.open[channel] = undefined;
        last.skips[channel] = false;
      }
      file.release(channel, tail, passOver);
    }
  }

  /** Read to its end, and nobody writes to it any more. */
  #isSettled(file: ChannelRecords, nowMs: number): boolean {
    const { view, takenMs } = file;
    if (view === undefined) return true;
    if (archived.test(view.path)) return nowMs - takenMs > archiveQuietMs;
    if (!isAside(file)) return false;
    const endedMs = this.#endedMs.get(view) ?? nowMs;
    this.#endedMs.set(view, endedMs);
    return view.drained && nowMs - endedMs >= settleMs && nowMs - takenMs >= settleMs;
  }
}
