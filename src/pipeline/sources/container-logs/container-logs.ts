/** The source `container-logs`: log files of container engines, as they grow. */
import type { LogBatch } from '../../batch.ts';
import type { RecordEvents, RecordRules } from '../../containers/channel-records.ts';
import { ChannelRecords, joined } from '../../containers/channel-records.ts';
import { Handover } from '../../containers/handover.ts';
import { OutStreams } from '../../containers/out-streams.ts';
import type { Positions } from '../../positions/positions.ts';
import type { Source, SourceContext } from '../../source.ts';
import type { Stream } from '../../stream.ts';
import { Outbox } from '../../tail/outbox.ts';
import { selectionOf } from '../../tail/selection.ts';
import type { FileView } from '../../tail/tail.ts';
import { startTailing } from '../../tail/tailer.ts';
import { Lineages } from './lineages.ts';
import { pathLabels } from './path-labels.ts';
import { rawLines } from './raw-lines.ts';
import { readers } from './readers.ts';
import type { ContainerLogsSettings } from './settings.ts';

/** How often it is looked whether a record that goes on was given up. */
const lookEveryMs = 250;
/** Around a message: time, stream, tags; and what escapes add. */
const lineOverheadBytes = 1 << 20;
/** Files of those that were moved out of sight stay open as long as the tailing of plain files would have them. */
const closeMovedAfterMs = 300_000;
/** Files of a container are not all found at once: for so long after the start any of them may be the continuation of one that is still to be found. */
const lookAroundMs = 2_000;
/** A machine that is busy takes longer to open those that were found; files without a byte are never opened. */
const lookAroundMostMs = 15_000;
/** A source that ends waits so long for room for what it has made already. */
const drainMs = 1_000;

const handover = new Handover<Positions, Lineages>((lineages) => {
  for (const file of lineages.files()) file.giveBack();
});

export async function createContainerLogs(settings: ContainerLogsSettings, context: SourceContext): Promise<Source> {
  const source = new ContainerLogs(settings, context);
  await source.start();
  return source;
}

class ContainerLogs implements Source {
  readonly #settings: ContainerLogsSettings;
  readonly #context: SourceContext;
  readonly #rules: RecordRules;
  readonly #events: RecordEvents;
  readonly #lineages: Lineages;
  readonly #byGeneration = new Map<string, ChannelRecords>();
  readonly #outbox: Outbox<undefined>;
  #tailer: Source | undefined;
  #started = false;
  #startedMs = 0;
  #closed = false;
  #cancelTimer: (() => void) | undefined;
  /** It was full since the last look: what is to come may not have come. */
  #wasFull = false;

  constructor(settings: ContainerLogsSettings, context: SourceContext) {
    this.#settings = settings;
    this.#context = context;
    this.#rules = { read: readers[settings.format], maxLineBytes: settings.maxLineBytes, joinTimeoutMs: settings.joinTimeout };
    this.#outbox = new Outbox<undefined>(
      (batch) => context.push(batch),
      () => {},
    );
    this.#events = {
      clock: context.clock,
      emit: (batch) => this.#outbox.put(batch, undefined),
      cut: (path) => this.#cut(path),
      foreign: (path, lines) => this.#foreign(path, lines),
    };
    this.#lineages = handover.takeOver(context.positions, context.name) ?? new Lineages();
    for (const file of this.#lineages.files()) {
      file.view = undefined;
      file.adopt(this.#rules, this.#events);
      this.#byGeneration.set(file.generation, file);
    }
  }

  async start(): Promise<void> {
    const { path, exclude, startPosition, ignoreOlder, maxOpenFiles, maxLineBytes } = this.#settings;
    this.#tailer = await startTailing(
      {
        selection: selectionOf({ path: path.flatMap(withMovedAside), exclude: [...exclude, '*.tmp'] }),
        ...{ startPosition, ignoreOlderMs: ignoreOlder, order: 'fair', maxOpenFiles, closeMovedAfterMs, framer: rawLines },
        maxLineBytes: maxLineBytes * 2 + lineOverheadBytes,
        flushAfterMs: this.#rules.joinTimeoutMs,
      },
      this.#context,
      {
        stream: (file, generation, view) => this.#begin(file, generation, view),
        deliver: (batch, view) => this.#deliver(batch, view),
        finished: (view) => this.#finished(view.generation),
      },
    );
    this.#started = true;
    this.#startedMs = this.#context.clock.monotonicMs();
    for (const file of [...this.#lineages.files()]) if (file.view === undefined && !file.busy) this.#forget(file);
    this.#lookLater();
  }

  problem(): string | undefined {
    return this.#tailer?.problem();
  }

  lags(limit: number) {
    return this.#tailer?.lags?.(limit) ?? [];
  }

  lagBytes(): number {
    return this.#tailer?.lagBytes?.() ?? 0;
  }

  files(): number {
    return this.#tailer?.files?.() ?? 0;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#tailer?.close();
    await this.#drained();
    this.#outbox.close();
    handover.leave(this.#context.positions, this.#context.name, this.#lineages);
  }

  /** What was made already had better leave than be read again; but a sink that is away holds nobody up. */
  async #drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#context.clock.after(drainMs, resolve);
    await Promise.race([this.#outbox.room(), promise]);
    cancel();
  }

  #begin(path: string, generation: string, view: FileView): Stream {
    const { labels, tags } = this.#settings;
    const format = this.#settings.content === 'json' ? 'json' : 'text';
    const stream: Stream = { source: this.#context.name, generation, labels: { ...pathLabels(path), ...labels }, tags, format, path };
    const known = this.#byGeneration.get(generation);
    const file = known ?? new ChannelRecords(generation, path, new OutStreams(stream, this.#settings.content), this.#rules, this.#events);
    if (known !== undefined) file.out = new OutStreams(stream, this.#settings.content);
    file.view = view;
    this.#byGeneration.set(generation, file);
    this.#lineages.add(file);
    return stream;
  }

  #deliver(batch: LogBatch, view: FileView): Promise<void> | undefined {
    const file = this.#byGeneration.get(batch.stream.generation);
    // Its stream was asked for before.
    if (file === undefined) throw new Error(`records of ${view.path}, which was not begun`);
    file.view = view;
    const position = batch.positionOf(0);
    if (position < file.expected) this.#lineages.rewind(file, position);
    if (position === 0) file.waiting = this.#looksAround || this.#lineages.mayContinue(file, this.#context.clock.monotonicMs());
    file.take(batch);
    this.#outbox.flush();
    this.#lookLater();
    if (!this.#outbox.full) return undefined;
    this.#wasFull = true;
    return this.#outbox.room().then(() => {});
  }

  #finished(generation: string): void {
    const file = this.#byGeneration.get(generation);
    if (file === undefined) return;
    file.view = undefined;
    if (!file.busy) this.#forget(file);
  }

  #forget(file: ChannelRecords): void {
    this.#lineages.remove(file);
    this.#byGeneration.delete(file.generation);
  }

  #lookLater(): void {
    if (this.#cancelTimer !== undefined || this.#closed || !this.#started) return;
    this.#cancelTimer = this.#context.clock.after(lookEveryMs, () => {
      this.#cancelTimer = undefined;
      this.#look();
    });
  }

  /** Only when there is room: then everything that was read has come here. */
  #look(): void {
    const nowMs = this.#context.clock.monotonicMs();
    const mayLook = !this.#outbox.full && !this.#wasFull;
    if (!this.#outbox.full) this.#wasFull = false;
    let busy = false;
    for (const file of this.#lineages.inOrder()) {
      if (!file.busy && file.view !== undefined) continue;
      if (mayLook) this.#lookAt(file, nowMs);
      if (!file.busy && file.view === undefined) this.#forget(file);
      busy ||= file.busy;
    }
    this.#outbox.flush();
    if (busy) this.#lookLater();
  }

  get #looksAround(): boolean {
    if (!this.#started) return true;
    const forMs = this.#context.clock.monotonicMs() - this.#startedMs;
    return forMs < lookAroundMs || (forMs < lookAroundMostMs && this.#opened() < this.files());
  }

  #opened(): number {
    let count = 0;
    for (const { view } of this.#byGeneration.values()) if (view !== undefined) count += 1;
    return count;
  }

  #lookAt(file: ChannelRecords, nowMs: number): void {
    const { joinTimeoutMs } = this.#rules;
    if (file.waiting && !this.#looksAround) this.#lineages.settle(file, nowMs, joinTimeoutMs);
    if (file.waiting || file.view?.drained === false) return;
    for (const channel of joined) {
      const open = file.open[channel];
      if (open !== undefined && nowMs - open.touchedMs >= joinTimeoutMs) file.finish(channel);
    }
  }

  #cut(path: string): void {
    const { counters, log } = this.#context;
    const before = String(counters.cutRecords).length;
    counters.cutRecords += 1;
    if (counters.cutRecords === 1 || String(counters.cutRecords).length > before)
      log.event('pipeline.containers.cut', { path, limit: this.#rules.maxLineBytes, records: counters.cutRecords });
  }

  #foreign(path: string, lines: number): void {
    const { counters, log } = this.#context;
    const before = String(counters.errors).length;
    const first = counters.errors === 0;
    counters.errors += lines;
    if (first || String(counters.errors).length > before) log.event('pipeline.containers.foreign-lines', { path, lines: counters.errors });
  }
}

/** Engines move full files aside, to where only their names continue: what was not read of them when we were away is there. */
function withMovedAside(pattern: string): readonly string[] {
  return pattern.endsWith('.log') ? [pattern, `${pattern}.*`] : [pattern];
}
