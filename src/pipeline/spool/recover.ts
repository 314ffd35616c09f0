/**
 * What a spool was when its process ended, however it ended. Reads the state and the last segment behind what the state calls synced: the
 * time does not grow with the backlog. Everything else is checked when it is read.
 */
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import { codeOf, sentenceOf } from '../disk-error.ts';
import type { Folder } from './folder.ts';
import { closeQuietly, openIfThere, segmentPath, statePath } from './folder.ts';
import type { Beginning } from './ledger.ts';
import { startOf } from './ledger.ts';
import type { Place } from './place.ts';
import { firstOffset, segmentNumber } from './place.ts';
import { headerOf, openSegment } from './segment-file.ts';
import type { SegmentHeader } from './segment-header.ts';
import type { State } from './state.ts';
import { readState, stateFileBytes } from './state.ts';

export interface RecoverOptions {
  readonly folder: Folder;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

export type Recovered = Beginning & { readonly sequence: number };

const nothing = { records: 0, bytes: 0 };
/** How often a disk that fails is asked, over about three seconds. */
const maxTries = 8;

export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { folder } = options;
  // A state that stays unreadable is as good as none: waiting for a person would lose what comes meanwhile.
  const stored = (await again(() => readStateFile(folder), options)) ?? 'damaged';
  const state = typeof stored === 'string' ? await withoutState(stored === 'damaged', options) : stored;
  const tail = await findTail(state, options);
  return { ...state, synced: tail };
}

async function readStateFile(folder: Folder): Promise<State | 'damaged' | 'missing'> {
  const file = await openIfThere(folder, statePath(folder), 'read');
  if (file === undefined) return 'missing';
  try {
    const bytes = Buffer.alloc(stateFileBytes);
    await file.read(bytes, 0);
    return readState(bytes) ?? 'damaged';
  } finally {
    await closeQuietly(file);
  }
}

/**
 * Without a state the segments themselves say what there is: all that they hold is delivered, also what was before. An agent that refuses to
 * start would lose more than one that delivers twice. What is no segment of ours is put aside and left alone.
 */
async function withoutState(damaged: boolean, options: RecoverOptions): Promise<State> {
  const { folder, log, random, clock } = options;
  const aside = async (name: string) => {
    const to = `damaged-${clock.now()}-${name}`;
    log.event('spool.put-aside', { path: join(folder.dir, name), name: to });
    await again(() => folder.disk.rename(join(folder.dir, name), join(folder.dir, to)), options);
  };
  if (damaged) await aside('state');
  const headers = await findSegments(options, aside);
  const [first, last] = [headers[0], headers.at(-1)];
  if (first === undefined || last === undefined) return fresh(random);
  log.event('spool.state-lost', { path: folder.dir, segments: headers.length });
  const frontier = startOf(first.number, first);
  const synced = startOf(last.number, last);
  const numbers = { deleteFrom: first.number, first: first.number, last: last.number };
  return { spool: first.spool, sequence: 0, ...numbers, frontier, synced, dropped: nothing, damaged: nothing };
}

/** Those of one spool, in order. */
async function findSegments(options: RecoverOptions, aside: (name: string) => Promise<void>): Promise<readonly SegmentHeader[]> {
  const { folder } = options;
  const names = (await again(() => listed(folder), options)) ?? [];
  const found: SegmentHeader[] = [];
  for (const name of [...names].sort()) {
    const number = segmentNumber(name);
    if (number === undefined) continue;
    const header = await again(() => readHeader(folder, number), options);
    if (header?.number === number && header.spool === (found[0]?.spool ?? header.spool)) found.push(header);
    else await aside(name);
  }
  return found;
}

async function listed({ disk, dir }: Folder): Promise<readonly string[]> {
  try {
    return await disk.list(dir);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function readHeader(folder: Folder, number: number): Promise<SegmentHeader | undefined> {
  const file = await openIfThere(folder, segmentPath(folder, number), 'read');
  if (file === undefined) return undefined;
  try {
    return await headerOf(file);
  } finally {
    await closeQuietly(file);
  }
}

function fresh(random: () => number): State {
  const half = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const start = startOf(1, { id: 0, position: 0 });
  const numbers = { sequence: 0, deleteFrom: 1, first: 1, last: 0 };
  return { spool: half() + half(), ...numbers, frontier: start, synced: start, dropped: nothing, damaged: nothing };
}

/** Where the next segment begins: behind the last whole frame. What was not whole is cut off: nobody was told that it is stored. */
async function findTail(state: State, options: RecoverOptions): Promise<Place> {
  const { frontier, synced } = state;
  let end: Place = synced.id >= frontier.id ? synced : frontier;
  for (let number = state.last; number >= Math.max(state.first, synced.segment); number--) {
    const found = await again(() => endOf(number, state, options), options);
    if (found === undefined) continue;
    if (found.id > end.id) end = found;
    break;
  }
  const next = Math.max(state.last, state.first - 1) + 1;
  // At the very start of a segment that is going to be made there is nothing to go behind.
  if (end.segment === next && end.offset === firstOffset) return end;
  return startOf(next, end.offset === firstOffset ? { id: end.id, position: end.position - firstOffset } : end);
}

/** The end of a segment's whole frames; undefined when there is none in it. */
async function endOf(number: number, state: State, options: RecoverOptions): Promise<Place | undefined> {
  const segment = await openSegment(options.folder, number, state.spool);
  if (segment === undefined) return undefined;
  try {
    const size = await segment.size();
    const known = state.synced.segment === number ? state.synced : segment.header && startOf(number, segment.header);
    const from = known?.offset ?? firstOffset;
    const end = await segment.end(from, size);
    if (end === undefined && known === undefined) return undefined;
    const offset = end?.offset ?? from;
    // What was found may be in the cache only: from now on it counts as synced.
    if (offset !== from || offset < size) await settle(number, offset, size, options);
    const base = known === undefined ? state.synced.position : known.position - known.offset;
    return { segment: number, offset, id: end?.id ?? known?.id ?? 0, position: base + offset };
  } finally {
    await segment.close();
  }
}

/** Cuts off what is torn, and syncs the rest. */
async function settle(number: number, end: number, size: number, { folder, log }: RecoverOptions): Promise<void> {
  const path = segmentPath(folder, number);
  if (end < size) log.event('spool.torn', { path, bytes: size - end });
  const file = await openIfThere(folder, path, 'write');
  try {
    if (end < size) await file?.truncate(end);
    await file?.datasync();
  } catch {
    // It is not needed: what a later segment begins with bounds what is read of this one, and what was acknowledged is synced.
  } finally {
    await closeQuietly(file);
  }
}

/** A disk that fails is asked again; undefined when it stays so. Rejects when the folder may not be used at all: that is for a person. */
async function again<T>(task: () => Promise<T>, { clock, log, folder }: RecoverOptions): Promise<T | undefined> {
  for (let failures = 1; ; failures++) {
    try {
      return await task();
    } catch (error) {
      if (['EACCES', 'EPERM', 'ENOTDIR'].includes(codeOf(error))) throw error;
      if (failures === 1) log.event('spool.failing', { path: folder.dir, reason: sentenceOf(error) });
      if (failures === maxTries) return undefined;
      await new Promise<void>((resolve) => clock.after(100 * failures, resolve));
    }
  }
}
