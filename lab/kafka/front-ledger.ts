/**
 * A broker's view of sequence numbers (ProducerStateManager of Kafka): each partition knows for each producer its epoch and the last five batches. A batch that was appended
 * already is acknowledged and not appended again; one that leaves a gap is refused.
 */
import { dropped, framed } from './front-frames.ts';

const [none, outOfOrder, staleEpoch] = [0, 45, 47];

interface Part {
  readonly topic: string;
  readonly partition: number;
  readonly records: Buffer;
}

interface Checked {
  readonly forward: Buffer | undefined;
  readonly refused: Buffer;
  readonly undo: (answer: Buffer | undefined) => void;
}

/** Each producer in each partition; the id of the producer stands at byte 43 of a RecordBatch. */
const keyOf = ({ topic, partition, records }: Part): string => `${topic}/${partition}/${records.readBigInt64BE(43)}`;

interface Known {
  readonly epoch: number;
  readonly next: number;
  /** First sequence numbers of the last five batches. */
  readonly recent: readonly number[];
}

export class Ledger {
  readonly #known = new Map<string, Known>();
  /** What was refused or recognised, for tests to look at. */
  readonly refused: { readonly partition: string; readonly error: number }[] = [];
  duplicates = 0;
  batches = 0;
  /** Most requests that one partition had under way at once is not seen here; most parts of a request is. */
  largestRequest = 0;

  /** Forgets everything, as a broker does whose producer state expired. */
  forget(): void {
    this.#known.clear();
  }

  /** A Produce request (version 7) → what of it goes to the broker, and the entries of the answer for the rest. */
  check(frame: Buffer): Checked {
    const { head, parts } = parseProduce(frame);
    const before = new Map(this.#known);
    this.largestRequest = Math.max(this.largestRequest, parts.length);
    const judged = parts.map((part) => ({ part, verdict: this.#judge(part) }));
    const forwarded = judged.filter(({ verdict }) => verdict === undefined).map(({ part }) => part);
    const entries = judged.flatMap(({ part, verdict }) => (verdict === undefined ? [] : [entry(part, verdict)]));
    const refused = Buffer.concat(entries);
    const undo = (answer: Buffer | undefined) => this.#undo(before, forwarded, answer);
    if (forwarded.length === parts.length) return { forward: frame, refused: dropped, undo };
    if (forwarded.length > 0) return { forward: buildProduce(head, forwarded), refused, undo };
    const count = Buffer.alloc(8);
    count.writeInt32BE(frame.readInt32BE(8), 0);
    count.writeInt32BE(entries.length, 4);
    return { forward: undefined, refused: framed(Buffer.concat([count, refused, Buffer.alloc(4)])), undo };
  }

  /** The broker's answer together with the entries that it knows nothing of. */
  merge(frame: Buffer, refused: Buffer): Buffer {
    if (refused.length === 0) return frame;
    const topics = frame.readInt32BE(8);
    const extra = countEntries(refused);
    const merged = framed(Buffer.concat([frame.subarray(4, 12), refused, frame.subarray(12)]));
    merged.writeInt32BE(topics + extra, 8);
    return merged;
  }

  /** Other partitions than these may have gone on since. */
  #undo(before: ReadonlyMap<string, Known>, parts: readonly Part[], answer: Buffer | undefined): void {
    const failed = answer === undefined ? undefined : failedParts(answer);
    for (const part of parts) {
      if (failed !== undefined && !failed.has(`${part.topic}/${part.partition}`)) continue;
      const key = keyOf(part);
      const known = before.get(key);
      if (known === undefined) this.#known.delete(key);
      else this.#known.set(key, known);
    }
  }

  /** undefined: append it. */
  #judge(part: Part): number | undefined {
    const { topic, partition, records } = part;
    this.batches += 1;
    if (records.readBigInt64BE(43) === -1n) return undefined;
    const [epoch, first, count] = [records.readInt16BE(51), records.readInt32BE(53), records.readInt32BE(57)];
    const key = keyOf(part);
    const known = this.#known.get(key);
    if (known !== undefined && epoch === known.epoch && known.recent.includes(first)) {
      this.duplicates += 1;
      return none;
    }
    const error =
      known !== undefined && epoch < known.epoch
        ? staleEpoch
        : first !== (known?.epoch === epoch ? known.next : 0)
          ? outOfOrder
          : undefined;
    if (error !== undefined) {
      this.refused.push({ partition: `${topic}/${partition}`, error });
      return error;
    }
    const recent = known?.epoch === epoch ? known.recent : [];
    this.#known.set(key, { epoch, next: first + count, recent: [...recent, first].slice(-5) });
    return undefined;
  }
}

/** Of a Produce response (version 7): those that have an error. */
function failedParts(answer: Buffer): ReadonlySet<string> {
  const failed = new Set<string>();
  let at = 12;
  for (let topics = answer.readInt32BE(8); topics > 0; topics--) {
    const nameEnd = at + 2 + answer.readInt16BE(at);
    const topic = answer.toString('utf8', at + 2, nameEnd);
    at = nameEnd + 4;
    for (let partitions = answer.readInt32BE(nameEnd); partitions > 0; partitions--, at += 30)
      if (answer.readInt16BE(at + 4) !== 0) failed.add(`${topic}/${answer.readInt32BE(at)}`);
  }
  return failed;
}

/** Each refused part is a topic entry of its own, with one partition. */
function entry({ topic, partition }: Part, error: number): Buffer {
  const name = Buffer.from(topic);
  const bytes = Buffer.alloc(2 + name.length + 4 + 4 + 2 + 24);
  bytes.writeInt16BE(name.length, 0);
  name.copy(bytes, 2);
  let at = bytes.writeInt32BE(1, 2 + name.length);
  at = bytes.writeInt32BE(partition, at);
  bytes.writeInt16BE(error, at);
  return bytes;
}

function countEntries(entries: Buffer): number {
  let count = 0;
  for (let at = 0; at < entries.length; at += 2 + entries.readInt16BE(at) + 34) count += 1;
  return count;
}

function parseProduce(frame: Buffer): { readonly head: Buffer; readonly parts: readonly Part[] } {
  let at = 12;
  at += 2 + Math.max(0, frame.readInt16BE(at)); // client id
  at += 2 + Math.max(0, frame.readInt16BE(at)); // transactional id
  at += 6; // acks, timeout
  const head = frame.subarray(4, at);
  const parts: Part[] = [];
  let topics = frame.readInt32BE(at);
  at += 4;
  for (; topics > 0; topics--) {
    const nameEnd = at + 2 + frame.readInt16BE(at);
    const topic = frame.toString('utf8', at + 2, nameEnd);
    let partitions = frame.readInt32BE(nameEnd);
    at = nameEnd + 4;
    for (; partitions > 0; partitions--) {
      const partition = frame.readInt32BE(at);
      const end = at + 8 + frame.readInt32BE(at + 4);
      parts.push({ topic, partition, records: frame.subarray(at + 8, end) });
      at = end;
    }
  }
  return { head, parts };
}

function buildProduce(head: Buffer, parts: readonly Part[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeInt32BE(parts.length, 0);
  const bodies = parts.flatMap(({ topic, partition, records }) => {
    const name = Buffer.from(topic);
    const start = Buffer.alloc(2 + name.length + 12);
    start.writeInt16BE(name.length, 0);
    name.copy(start, 2);
    let at = start.writeInt32BE(1, 2 + name.length);
    at = start.writeInt32BE(partition, at);
    start.writeInt32BE(records.length, at);
    return [start, records];
  });
  return framed(Buffer.concat([head, count, ...bodies]));
}
