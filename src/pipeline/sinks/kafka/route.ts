/** Which topic and partition records go to: for all of a batch at once, where the settings allow it, and for each record where they do not. */
import { LogBatch } from '../../batch.ts';
import { extentOf } from '../../encode/columns.ts';
import { decodeString, FieldFinder } from '../../json-bytes/field-finder.ts';
import { backslash, quote } from '../../json-bytes/scan.ts';
import type { Stream } from '../../stream.ts';
import { murmur2, partitionOfKey } from './murmur2.ts';
import type { PatternPart } from './pattern.ts';
import { parsePattern, topicName } from './pattern.ts';
import type { Topic } from './topic.ts';

/** Records of a batch that go the same way. */
export interface Portion {
  readonly topic: Topic;
  /** Undefined: any. */
  readonly partition: number | undefined;
  /** Which records; undefined: all. */
  readonly select: Uint32Array | undefined;
}

export interface Routed {
  /** The same records; other bytes where keys had to be written that do not stand in them. */
  readonly batch: LogBatch;
  readonly portions: readonly Portion[];
  readonly keyStarts?: Uint32Array;
  readonly keyEnds?: Uint32Array;
}

export interface RouterOptions {
  readonly pattern: string;
  readonly key: string | undefined;
  readonly maxTopics: number;
  topic(name: string): Topic;
  tooManyTopics(name: string, instead: string): void;
}

/** The start of a key that is none is behind its end. */
const noKey = { start: 1, end: 0 } as const;

export class Router {
  readonly #options: RouterOptions;
  readonly #pattern: readonly PatternPart[];
  readonly #finders: ReadonlyMap<string, FieldFinder>;
  readonly #keyLabel: string | undefined;
  readonly #keyField: string | undefined;
  readonly #topics = new Map<string, Topic>();
  readonly #ofStream = new WeakMap<Stream, Topic>();

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#pattern = parsePattern(options.pattern);
    const [, kind, name] = /^(label|field):(.+)$/s.exec(options.key ?? '') ?? [];
    this.#keyLabel = kind === 'label' ? name : undefined;
    this.#keyField = kind === 'field' ? name : undefined;
    const fields = this.#pattern.flatMap((part) => (part.kind === 'field' ? [part.name] : []));
    if (this.#keyField !== undefined) fields.push(this.#keyField);
    this.#finders = new Map(fields.map((field) => [field, new FieldFinder(field)]));
    // Known from the start, so that the cluster is asked for it before the first record comes.
    if (this.#pattern.every(({ kind: of }) => of === 'text')) this.#topicFor(options.pattern);
  }

  /** A topic: its partitions are not known yet, and keys cannot be placed before they are. */
  route(batch: LogBatch): Routed | Topic {
    if (this.#pattern.some(({ kind }) => kind === 'field') || this.#keyField !== undefined) return this.#each(batch);
    const topic = this.#topicOfStream(batch.stream);
    const key = this.#keyLabel === undefined ? undefined : batch.stream.labels[this.#keyLabel];
    if (key === undefined) return { batch, portions: [{ topic, partition: undefined, select: undefined }] };
    if (topic.partitions.length === 0) return topic;
    const bytes = Buffer.from(key);
    const keyed = withAppended(batch, [bytes]);
    return {
      batch: keyed.batch,
      portions: [{ topic, partition: partitionOfKey(murmur2(bytes), topic.partitions.length), select: undefined }],
      keyStarts: new Uint32Array(batch.count).fill(keyed.at),
      keyEnds: new Uint32Array(batch.count).fill(keyed.at + bytes.length),
    };
  }

  #topicOfStream(stream: Stream): Topic {
    const known = this.#ofStream.get(stream);
    if (known !== undefined) return known;
    const topic = this.#topicFor(this.#nameOf(stream, undefined));
    this.#ofStream.set(stream, topic);
    return topic;
  }

  #topicFor(text: string): Topic {
    const known = this.#topics.get(text);
    if (known !== undefined) return known;
    const name = topicName(text);
    const wide = topicName(this.#pattern.map((part) => (part.kind === 'text' ? part.text : '')).join(''));
    const room = this.#topics.size < this.#options.maxTopics;
    if (!room && name !== wide) this.#options.tooManyTopics(name, wide);
    const topic = this.#options.topic(room ? name : wide);
    // Beyond the limit nothing is remembered, or the names alone would fill the memory.
    if (room) this.#topics.set(text, topic);
    return topic;
  }

  #nameOf(stream: Stream, fields: ((name: string) => string | undefined) | undefined): string {
    return this.#pattern
      .map((part) => {
        if (part.kind === 'text') return part.text;
        return (part.kind === 'label' ? stream.labels[part.name] : fields?.(part.name)) ?? 'none';
      })
      .join('');
  }

  #each(batch: LogBatch): Routed | Topic {
    const { bytes, starts, ends, count, stream } = batch;
    for (const finder of this.#finders.values()) finder.begin(bytes, extentOf(batch).to);
    const varies = this.#pattern.some(({ kind }) => kind === 'field');
    const keys = new Keys(batch, this.#keyField === undefined ? undefined : this.#finders.get(this.#keyField));
    const groups = new Groups(count);
    let topic = varies ? undefined : this.#topicOfStream(stream);
    for (let record = 0; record < count; record++) {
      const start = starts[record] ?? 0;
      const end = ends[record] ?? 0;
      if (varies || topic === undefined) topic = this.#topicFor(this.#nameOf(stream, (name) => this.#textOf(name, bytes, start, end)));
      const hash = keys.find(record, start, end);
      if (hash !== undefined && topic.partitions.length === 0) return topic;
      groups.add(record, topic, hash === undefined ? -1 : partitionOfKey(hash, topic.partitions.length));
    }
    return { ...keys.finish(), portions: groups.portions() };
  }

  /** A string without its quotes, anything else as it stands there. */
  #textOf(name: string, bytes: Buffer, start: number, end: number): string | undefined {
    const finder = this.#finders.get(name);
    if (finder === undefined || !finder.find(bytes, start, end)) return undefined;
    const { valueStart, valueEnd } = finder;
    if (bytes[valueStart] !== quote) return bytes.toString('utf8', valueStart, valueEnd);
    return decodeString(bytes, valueStart + 1, valueEnd - 1);
  }
}

/** The keys of the records of a batch, found in their bytes; those with escapes are decoded and put behind them. */
class Keys {
  readonly #batch: LogBatch;
  readonly #finder: FieldFinder | undefined;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #decoded: { readonly record: number; readonly bytes: Buffer }[] = [];

  constructor(batch: LogBatch, finder: FieldFinder | undefined) {
    this.#batch = batch;
    this.#finder = finder;
    this.#starts = new Uint32Array(finder === undefined ? 0 : batch.count);
    this.#ends = new Uint32Array(finder === undefined ? 0 : batch.count);
  }

  /** The hash of the record's key; undefined for one without: it has no such field, or null there. */
  find(record: number, start: number, end: number): number | undefined {
    if (this.#finder === undefined) return undefined;
    const { bytes } = this.#batch;
    this.#starts[record] = noKey.start;
    this.#ends[record] = noKey.end;
    if (!this.#finder.find(bytes, start, end)) return undefined;
    const { valueStart, valueEnd } = this.#finder;
    if (bytes[valueStart] !== quote) {
      if (valueEnd - valueStart === 4 && bytes.toString('latin1', valueStart, valueEnd) === 'null') return undefined;
      return this.#at(record, valueStart, valueEnd);
    }
    if (!bytes.subarray(valueStart, valueEnd).includes(backslash)) return this.#at(record, valueStart + 1, valueEnd - 1);
    const decoded = Buffer.from(decodeString(bytes, valueStart + 1, valueEnd - 1) ?? bytes.subarray(valueStart + 1, valueEnd - 1));
    this.#decoded.push({ record, bytes: decoded });
    return murmur2(decoded);
  }

  finish(): { readonly batch: LogBatch; readonly keyStarts?: Uint32Array; readonly keyEnds?: Uint32Array } {
    if (this.#finder === undefined) return { batch: this.#batch };
    const [starts, ends] = [this.#starts, this.#ends];
    if (this.#decoded.length === 0) return { batch: this.#batch, keyStarts: starts, keyEnds: ends };
    const appended = withAppended(
      this.#batch,
      this.#decoded.map(({ bytes }) => bytes),
    );
    let { at } = appended;
    for (const { record, bytes } of this.#decoded) {
      starts[record] = at;
      at += bytes.length;
      ends[record] = at;
    }
    return { batch: appended.batch, keyStarts: starts, keyEnds: ends };
  }

  #at(record: number, start: number, end: number): number {
    this.#starts[record] = start;
    this.#ends[record] = end;
    return murmur2(this.#batch.bytes, start, end);
  }
}

/** The batch with more bytes behind it, on the heap. The holds are those of the batch that was given; it stays the one to let go of. */
function withAppended(batch: LogBatch, more: readonly Buffer[]): { readonly batch: LogBatch; readonly at: number } {
  const { to } = extentOf(batch);
  const bytes = Buffer.concat([batch.bytes.subarray(0, to), ...more]);
  const { stream, starts, ends, count, base, positions, times, readAtMs, receipt } = batch;
  return { batch: new LogBatch({ stream, bytes, starts, ends, count, base, positions, times, readAtMs, receipt }), at: to };
}

interface Group {
  readonly topic: Topic;
  readonly partition: number;
  records: number;
  at: number;
}

/** Sorts records by where they go, without changing their order there. */
class Groups {
  readonly #of: Uint32Array;
  readonly #groups: Group[] = [];
  readonly #byTopic = new Map<Topic, number[]>();

  constructor(count: number) {
    this.#of = new Uint32Array(count);
  }

  add(record: number, topic: Topic, partition: number): void {
    let indexes = this.#byTopic.get(topic);
    if (indexes === undefined) {
      indexes = [];
      this.#byTopic.set(topic, indexes);
    }
    let index = indexes[partition + 1];
    if (index === undefined) {
      index = this.#groups.push({ topic, partition, records: 0, at: 0 }) - 1;
      indexes[partition + 1] = index;
    }
    const group = this.#groups[index];
    if (group !== undefined) group.records += 1;
    this.#of[record] = index;
  }

  portions(): readonly Portion[] {
    const order = new Uint32Array(this.#of.length);
    let at = 0;
    for (const group of this.#groups) {
      group.at = at;
      at += group.records;
    }
    for (let record = 0; record < order.length; record++) {
      const group = this.#groups[this.#of[record] ?? 0];
      if (group !== undefined) order[group.at++] = record;
    }
    return this.#groups.map(({ topic, partition, records, at: end }) => ({
      topic,
      partition: partition === -1 ? undefined : partition,
      select: order.subarray(end - records, end),
    }));
  }
}
