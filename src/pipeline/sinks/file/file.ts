/** The `file` sink: finds the file of each stream, and writes in groups. */
import { statSync } from 'node:fs';
import type { Batch, LogBatch, MetricBatch } from '../../batch.ts';
import type { Disk } from '../../disk.ts';
import { createEncoder } from '../../encode/create-encoder.ts';
import { realDisk } from '../../real-disk.ts';
import type { Sink, SinkContext, SinkLink } from '../../sink.ts';
import type { Stream } from '../../stream.ts';
import { ArchiveFile, type ArchiveParts } from './archive-file.ts';
import { createHousekeeping } from './housekeeping.ts';
import { overflowPath, renderPath } from './path-template.ts';
import type { FileSettings } from './settings.ts';

/** A file with more waiting is written at once. */
const groupBytes = 1 << 20;
/** With more than this on its way to the disk, the sink is full. */
const fullBytes = 4 << 20;
/** How often files are looked at that nobody writes to: for their age, and to close those that are idle. */
const idleCheckMs = 30_000;
const idleMs = 600_000;

export async function createFile(settings: FileSettings, context: SinkContext, disk: Disk = realDisk): Promise<Sink> {
  const sink = new FileSink(settings, context, disk);
  sink.start();
  return sink;
}

class FileSink implements Sink {
  readonly #settings: FileSettings;
  readonly #context: SinkContext;
  readonly #encode;
  readonly #parts: ArchiveParts;
  readonly #housekeeping;
  readonly #files = new Map<string, ArchiveFile>();
  readonly #paths = new WeakMap<Stream, string>();
  #waiters: (() => void)[] = [];
  #cancelLinger: (() => void) | undefined;
  #cancelIdle: (() => void) | undefined;

  constructor(settings: FileSettings, context: SinkContext, disk: Disk) {
    this.#settings = settings;
    this.#context = context;
    this.#encode = createEncoder(settings.encoding, { slabs: context.slabs });
    this.#housekeeping = createHousekeeping(settings, context.clock, context.log);
    this.#parts = {
      disk,
      clock: context.clock,
      random: context.random,
      rotateBytes: settings.rotate.size,
      rotateMs: settings.rotate.every,
      bornMs,
      onStored: (chunk) => {
        const { counters } = context;
        counters.records += chunk.records;
        counters.bytes += chunk.recordBytes;
        counters.wireBytes += chunk.length;
        counters.requests += 1;
        this.#settled(chunk.records, chunk.recordBytes);
      },
      onFinished: (path) => {
        context.log.event('pipeline.file-sink.finished', { path });
        void this.#housekeeping.tidy();
      },
      onTorn: (path, bytes) => context.log.event('pipeline.file-sink.torn', { path, bytes }),
      onProblem: (path, reason) => {
        if (reason === undefined) return context.log.event('pipeline.file-sink.writable-again', { path });
        context.counters.errors += 1;
        context.log.event('pipeline.file-sink.unwritable', { path, reason });
      },
    };
  }

  start(): void {
    void this.#housekeeping.tidy();
    this.#watchIdle();
  }

  push(batch: Batch): Promise<void> | undefined {
    if (batch.kind === 'metrics') return this.#take(batch);
    const encoded = this.#encode(batch);
    return encoded instanceof Promise ? encoded.then((ready) => this.#take(ready)) : this.#take(encoded);
  }

  problem(): string | undefined {
    for (const file of this.#files.values()) {
      const problem = file.problem();
      if (problem !== undefined) return `${file.path} cannot be written: ${problem}`;
    }
    return undefined;
  }

  links(): readonly SinkLink[] {
    const reason = this.problem();
    const to = this.#settings.path;
    return [reason === undefined ? { to, state: this.#files.size === 0 ? 'idle' : 'up' } : { to, state: 'down', reason }];
  }

  async close(graceMs: number): Promise<void> {
    this.#cancelLinger?.();
    this.#cancelIdle?.();
    const files = [...this.#files.values()];
    const flushed = Promise.all(files.map((file) => file.flush()));
    const late = Promise.withResolvers<void>();
    const cancel = this.#context.clock.after(graceMs, late.resolve);
    await Promise.race([flushed, late.promise]);
    cancel();
    await Promise.all(files.map((file) => file.abandon()));
    await this.#housekeeping.close();
    const { counters } = this.#context;
    counters.pendingBytes = 0;
    counters.pendingRecords = 0;
    this.#wakeWaiters();
  }

  #take(batch: LogBatch | MetricBatch): Promise<void> | undefined {
    const { counters } = this.#context;
    const file = this.#fileOf(batch.stream);
    const before = file.waitingBytes;
    const records = batch.kind === 'logs' ? batch.count : batch.points.length;
    file.append(batch);
    counters.pendingRecords += records;
    counters.pendingBytes += file.waitingBytes - before - records;
    if (file.waitingBytes >= groupBytes || this.#settings.linger === 0) void file.flush();
    else this.#cancelLinger ??= this.#context.clock.after(this.#settings.linger, () => this.#flushAll());
    return counters.pendingBytes < fullBytes ? undefined : new Promise((resolve) => this.#waiters.push(resolve));
  }

  #flushAll(): void {
    this.#cancelLinger = undefined;
    for (const file of this.#files.values()) if (file.waitingBytes > 0) void file.flush();
  }

  #settled(records: number, bytes: number): void {
    const { counters } = this.#context;
    counters.pendingRecords -= records;
    counters.pendingBytes -= bytes;
    if (counters.pendingBytes < fullBytes) this.#wakeWaiters();
  }

  #wakeWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #fileOf(stream: Stream): ArchiveFile {
    const path = this.#paths.get(stream) ?? this.#pathOf(stream);
    let file = this.#files.get(path);
    if (file === undefined) {
      file = new ArchiveFile(path, this.#parts);
      this.#files.set(path, file);
    }
    return file;
  }

  /** Remembered by stream while its file is open; which streams went into the file of the others is decided anew when there is room again. */
  #pathOf(stream: Stream): string {
    const own = renderPath(this.#settings.path, stream);
    const fits = this.#files.has(own) || this.#files.size < this.#settings.maxFiles;
    if (!fits) return overflowPath(this.#settings.path);
    this.#paths.set(stream, own);
    return own;
  }

  #watchIdle(): void {
    this.#cancelIdle = this.#context.clock.after(idleCheckMs, () => {
      const now = this.#context.clock.monotonicMs();
      for (const [path, file] of this.#files) {
        if (file.busy) continue;
        if (now - file.usedMs < idleMs) {
          void file.turnIfOld();
          continue;
        }
        this.#files.delete(path);
        void file.abandon(); // nothing waits in it
      }
      void this.#housekeeping.tidy();
      this.#watchIdle();
    });
  }
}

function bornMs(path: string): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  // File systems that know no time of birth give 0.
  return found === undefined || found.birthtimeMs <= 0 ? undefined : found.birthtimeMs;
}
