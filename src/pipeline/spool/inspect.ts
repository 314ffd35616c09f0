/** Looks into the folder of a spool without changing anything, also while an agent writes there: what it tells is how it was at that moment. */
import { join } from 'node:path';
import type { LogBatch } from '../batch.ts';
import type { Disk } from '../disk.ts';
import { Receipt } from '../receipt.ts';
import type { Stream } from '../stream.ts';
import type { Folder } from './folder.ts';
import { closeQuietly, openIfThere, statePath } from './folder.ts';
import { readLogPayload } from './log-payload.ts';
import { readMetricPayload } from './metric-payload.ts';
import { firstOffset, segmentNumber } from './place.ts';
import { headerOf, SegmentFile } from './segment-file.ts';
import type { Amount } from './spool.ts';
import type { State } from './state.ts';
import { readState, stateFileBytes } from './state.ts';

export interface SegmentReport {
  readonly name: string;
  readonly bytes: number;
  readonly createdMs: number | undefined;
  /** Id of its first record; undefined when its header is damaged. */
  readonly firstId: number | undefined;
  readonly status: 'delivered' | 'partly' | 'waiting' | 'damaged';
}

export interface RecordReport {
  readonly id: number;
  readonly source: string;
  readonly path: string | undefined;
  readonly generation: string;
  readonly position: number | undefined;
  readonly timeMs: number;
  /** Of logs, the record; of metrics, the point as JSON. Invalid UTF-8 is replaced. */
  readonly text: string;
}

export interface SpoolReport {
  readonly path: string;
  readonly state: 'good' | 'missing' | 'damaged';
  /** What is not delivered. */
  readonly waiting: Amount;
  readonly dropped: Amount;
  readonly damaged: Amount;
  readonly segments: readonly SegmentReport[];
  readonly putAside: readonly string[];
  readonly records: readonly RecordReport[];
}

const nothing: Amount = { records: 0, bytes: 0 };

/** Folders of spools in `dir`, itself included, at most so deep. */
export async function findSpools(disk: Disk, dir: string, depth = 4): Promise<readonly string[]> {
  const names = await disk.list(dir).catch(() => undefined);
  if (names === undefined) return [];
  if (names.some((name) => segmentNumber(name) !== undefined)) return [dir];
  if (depth === 0) return [];
  const found = await Promise.all(names.map((name) => findSpools(disk, join(dir, name), depth - 1)));
  return found.flat().sort();
}

/** With the first records that are not delivered, at most so many. */
export async function inspectSpool(disk: Disk, dir: string, records = 0): Promise<SpoolReport> {
  const folder = { disk, dir };
  const [names, state] = [[...(await disk.list(dir))].sort(), await stateIn(folder)];
  const segments: Seen[] = [];
  for (const name of names) {
    const seen = await look(folder, name, typeof state === 'string' ? undefined : state);
    if (seen !== undefined) segments.push(seen);
  }
  try {
    const frontier = typeof state === 'string' ? undefined : state.frontier;
    const end = await endOf(segments, typeof state === 'string' ? undefined : state);
    const from = frontier ?? { id: segments[0]?.report.firstId ?? 0, position: segments[0]?.position ?? 0 };
    const count = Math.max(0, end.id - from.id);
    return {
      path: dir,
      state: typeof state === 'string' ? state : 'good',
      waiting: { records: count, bytes: count === 0 ? 0 : Math.max(0, end.position - from.position) },
      dropped: typeof state === 'string' ? nothing : state.dropped,
      damaged: typeof state === 'string' ? nothing : state.damaged,
      segments: segments.map(({ report }) => report),
      putAside: names.filter((name) => name.startsWith('damaged-')),
      records: await recordsOf(segments, from.id, records),
    };
  } finally {
    for (const { file } of segments) await file.close();
  }
}

interface Seen {
  readonly report: SegmentReport;
  readonly file: SegmentFile;
  readonly number: number;
  readonly size: number;
  /** Of its first byte. */
  readonly position: number;
}

async function stateIn(folder: Folder): Promise<State | 'missing' | 'damaged'> {
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

async function look(folder: Folder, name: string, state: State | undefined): Promise<Seen | undefined> {
  const number = segmentNumber(name);
  // An agent that runs may unlink what was listed.
  const file = number === undefined ? undefined : await openIfThere(folder, join(folder.dir, name), 'read');
  if (number === undefined || file === undefined) return undefined;
  const header = await headerOf(file);
  const size = await file.size();
  const frontier = state?.frontier.segment ?? number;
  const status =
    header === undefined
      ? 'damaged'
      : number < frontier
        ? 'delivered'
        : number === frontier && state !== undefined && state.frontier.offset > firstOffset
          ? 'partly'
          : 'waiting';
  return {
    report: { name, bytes: size, createdMs: header?.createdMs, firstId: header?.id, status },
    file: new SegmentFile(file, number, header?.spool ?? state?.spool ?? '', header),
    number,
    size,
    position: header?.position ?? 0,
  };
}

async function endOf(segments: readonly Seen[], state: State | undefined): Promise<{ readonly id: number; readonly position: number }> {
  const last = segments.at(-1);
  const synced = state?.synced ?? { segment: 0, offset: 0, id: 0, position: 0 };
  if (last === undefined) return synced;
  const end = await last.file.end(synced.segment === last.number ? synced.offset : firstOffset, last.size);
  const id = Math.max(end?.id ?? last.report.firstId ?? 0, synced.id);
  return { id, position: Math.max(last.position + (end?.offset ?? 0), synced.position) };
}

async function recordsOf(segments: readonly Seen[], from: number, most: number): Promise<readonly RecordReport[]> {
  const records: RecordReport[] = [];
  for (const { file, size } of segments) {
    if (records.length >= most) break;
    for (
      let found = await file.find(firstOffset, size);
      found !== undefined && records.length < most;
      found = await file.find(found.next, size)
    ) {
      if (found.kind === 'damaged') continue;
      const { head, payload } = found;
      if (head.type === 'stream') file.remember(found.offset, payload);
      if (head.id + head.count <= from || head.count === 0) continue;
      const stream = file.known(head.stream);
      const all = head.type === 'logs' ? logRecords(payload, head.id, head.count, stream) : metricRecords(payload, head.id, stream);
      records.push(...all.filter(({ id }) => id >= from).slice(0, most - records.length));
    }
  }
  return records;
}

const unknownStream: Stream = { source: '?', generation: '', labels: {}, tags: [], format: 'text' };

function logRecords(payload: Buffer, id: number, count: number, stream = unknownStream): readonly RecordReport[] {
  const batch: LogBatch = readLogPayload(payload, count, stream, new Receipt(() => {}), undefined);
  const { source, path, generation } = stream;
  return Array.from({ length: count }, (_, record) => ({
    ...{ id: id + record, source, path, generation, position: batch.positionOf(record), timeMs: batch.timeOf(record) },
    text: batch.bytes.toString('utf8', batch.starts[record], batch.ends[record]),
  }));
}

function metricRecords(payload: Buffer, id: number, { source, path, generation } = unknownStream): readonly RecordReport[] {
  return readMetricPayload(payload).map((point, index) => ({
    ...{ id: id + index, source, path, generation, position: undefined, timeMs: point.timeMs },
    text: JSON.stringify(point),
  }));
}
