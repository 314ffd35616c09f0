/**
 * The outage journal: each link that broke, from when to when, kept on disk until the server has it and the bounds forget it.
 *
 * What is told here counts at once in memory and is written in order behind it; `flushed` waits for the disk. A disk that is
 * full or broken stops nothing: the journal goes on in memory, says so, and writes everything as soon as it can.
 */
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { uuidv7 } from '../../core/uuid.ts';
import type { Log } from '../../observe/log.ts';
import type { JournalSettings } from '../settings/journal.ts';
import { elapsed, type Moment } from './elapsed.ts';
import { fold, type JournalRecord, type OutageCause, type OutageRecord, replay, snapshot, surplus } from './fold.ts';
import { journalFileName, load } from './load.ts';
import type { JournalMetrics } from './metrics.ts';
import type { Uptime } from './uptime.ts';

export interface Journal extends AsyncDisposable {
  /** `since`: the first failure. Returns the outage's id. */
  open(outage: NewOutage): string;
  /** Another attempt failed. On disk once a minute at most. */
  failed(id: string, error: string): void;
  /** `at`: the first success, or the last moment at which it was known to be down. */
  close(id: string, how: NonNullable<OutageRecord['how']>, at?: Moment): void;
  /** Why it broke; replaces what was said before. */
  explain(id: string, cause: OutageCause): void;
  /** All outages, in the order in which they were opened. */
  outages(): readonly OutageRecord[];
  /** Outages that were dropped before the server had them. */
  dropped(): number;
  /** Open outages of an agent before this one: whoever watches the link closes them or goes on with them. */
  carried(): readonly OutageRecord[];
  /** What the server does not have in its last revision, oldest first. */
  undelivered(limit: number): readonly OutageRecord[];
  /** The server has these ids in these revisions. */
  delivered(marks: readonly (readonly [id: string, revision: number])[]): void;
  /** An outage began, ended or was explained, or `problem` is another one. */
  onChange(listener: () => void): () => void;
  /** Resolves when what was told so far is on disk, or could not be written. */
  flushed(): Promise<void>;
  /** Undefined: the last write worked. */
  problem(): string | undefined;
}

export interface NewOutage {
  readonly link: string;
  readonly to: string;
  readonly plane: 'control' | 'data';
  readonly since: Moment;
  readonly error: string;
  readonly attempts: number;
}

export interface JournalOptions {
  /** The folder; the file in it is `outages.journal`. */
  readonly dir: string;
  readonly clock: Clock;
  readonly uptime: Uptime;
  readonly log: Log;
  readonly metrics: JournalMetrics;
}

const longestErrorText = 500;
const longestCauseBytes = 16_384;
const progressEveryMs = 60_000;
const retryMs = 30_000;
/** Records that wait for a disk that cannot be written; the state itself is in memory anyway. */
const maxPending = 1_000;

/** Throws FAIRLEAD_AGENT_JOURNAL when the folder cannot be used, or a later version wrote the file. */
export async function openJournal(settings: JournalSettings, options: JournalOptions): Promise<Journal> {
  const { clock, uptime, log, metrics } = options;
  const path = join(options.dir, journalFileName);
  const { scanned, file } = await load(path);
  const outages = replay(scanned?.values ?? []);
  const carried = [...outages.byId.values()].filter((outage) => outage.toMs === undefined).map(({ id }) => id);
  const listeners = new Set<() => void>();
  const lastProgress = new Map<string, number>();
  let pending: JournalRecord[] = [];
  let writing: Promise<void> | undefined;
  let rewriteNext = false;
  let problem: string | undefined;
  let cancelRetry = () => {};
  let closed = false;

  const notify = (): void => {
    for (const listener of listeners) listener();
  };
  const write = async (): Promise<void> => {
    while (pending.length > 0 || rewriteNext) {
      const batch = pending;
      pending = [];
      const whole = rewriteNext || file.sizeBytes() > settings.maxSize;
      if (whole) trimToSize();
      const written = whole ? await file.rewrite(snapshot(outages)) : await file.append(batch);
      metrics.size(file.sizeBytes());
      if (!written.ok) {
        // What an append could not write is appended later. Where that is too much, or the file is not as it was, the whole state is written.
        pending = [...batch, ...pending];
        rewriteNext = whole || !written.clean || pending.length > maxPending;
        if (rewriteNext) pending = [];
        return complain(written.cause);
      }
      rewriteNext = false;
      if (problem === undefined) continue;
      log.event('agent.journal.writable-again', { path });
      problem = undefined;
      notify();
    }
  };
  const complain = (cause: unknown): void => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (problem === undefined) log.event('agent.journal.unwritable', { path, reason });
    const isNews = problem !== reason;
    problem = reason;
    metrics.failed();
    cancelRetry();
    if (!closed) cancelRetry = clock.after(retryMs, flush);
    if (isNews) notify();
  };
  const flush = (): void => {
    writing ??= write().finally(() => {
      writing = undefined;
      // After a failure the next record or the timer tries again.
      if (pending.length > 0 && problem === undefined) flush();
    });
  };
  const tell = (record: JournalRecord, isNews = true): void => {
    fold(outages, record);
    pending.push(record);
    drop(surplus(outages, settings, clock.now()));
    metrics.held(outages);
    flush();
    if (isNews) notify();
  };
  const drop = (gone: readonly OutageRecord[]): void => {
    if (gone.length === 0) return;
    const undelivered = gone.filter((outage) => outage.deliveredRevision < outage.revision).length;
    const record: JournalRecord = { kind: 'dropped', ids: gone.map(({ id }) => id), undelivered };
    fold(outages, record);
    pending.push(record);
    metrics.dropped(undelivered);
    if (undelivered > 0) log.event('agent.journal.dropped', { count: undelivered });
  };
  /** A rewritten file must be well below the bound, or the next record would rewrite it again. */
  const trimToSize = (): void => {
    const size = () => snapshot(outages).reduce((sum, record) => sum + Buffer.byteLength(JSON.stringify(record)) + 8, 0);
    while (outages.byId.size > 0 && size() > settings.maxSize / 2) {
      const keep = Math.floor(outages.byId.size * 0.8);
      drop(surplus(outages, { maxOutages: keep, maxAge: settings.maxAge }, clock.now()));
    }
    pending = []; // the snapshot has it all
  };

  if (scanned !== undefined && scanned.damagedBytes > 0) log.event('agent.journal.damaged', { path, bytes: scanned.damagedBytes });
  drop(surplus(outages, settings, clock.now()));
  metrics.held(outages);
  if (pending.length > 0) flush();

  return {
    open({ since, error, ...rest }) {
      const id = uuidv7(since.atMs);
      const { boot } = uptime();
      const durationMs = Math.max(0, uptime().ms - since.upMs);
      tell({ kind: 'opened', id, ...rest, fromMs: since.atMs, boot, upMs: since.upMs, lastError: clip(error), durationMs });
      lastProgress.set(id, clock.monotonicMs());
      return id;
    },
    failed(id, error) {
      const outage = outages.byId.get(id);
      if (outage === undefined || outage.toMs !== undefined) return;
      const attempts = outage.attempts + 1;
      const durationMs = elapsed(outage, { atMs: clock.now(), upMs: uptime().ms }, uptime().boot).durationMs;
      const record: JournalRecord = { kind: 'failed', id, attempts, lastError: clip(error), durationMs };
      const last = lastProgress.get(id);
      if (last !== undefined && clock.monotonicMs() - last < progressEveryMs) return fold(outages, record);
      lastProgress.set(id, clock.monotonicMs());
      tell(record, false);
    },
    close(id, how, at = { atMs: clock.now(), upMs: uptime().ms }) {
      const outage = outages.byId.get(id);
      if (outage === undefined || outage.toMs !== undefined) return;
      lastProgress.delete(id);
      const { attempts, lastError } = outage;
      tell({ kind: 'closed', id, attempts, lastError, how, ...elapsed(outage, at, uptime().boot) });
    },
    explain(id, cause) {
      if (Buffer.byteLength(JSON.stringify(cause)) > longestCauseBytes)
        throw new RangeError(`a cause of more than ${longestCauseBytes} bytes`);
      if (outages.byId.has(id)) tell({ kind: 'cause', id, cause });
    },
    outages: () => [...outages.byId.values()],
    dropped: () => outages.dropped,
    carried: () =>
      carried.flatMap((id) => {
        const outage = outages.byId.get(id);
        return outage === undefined || outage.toMs !== undefined ? [] : [outage];
      }),
    undelivered(limit) {
      const found: OutageRecord[] = [];
      for (const outage of outages.byId.values()) {
        if (found.length >= limit) break;
        if (outage.deliveredRevision < outage.revision) found.push(outage);
      }
      return found;
    },
    delivered(marks) {
      const known = marks.filter(([id, revision]) => (outages.byId.get(id)?.deliveredRevision ?? revision) < revision);
      if (known.length > 0) tell({ kind: 'delivered', marks: known.map(([id, revision]) => [id, revision]) }, false);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async flushed() {
      while (writing !== undefined) await writing;
    },
    problem: () => problem,
    async [Symbol.asyncDispose]() {
      closed = true;
      cancelRetry();
      if (problem !== undefined) flush(); // the disk may have room again
      while (writing !== undefined) await writing;
      await file[Symbol.asyncDispose]();
    },
  };
}

function clip(text: string): string {
  return text.length > longestErrorText ? `${text.slice(0, longestErrorText - 1)}…` : text;
}
