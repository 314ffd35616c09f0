/**
 * Reads files at their cursors and makes batches of what is complete.
 *
 * A read brings at most a slab and begins with the bytes that were read last (the mark): when they are not what they were, the file was written
 * anew, however large it is. A portion ends behind its last complete record, and the next read begins there, so nothing is carried over; a record
 * that is longer than a slab is read onto the heap, once it is complete.
 */
import { read, readSync } from 'node:fs';
import { LogBatch } from '../batch.ts';
import type { Area, Flush, Framed } from '../framing/framer.ts';
import { slabBytes, slabRecords } from '../slab.ts';
import type { SourceContext } from '../source.ts';
import { keepIndex, smallBytes, takeArea } from './areas.ts';
import { headBytes, headOf, markBytes, markOf } from './identity.ts';
import { Outbox } from './outbox.ts';
import { ReadQueue } from './read-queue.ts';
import type { TailHooks, TailSettings } from './tail.ts';
import type { TailedFile } from './tailed-file.ts';

/** Reads under way at once: one is copied by the kernel while another is worked on. */
const lanes = 2;
/** What was written a moment ago lies in the page cache: asking a thread for it costs more than reading it. */
const freshMs = 2_000;
/** Without a break for others. */
const turnMs = 5;
const troubleMs = 1_000;

export interface ReaderEvents {
  /** The bytes before the cursor are not what they were, or are gone. */
  rewritten(file: TailedFile): void;
  /** How much of what is there counts as complete now. */
  flushOf(file: TailedFile): Flush;
  /** Opens it, within the limit of open files; false when its path leads elsewhere by now. Throws what the system says. */
  open(file: TailedFile): boolean;
  /** It could not be opened or read. */
  trouble(file: TailedFile, cause: unknown): void;
}

export class Reader {
  readonly #settings: TailSettings;
  readonly #context: SourceContext;
  readonly #events: ReaderEvents;
  readonly #queue: ReadQueue;
  readonly #outbox: Outbox<TailedFile>;
  readonly #lanes: number;
  #reading = 0;
  #pumping = false;
  #waiting = false;
  #closed = false;
  #idle: (() => void) | undefined;

  constructor(settings: TailSettings, context: SourceContext, hooks: TailHooks, events: ReaderEvents) {
    this.#settings = settings;
    this.#context = context;
    this.#events = events;
    this.#queue = new ReadQueue(settings.order);
    // With two, the second oldest would be read beside the oldest.
    this.#lanes = settings.order === 'oldest-first' ? 1 : lanes;
    const deliver = hooks.deliver ?? ((batch: LogBatch) => context.push(batch));
    this.#outbox = new Outbox<TailedFile>(deliver, () => this.#pump());
  }

  /** There may be something behind its cursor. */
  wake(file: TailedFile): void {
    if (file.queued || file.busy || file.dropped || file.known === undefined) return;
    this.#queue.add(file);
    this.#pump();
  }

  /** For batches that were read by others. */
  get outbox(): Outbox<TailedFile> {
    return this.#outbox;
  }

  /** Resolves when no read is under way. What was read and not handed over will be read again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#outbox.close();
    this.#queue.clear();
    if (this.#reading > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  #pump(): void {
    if (this.#pumping || this.#waiting) return;
    this.#pumping = true;
    const until = this.#context.clock.monotonicMs() + turnMs;
    while (!this.#closed && !this.#outbox.full && this.#reading < this.#lanes) {
      const file = this.#queue.next();
      if (file === undefined) break;
      const late = this.#context.clock.monotonicMs() > until;
      const begun = late ? this.#later() : this.#begin(file);
      if (begun) continue;
      this.#queue.putBack(file);
      break;
    }
    this.#pumping = false;
  }

  /** Lets others have the thread. */
  #later(): false {
    this.#waiting = true;
    setImmediate(() => {
      this.#waiting = false;
      this.#pump();
    });
    return false;
  }

  /** False: there is no slab. */
  #begin(file: TailedFile): boolean {
    const lead = Math.min(markBytes, file.at);
    const length = lead + this.#wanted(file);
    const area = takeArea(this.#context.slabs, Math.min(length, file.need > slabBytes ? length : slabBytes));
    if (area === undefined) {
      this.#waiting = true;
      void this.#context.slabs.available().then(() => {
        this.#waiting = false;
        this.#pump();
      });
      return false;
    }
    const portion = { file, area, at: file.at, lead, length: Math.min(length, area.bytes.length), generation: file.generation };
    try {
      if (!this.#events.open(file)) throw new Error('another file has taken its place');
      // It was opened just now.
      const fd = file.fd ?? -1;
      file.busy = true;
      const fresh = length <= smallBytes && this.#context.clock.monotonicMs() - file.grewAtMs < freshMs;
      if (fresh) {
        const filled = readSync(fd, area.bytes, 0, portion.length, portion.at - lead);
        this.#settle(portion, filled);
        this.#outbox.flush();
      } else this.#readLater(fd, portion);
    } catch (cause) {
      this.#failed(portion, cause);
    }
    return true;
  }

  #wanted({ size, at, need, chunkBytes }: TailedFile): number {
    return Math.max(1, Math.min(size - at, Math.max(need, Math.min(slabBytes, chunkBytes))));
  }

  #readLater(fd: number, portion: Portion): void {
    this.#reading += 1;
    read(fd, portion.area.bytes, 0, portion.length, portion.at - portion.lead, (error, filled) => {
      this.#reading -= 1;
      if (error !== null) this.#failed(portion, error);
      else this.#settle(portion, filled);
      // The next read is under way before what this one brought is worked on.
      this.#pump();
      this.#outbox.flush();
      if (this.#reading === 0) this.#idle?.();
    });
  }

  #failed({ file, area }: Portion, cause: unknown): void {
    file.busy = false;
    area.slab?.release();
    if (this.#closed || file.dropped) return file.dropped ? file.close() : undefined;
    this.#context.clock.after(troubleMs, () => this.wake(file));
    this.#events.trouble(file, cause);
  }

  /** Bytes arrived. Whatever happened to the file meanwhile is looked at first. */
  #settle(portion: Portion, filled: number): void {
    const { file, area, lead } = portion;
    file.busy = false;
    file.trouble = undefined;
    const stale = this.#closed || file.dropped || portion.at !== file.at || portion.generation !== file.generation;
    const rewritten = !stale && (filled < lead || (lead > 0 && markOf(area.bytes, lead, lead) !== file.mark));
    if (stale || rewritten || filled === lead) {
      area.slab?.release();
      if (file.dropped) file.close();
      else if (rewritten) this.#events.rewritten(file);
      else if (stale) this.wake(file);
      else file.size = Math.min(file.size, file.at);
      return;
    }
    file.size = Math.max(file.size, portion.at - lead + filled);
    if (file.cutAt !== undefined) this.#skip(portion, filled);
    else this.#take(portion, filled);
  }

  #take(portion: Portion, filled: number): void {
    const { file, area, lead } = portion;
    const { framer, maxLineBytes } = this.#settings;
    const toEnd = file.at - lead + filled >= file.size;
    let framed = framer.frame(area, lead, filled, toEnd ? this.#events.flushOf(file) : 'none');
    const limit = maxLineBytes + framer.delimiterBytes;
    const enough = filled - lead >= limit;
    if (framed.count === 0 && enough) framed = framer.frame(area, lead, filled, 'groups');
    if (framed.count === 0 && !enough) return this.#incomplete(portion, filled, toEnd, limit);
    if (framed.count === 0) return this.#cut(portion);
    file.chunkBytes = framed.count === slabRecords ? Math.ceil((framed.consumed - lead) * 1.25) : Number.POSITIVE_INFINITY;
    file.need = 0;
    this.#trim(portion, framed.count);
    this.#emit(portion, framed);
    if (file.at < file.size) this.wake(file);
  }

  /** No record is complete: either it needs a larger area, or it is not written to its end yet. */
  #incomplete({ file, area, lead }: Portion, filled: number, toEnd: boolean, limit: number): void {
    area.slab?.release();
    if (toEnd) {
      file.tried = file.size;
      file.triedAtMs = this.#context.clock.monotonicMs();
      return;
    }
    file.need = Math.min(Math.max(filled - lead, slabBytes) * 2, limit);
    this.wake(file);
  }

  /** The record is longer than allowed: its beginning is a record, and the rest up to its end is skipped. */
  #cut(portion: Portion): void {
    const { file, area, lead } = portion;
    // An even number, so that the next unit of UTF-16 is found.
    const length = this.#settings.maxLineBytes & ~1;
    area.starts[0] = lead;
    area.ends[0] = lead + length;
    file.cutAt = file.at;
    file.need = 0;
    file.annotate({ cutAt: file.at });
    this.#countCut(file, file.at, 1);
    this.#emit(portion, { count: 1, consumed: lead + length });
    this.wake(file);
  }

  #skip({ file, area, lead }: Portion, filled: number): void {
    const { framer } = this.#settings;
    const found = framer.skip(area.bytes, lead, filled);
    // Without a delimiter its first bytes may be the last ones here.
    const passed = found === -1 ? Math.max(0, filled - lead - framer.delimiterBytes + 1) & ~1 : found - lead;
    const to = file.at + passed;
    const mark = passed > 0 ? markOf(area.bytes, lead + passed, Math.min(markBytes, to)) : file.mark;
    file.known?.cursor.take(file.at, to, mark).release();
    area.slab?.release();
    file.at = to;
    file.mark = mark;
    if (found !== -1) {
      file.cutAt = undefined;
      file.annotate({ cutAt: undefined });
    } else if (passed === 0) file.tried = file.size;
    if (file.at < file.size && file.tried !== file.size) this.wake(file);
  }

  /** Records that are in the area whole but are longer than allowed. */
  #trim({ file, area, lead, at }: Portion, count: number): void {
    const { maxLineBytes } = this.#settings;
    if (area.bytes.length <= maxLineBytes) return;
    let cut = 0;
    let first = 0;
    for (let record = 0; record < count; record++) {
      const start = area.starts[record] ?? 0;
      if ((area.ends[record] ?? 0) - start <= maxLineBytes) continue;
      area.ends[record] = start + maxLineBytes;
      if (cut === 0) first = at - lead + start;
      cut += 1;
    }
    if (cut > 0) this.#countCut(file, first, cut);
  }

  #countCut(file: TailedFile, at: number, records: number): void {
    const { counters, log } = this.#context;
    // One sentence for each power of ten: a file that is not text would fill the log.
    const before = String(counters.cutRecords).length;
    counters.cutRecords += records;
    if (counters.cutRecords > records && String(counters.cutRecords).length === before) return;
    log.event('pipeline.file.cut', { path: file.path, at, limit: this.#settings.maxLineBytes, more: counters.cutRecords - 1 });
  }

  #emit({ file, area, lead }: Portion, { count, consumed }: Framed): void {
    const { counters, clock } = this.#context;
    const { known, stream } = file;
    if (known === undefined || stream === undefined) return area.slab?.release();
    const start = file.at;
    const end = start - lead + consumed;
    const mark = markOf(area.bytes, consumed, Math.min(markBytes, end));
    const kept = keepIndex(area, count);
    file.at = end;
    file.mark = mark;
    file.tried = -1;
    // The first one that is read may be another one than was there when it was found.
    if (start === 0 || (file.headLength < headBytes && file.headLength < file.size)) this.#growHead(file);
    counters.records += count;
    counters.bytes += bytesOf(kept, count);
    const receipt = known.cursor.take(start, end, mark);
    this.#outbox.put(new LogBatch({ ...kept, stream, count, base: start - lead, readAtMs: clock.now(), receipt }), file);
  }

  #growHead(file: TailedFile): void {
    const head = headOf(file.bytesAt(0, headBytes));
    file.headLength = Number.parseInt(head, 10);
    file.annotate({ head, size: file.size });
  }
}

/** One read. */
interface Portion {
  readonly file: TailedFile;
  readonly area: Area;
  readonly at: number;
  readonly lead: number;
  readonly length: number;
  readonly generation: string;
}

function bytesOf({ starts, ends }: Area, count: number): number {
  let sum = 0;
  for (let record = 0; record < count; record++) sum += (ends[record] ?? 0) - (starts[record] ?? 0);
  return sum;
}
