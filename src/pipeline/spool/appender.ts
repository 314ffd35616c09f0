/** Writes what is appended, in groups that share a sync, into one segment after the other; waits for room and for the disk. */
import { backoffMs } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Batch } from '../batch.ts';
import { isFull, sentenceOf } from '../disk-error.ts';
import { type ActiveSegment, AppendError } from './active-segment.ts';
import type { Folder } from './folder.ts';
import type { Keeper } from './keeper.ts';
import type { Ledger } from './ledger.ts';
import { startOf } from './ledger.ts';
import type { Packet } from './packet.ts';
import { packetOf } from './packet.ts';
import type { Place } from './place.ts';
import { firstOffset } from './place.ts';
import type { Reader } from './reader.ts';
import { SegmentMaker } from './segment-maker.ts';
import type { SpoolSettings } from './settings.ts';

/** What one sync is for at most; the rest is written while it lasts and shares the next one. */
const maxGroupBytes = 4 << 20;
const backoff = { firstMs: 100, maxMs: 2_000 };
/** How soon a full file system is looked at again. */
const lookAgainMs = 1_000;
/** A stream's frame, about. */
const streamBytes = 1_024;

export type Outcome =
  | { readonly kind: 'stored'; readonly start: Place; readonly end: Place }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'closed' };

interface Waiting extends Packet {
  settle(outcome: Outcome): void;
}

export interface AppenderOptions {
  readonly settings: SpoolSettings;
  readonly folder: Folder;
  readonly ledger: Ledger;
  readonly keeper: Keeper;
  readonly reader: Pick<Reader, 'startOf'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

export class Appender {
  readonly #options: AppenderOptions;
  readonly #segmentBytes: number;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #active: ActiveSegment | undefined;
  readonly #maker: SegmentMaker;
  /** Where what is synced ends, of segments that this process wrote. */
  readonly #ends = new Map<number, number>();
  #closing = false;
  #wake: (() => void) | undefined;
  #said: string | undefined;

  constructor(options: AppenderOptions) {
    this.#options = options;
    this.#maker = new SegmentMaker(options);
    // Room comes back a whole segment at a time.
    this.#segmentBytes = Math.min(options.settings.segmentSize, Math.max(1 << 16, Math.floor(options.settings.maxSize / 8)));
  }

  /** Why nothing can be appended now. */
  get problem(): string | undefined {
    return this.#said;
  }

  limit(segment: number): number | undefined {
    return this.#active?.number === segment ? this.#active.end : this.#ends.get(segment);
  }

  /** `settled` is called at once when the outcome is known, in the order of appending. */
  append<Result>(batch: Batch, settled: (outcome: Outcome) => Result): Promise<Result> {
    if (this.#closing) return Promise.resolve(settled({ kind: 'closed' }));
    const packet = packetOf(batch);
    return new Promise((resolve) => {
      this.#queue.push({ ...packet, settle: (outcome) => resolve(settled(outcome)) });
      this.#running ??= this.#run();
    });
  }

  /** Something was committed: there may be room. */
  committed(): void {
    this.#wake?.();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#wake?.();
    await this.#running;
    const active = this.#active;
    this.#active = undefined;
    await active?.close();
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#group();
      const refusal = await this.#store(group);
      if (refusal !== undefined) for (const { settle } of group) settle(refusal);
    }
    this.#running = undefined;
  }

  #group(): readonly Waiting[] {
    let bytes = 0;
    const beyond = this.#queue.findIndex((one) => {
      bytes += one.bytes;
      return bytes > maxGroupBytes;
    });
    return this.#queue.splice(0, beyond === -1 ? this.#queue.length : Math.max(1, beyond));
  }

  /** As long as it takes, unless the policy or the end says otherwise: then all of it shares that outcome. */
  async #store(group: readonly Waiting[]): Promise<Outcome | undefined> {
    const bytes = group.reduce((sum, one) => sum + one.bytes, streamBytes);
    for (let failures = 0; !this.#closing; ) {
      const lack = await this.#lack(bytes);
      try {
        if (lack === undefined) {
          await this.#write(group, bytes);
          this.#well();
          return undefined;
        }
      } catch (error) {
        failures += 1;
        if (!isFull(error instanceof AppendError ? error.cause : error)) {
          this.#trouble('spool.failing', sentenceOf(error));
          await this.#pause(100 + backoffMs(backoff, failures, this.#options.random));
          continue;
        }
      }
      this.#trouble('spool.full', lack ?? 'there is no room on the disk');
      if (await this.#giveUp(group, bytes)) return { kind: 'dropped' };
    }
    return { kind: 'closed' };
  }

  /** Why there is no room for so many bytes; undefined when there is. */
  async #lack(bytes: number): Promise<string | undefined> {
    const { ledger, settings, folder } = this.#options;
    // With nothing in it, it takes what comes, however large: else that would wait for ever.
    if (ledger.depth.records > 0 && ledger.used + bytes > settings.maxSize)
      return `it holds all that maxSize allows (${mebibytes(settings.maxSize)})`;
    if (settings.keepFree === 0 || folder.disk.free === undefined) return undefined;
    const free = await folder.disk.free(folder.dir).catch(() => undefined);
    return free !== undefined && free - bytes < settings.keepFree
      ? `the disk has less than keepFree left (${mebibytes(settings.keepFree)})`
      : undefined;
  }

  /** Does what the policy says when there is no room: true when the newest is dropped, otherwise it is tried again. */
  async #giveUp(group: readonly Waiting[], bytes: number): Promise<boolean> {
    const { settings, ledger } = this.#options;
    switch (settings.whenFull) {
      case 'block':
        await this.#pause(lookAgainMs);
        return false;
      case 'drop-newest':
        ledger.refused(
          group.reduce((sum, { count }) => sum + count, 0),
          bytes - streamBytes,
        );
        this.#options.keeper.changed();
        return true;
      case 'drop-oldest':
        if (!(await this.#dropOldest())) await this.#pause(lookAgainMs);
        return false;
      default:
        return settings.whenFull satisfies never;
    }
  }

  /** Gives up the oldest segment; false when there is none. */
  async #dropOldest(): Promise<boolean> {
    const { ledger, keeper, reader } = this.#options;
    if (ledger.depth.records === 0) return false;
    if (ledger.frontier.segment === this.#active?.number) await this.#seal();
    let until = ledger.tail;
    for (let number = ledger.frontier.segment + 1; number < ledger.tail.segment; number++) {
      const start = await reader.startOf(number).catch(() => undefined);
      if (start === undefined) continue;
      until = startOf(number, start);
      break;
    }
    ledger.dropUntil(until);
    // Written now, so that there is room on the disk; if it fails, the next append finds the same lack.
    await keeper.write().catch(() => this.#pause(lookAgainMs));
    return true;
  }

  async #write(group: readonly Waiting[], bytes: number): Promise<void> {
    const { ledger, keeper } = this.#options;
    // Room is given back when nothing of a segment is needed: so what is delivered to the end is not written on.
    const delivered = ledger.depth.records === 0 && this.#active !== undefined && this.#active.end + bytes > this.#segmentBytes / 2;
    const active = this.#active;
    if (active !== undefined && active.end > firstOffset && (delivered || active.end + bytes > this.#segmentBytes)) await this.#seal();
    const segment = this.#active ?? (await this.#begin());
    try {
      const ends = await segment.append(group, ledger.tail.id);
      group.forEach((packet, index) => {
        this.#appended(packet, ends[index] ?? segment.end);
      });
      // So that the state tells what was synced: a start looks only at what is behind that.
      keeper.changed();
    } catch (error) {
      // A sync that failed says nothing about what was written before it, and a further one would lie: on with another file.
      if (error instanceof AppendError && (error.sync || !isFull(error.cause))) await this.#abandon(segment);
      throw error;
    }
  }

  async #begin(): Promise<ActiveSegment> {
    const { first } = this.#options.ledger;
    for (const number of this.#ends.keys()) if (number < first) this.#ends.delete(number);
    this.#active = await this.#maker.make();
    return this.#active;
  }

  #appended({ count, settle }: Waiting, offset: number): void {
    const { ledger } = this.#options;
    const start = ledger.tail;
    const end = { ...start, offset, id: start.id + count, position: start.position + offset - start.offset };
    ledger.appended(end);
    settle({ kind: 'stored', start, end });
  }

  async #seal(): Promise<void> {
    const segment = this.#active;
    if (segment === undefined) return;
    this.#ends.set(segment.number, segment.end);
    this.#active = undefined;
    await segment.seal(this.#options.ledger.tail.id);
    this.#options.ledger.sealed();
  }

  async #abandon(segment: ActiveSegment): Promise<void> {
    this.#ends.set(segment.number, segment.end);
    this.#active = undefined;
    this.#options.ledger.sealed();
    await segment.close();
  }

  /** Until something is committed, it is closed, or the time is over. */
  #pause(ms: number): Promise<void> {
    if (this.#closing) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(ms, () => this.#wake?.());
      this.#wake = () => {
        this.#wake = undefined;
        cancel();
        resolve();
      };
    });
  }

  #trouble(event: 'spool.full' | 'spool.failing', reason: string): void {
    const { log, folder, settings } = this.#options;
    if (this.#said !== reason) log.event(event, { path: folder.dir, reason, policy: settings.whenFull });
    this.#said = reason;
  }

  #well(): void {
    const { log, folder } = this.#options;
    if (this.#said !== undefined) log.event('spool.well', { path: folder.dir });
    this.#said = undefined;
  }
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;
