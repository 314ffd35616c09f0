/**
 * The source `journald`: entries of systemd's journal, as its own `journalctl` gives them.
 *
 * The journal can be read again from any entry on, so records are not written to the spool first. The position of a record counts the bytes of the export format
 * since the first entry that was read: the same entry has the same one when it is read again.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { uptime } from 'node:os';
import { type Backoff, backoffMs } from '../../../core/backoff.ts';
import { LogBatch } from '../../batch.ts';
import type { Cursor } from '../../positions/positions.ts';
import type { Source, SourceContext } from '../../source.ts';
import type { Stream } from '../../stream.ts';
import { Outbox } from '../../tail/outbox.ts';
import { journalctlArguments } from './arguments.ts';
import { EntryWriter } from './entry-writer.ts';
import { readEntries } from './export-format.ts';
import type { JournaldSettings } from './settings.ts';

const backoff: Backoff = { firstMs: 200, maxMs: 5_000 };
/** Of what the program says when it fails. */
const maxComplaintBytes = 2_000;
/** Entries of one batch at most. */
const mostEntries = 4_096;
const drainMs = 1_000;

/** By cursor of the positions: the journal's cursors of ranges that are on their way, for whoever goes on. */
const placesOf = new WeakMap<Cursor, Map<number, string>>();

export async function createJournald(settings: JournaldSettings, context: SourceContext): Promise<Source> {
  return new Journald(settings, context);
}

class Journald implements Source {
  readonly #settings: JournaldSettings;
  readonly #context: SourceContext;
  readonly #cursor: Cursor;
  readonly #places: Map<number, string>;
  readonly #stream: Stream;
  readonly #outbox: Outbox<undefined>;
  readonly #running: Promise<void>;
  readonly #closing = Promise.withResolvers<false>();
  #closed = false;
  #problem: string | undefined;
  #kill = () => {};
  #wake = () => {};

  constructor(settings: JournaldSettings, context: SourceContext) {
    this.#settings = settings;
    this.#context = context;
    this.#cursor = context.positions.cursor(context.name, 'journal');
    if (typeof this.#cursor.note.generation !== 'string')
      this.#cursor.note = { generation: randomBytes(8).toString('hex'), sinceMs: startMs(settings, context.clock.now()) };
    this.#places = placesOf.get(this.#cursor) ?? new Map();
    placesOf.set(this.#cursor, this.#places);
    const { labels, tags, fields } = settings;
    const format = fields === 'message' ? 'text' : 'json';
    this.#stream = { source: context.name, generation: String(this.#cursor.note.generation), labels, tags, format };
    this.#outbox = new Outbox<undefined>(
      (batch) => context.push(batch),
      () => {},
    );
    // What is on its way to us is older than what has to be read now.
    this.#cursor.onRewind(() => this.#kill());
    this.#running = this.#run();
  }

  problem(): string | undefined {
    return this.#problem;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#closing.resolve(false);
    this.#kill();
    this.#wake();
    await this.#running;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#context.clock.after(drainMs, resolve);
    await Promise.race([this.#outbox.room(), promise]);
    cancel();
    this.#cursor.onRewind(undefined);
    this.#outbox.close();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#closed) {
      const read = this.#cursor.read;
      const reason = await this.#once();
      if (this.#closed) return;
      if (reason === undefined) continue;
      failures = this.#cursor.read > read ? 1 : failures + 1;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const cancel = this.#context.clock.after(backoffMs(backoff, failures, this.#context.random), resolve);
      await promise;
      cancel();
    }
  }

  /** Why it ended; undefined when it was asked to. */
  async #once(): Promise<string | undefined> {
    const { journalctl } = this.#settings;
    const { log, counters } = this.#context;
    const { read, acknowledged, note } = this.#cursor;
    const mark = typeof note.mark === 'string' ? note.mark : undefined;
    const cursor = this.#places.get(read) ?? (read === acknowledged ? mark : undefined);
    const sinceMs = typeof note.sinceMs === 'number' ? note.sinceMs : 0;
    const child = spawn(journalctl, [...journalctlArguments(this.#settings, { cursor, sinceMs })], { stdio: ['ignore', 'pipe', 'pipe'] });
    let asked = this.#closed;
    this.#kill = () => {
      asked = true;
      child.kill();
    };
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = `${complaint}${chunk}`.slice(-maxComplaintBytes);
    });
    const ended = once(child, 'close').catch((cause: unknown) => cause);
    child.once('spawn', () => {
      this.#problem = undefined;
      log.event('pipeline.journald.started', {
        program: journalctl,
        from: cursor === undefined ? 'from its beginning' : 'from where it was left',
      });
    });
    let reason: string | undefined;
    try {
      await this.#read(child.stdout, () => asked);
    } catch (cause) {
      reason = cause instanceof Error ? cause.message : String(cause);
      child.kill();
    }
    const outcome = await ended;
    if (asked) return undefined;
    counters.errors += 1;
    const unavailable = outcome instanceof Error;
    reason ??= unavailable
      ? outcome.message
      : complaint.trim() || `it ended with code ${String(Array.isArray(outcome) ? outcome[0] : outcome)}`;
    const problem = `${journalctl}: ${reason}`;
    if (this.#problem !== problem)
      log.event(unavailable ? 'pipeline.journald.unavailable' : 'pipeline.journald.ended', { program: journalctl, reason });
    this.#problem = problem;
    return reason;
  }

  async #read(output: AsyncIterable<Buffer>, stopped: () => boolean): Promise<void> {
    const { maxEntryBytes, fields } = this.#settings;
    const writer = new EntryWriter(fields, maxEntryBytes, () => {
      this.#context.counters.cutRecords += 1;
    });
    let bytes = Buffer.alloc(0);
    let length = 0;
    for await (const chunk of output) {
      if (bytes.length < length + chunk.length) {
        // Twice as much, so that an entry of many portions is not copied for each of them.
        const larger = Buffer.allocUnsafe((length + chunk.length) * 2);
        bytes.copy(larger, 0, 0, length);
        bytes = larger;
      }
      length += chunk.copy(bytes, length);
      let consumed = 0;
      for (;;) {
        if (stopped() || (this.#outbox.full && !(await Promise.race([this.#outbox.room(), this.#closing.promise])))) return;
        if (stopped()) return;
        const read = readEntries(bytes.subarray(consumed, length), writer, mostEntries);
        if (read === 0) break;
        this.#emit(writer, read);
        consumed += read;
      }
      if (consumed > 0) bytes.copyWithin(0, consumed, length);
      length -= consumed;
    }
  }

  #emit(writer: EntryWriter, consumed: number): void {
    const { counters, clock } = this.#context;
    const cursor = this.#cursor;
    const { bytes, starts, ends, times, entries } = writer.take();
    const start = cursor.read;
    const end = start + consumed;
    const positions = entries.map((at) => start + at);
    for (const known of this.#places.keys()) if (known < cursor.acknowledged) this.#places.delete(known);
    if (writer.cursor !== undefined) this.#places.set(end, writer.cursor);
    const receipt = cursor.take(start, end, writer.cursor);
    counters.records += starts.length;
    counters.bytes += bytes.length;
    this.#outbox.put(
      new LogBatch({
        stream: this.#stream,
        bytes,
        starts,
        ends,
        count: starts.length,
        base: start,
        positions,
        times,
        readAtMs: clock.now(),
        receipt,
      }),
      undefined,
    );
    this.#outbox.flush();
  }
}

function startMs({ startPosition }: JournaldSettings, nowMs: number): number {
  if (startPosition === 'beginning') return 0;
  return startPosition === 'end' ? nowMs : nowMs - uptime() * 1000;
}
