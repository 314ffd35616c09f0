/** One file that is appended to: opened when something comes, written and synced in groups, finished by size and age. */
import { dirname } from 'node:path';
import type { Backoff } from '../../../core/backoff.ts';
import { backoffMs } from '../../../core/backoff.ts';
import type { Clock } from '../../../core/clock.ts';
import type { LogBatch, MetricBatch } from '../../batch.ts';
import { crashPoint } from '../../crash-point.ts';
import type { Disk, DiskFile } from '../../disk.ts';
import { LineChunk } from '../../sending/line-chunk.ts';

import { finishedPath } from './path-template.ts';
import { wholeLines } from './torn-tail.ts';

export interface ArchiveParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: () => number;
  readonly rotateBytes: number;
  readonly rotateMs: number;
  /** When a file that was there already was made; undefined: nobody knows. */
  bornMs(path: string): number | undefined;
  /** Synced. Called before the receipts are settled. */
  onStored(chunk: LineChunk): void;
  onFinished(path: string): void;
  onTorn(path: string, bytes: number): void;
  /** A write failed; undefined: it works again. */
  onProblem(path: string, reason: string | undefined): void;
}

/** A full disk is asked again soon enough that nobody waits for it long, and rarely enough to cost nothing. */
const diskBackoff: Backoff = { firstMs: 100, maxMs: 5_000 };

/** Paths that are open for writing. During a reload the sink before may still write what it has: two at once would overwrite each other. */
const owned = new Set<string>();

interface OpenFile {
  readonly file: DiskFile;
  readonly bornMs: number;
  size: number;
}

export class ArchiveFile {
  readonly path: string;
  readonly #parts: ArchiveParts;
  #filling = new LineChunk();
  #spare = new LineChunk();
  #open: OpenFile | undefined;
  #writing: Promise<void> | undefined;
  #abandoned = false;
  #wake: (() => void) | undefined;
  #problem: string | undefined;
  usedMs: number;

  constructor(path: string, parts: ArchiveParts) {
    this.path = path;
    this.#parts = parts;
    this.usedMs = parts.clock.monotonicMs();
  }

  get waitingBytes(): number {
    return this.#filling.length;
  }

  get busy(): boolean {
    return this.#writing !== undefined || this.#filling.length > 0;
  }

  problem(): string | undefined {
    return this.#problem;
  }

  append(batch: LogBatch | MetricBatch): void {
    this.usedMs = this.#parts.clock.monotonicMs();
    this.#filling.add(batch);
  }

  /** Writes and syncs all that waits, and what is appended meanwhile. Never rejects. */
  flush(): Promise<void> {
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  /** Finishes a file that is too old; only while it is not busy. */
  async turnIfOld(): Promise<void> {
    const open = this.#open;
    if (open === undefined || this.busy || open.size === 0 || !this.#isOld(open)) return;
    await this.#finish(open).catch((error: unknown) => this.#failed(error, 'rename'));
  }

  /** What is written is kept; the rest is failed. The file is closed when it resolves. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    this.#wake?.();
    await this.#writing;
    this.#filling.settle(false);
    await this.#close();
  }

  async #drain(): Promise<void> {
    while (this.#filling.records > 0 && !this.#abandoned) {
      const chunk = this.#filling;
      this.#filling = this.#spare;
      this.#spare = chunk;
      const stored = await this.#store(chunk);
      if (stored) this.#parts.onStored(chunk);
      chunk.settle(stored);
    }
  }

  async #store(chunk: LineChunk): Promise<boolean> {
    for (let failures = 0; ; ) {
      const problem = await this.#tryStore(chunk);
      if (problem === undefined) {
        if (this.#problem !== undefined) this.#parts.onProblem(this.path, undefined);
        this.#problem = undefined;
        return true;
      }
      if (this.#abandoned) return false;
      failures += 1;
      await this.#wait(backoffMs(diskBackoff, failures, this.#parts.random));
      if (this.#abandoned) return false;
    }
  }

  /** The sentence of what went wrong; undefined when the chunk is synced. */
  async #tryStore(chunk: LineChunk): Promise<string | undefined> {
    let step: 'open' | 'write' | 'sync' = 'open';
    try {
      let open = await this.#opened();
      if (open.size > 0 && (open.size + chunk.length > this.#parts.rotateBytes || this.#isOld(open))) {
        await this.#finish(open);
        open = await this.#opened();
      }
      step = 'write';
      await open.file.write([chunk.written()], open.size);
      crashPoint('file-sink.written');
      step = 'sync';
      await open.file.datasync();
      open.size += chunk.length;
      crashPoint('file-sink.synced');
      return undefined;
    } catch (error) {
      return this.#failed(error, step);
    }
  }

  /** After a failed write the file is cut to what is known to be whole; after a failed sync nothing about it is known, and a new one is begun. */
  async #failed(error: unknown, step: 'open' | 'write' | 'sync' | 'rename'): Promise<string> {
    const reason = `${step}: ${error instanceof Error ? error.message : String(error)}`;
    if (this.#problem !== reason) this.#parts.onProblem(this.path, reason);
    this.#problem = reason;
    const open = this.#open;
    if (open !== undefined) {
      await open.file.truncate(open.size).catch(() => {}); // the file is opened anew, and its torn line cut off then
      if (step === 'sync') await this.#finish(open).catch(() => {}); // where that fails too, the same is tried again
      await this.#close();
    }
    return reason;
  }

  async #opened(): Promise<OpenFile> {
    if (this.#open !== undefined) return this.#open;
    if (owned.has(this.path)) throw new Error('another sink writes to it');
    owned.add(this.path);
    try {
      this.#open = await this.#reopen().catch((error: unknown) => {
        if (isMissing(error)) return this.#create();
        throw error;
      });
      return this.#open;
    } catch (error) {
      owned.delete(this.path);
      throw error;
    }
  }

  async #reopen(): Promise<OpenFile> {
    const file = await this.#parts.disk.open(this.path, 'write');
    try {
      const { size, torn } = await wholeLines(file);
      if (torn > 0) {
        await file.truncate(size);
        this.#parts.onTorn(this.path, torn);
      }
      return { file, size, bornMs: this.#parts.bornMs(this.path) ?? this.#parts.clock.now() };
    } catch (error) {
      await file.close().catch(() => {}); // the error that counts is thrown
      throw error;
    }
  }

  async #create(): Promise<OpenFile> {
    const folder = dirname(this.path);
    await this.#parts.disk.makeDir(folder);
    const file = await this.#parts.disk.open(this.path, 'create');
    await this.#parts.disk.syncDir(folder);
    return { file, size: 0, bornMs: this.#parts.clock.now() };
  }

  /** A clock that was set back must not keep a file for ever: its age counts in both directions. */
  #isOld(open: OpenFile): boolean {
    return Math.abs(this.#parts.clock.now() - open.bornMs) >= this.#parts.rotateMs;
  }

  async #finish(open: OpenFile): Promise<void> {
    await this.#close();
    for (let attempt = 0; ; attempt++) {
      const target = finishedPath(this.path, this.#parts.clock.now(), attempt);
      if (await this.#exists(target)) continue; // rename would replace it
      await this.#parts.disk.rename(this.path, target);
      crashPoint('file-sink.renamed');
      await this.#parts.disk.syncDir(dirname(this.path));
      if (open.size > 0) this.#parts.onFinished(target);
      return;
    }
  }

  async #exists(path: string): Promise<boolean> {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const names = await this.#parts.disk.list(dirname(path));
    return names.includes(name) || names.includes(`${name}.zst`);
  }

  async #close(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    await open.file.close().catch(() => {}); // everything that counts was synced before
    owned.delete(this.path);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
