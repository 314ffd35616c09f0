/** Records on their way to one partition: one RecordBatch, from the first record in it to its acknowledgement. */
import type { Receipt } from '../../receipt.ts';
import type { Stream } from '../../stream.ts';
import type { ProducerId } from './protocol/init-producer-id.ts';
import type { Piece } from './protocol/record-batch.ts';
import type { Topic } from './topic.ts';

/** What one receipt has in a batch; shares stand in the order of the records. */
export interface Share {
  readonly receipt: Receipt;
  readonly stream: Stream;
  readonly records: number;
  /** Bytes of records as they were taken over. */
  readonly bytes: number;
}

/** Memory that is used again when nobody holds it. */
export interface Room {
  hold(): void;
  release(): void;
}

export interface HeldPiece extends Piece {
  /** Undefined: on the heap, and left to the garbage collector. */
  readonly room: Room | undefined;
}

/** What is wrong with a batch that cannot be sent as it is. */
export interface Mend {
  readonly how: 'split' | 'recode';
  /** What the broker said, as a sentence. */
  readonly reason: string;
}

export class WireBatch {
  readonly topic: Topic;
  /** Its records have keys that belong into this partition, and may go nowhere else. */
  readonly bound: boolean;
  readonly baseTimestampMs: number;
  readonly openedMs: number;
  maxTimestampMs: number;
  records = 0;
  /** As encoded, before compression. */
  encodedBytes = 0;
  /** What it takes from the bytes that may be in flight. */
  countedBytes = 0;
  pieces: HeldPiece[] = [];
  shares: Share[] = [];
  /** Number of the compression that its pieces are in; undefined while it is not ready to be sent. */
  codec: number | undefined;
  /** Given when it is sent for the first time; it is sent again with the same, so that the broker knows it. */
  producer: ProducerId | undefined;
  sequence = 0;
  /** In which order it was sent first. */
  order = 0;
  /** An attempt had no answer, or one that leaves open whether it was appended. */
  unclear = false;
  /** How often it arrived damaged. */
  damaged = 0;
  mend: Mend | undefined;

  constructor(topic: Topic, bound: boolean, baseTimestampMs: number, openedMs: number) {
    this.topic = topic;
    this.bound = bound;
    this.baseTimestampMs = baseTimestampMs;
    this.maxTimestampMs = baseTimestampMs;
    this.openedMs = openedMs;
  }

  /** Appends encoded bytes; what follows directly on the last piece becomes a part of it. */
  extend(room: Room | undefined, bytes: Buffer, start: number, end: number): void {
    this.encodedBytes += end - start;
    const last = this.pieces.at(-1);
    if (last !== undefined && last.bytes === bytes && last.end === start) this.pieces[this.pieces.length - 1] = { ...last, end };
    else {
      room?.hold();
      this.pieces.push({ bytes, start, end, room });
    }
  }

  /** Exchanges the bytes for others, and gives the room of the old ones back. */
  replacePieces(pieces: readonly HeldPiece[]): void {
    for (const piece of this.pieces) piece.room?.release();
    this.pieces = [...pieces];
  }

  /** All its bytes in one buffer, without a copy where they stand together. */
  contiguous(): Buffer {
    const [first] = this.pieces;
    if (this.pieces.length === 1 && first !== undefined) return first.bytes.subarray(first.start, first.end);
    return Buffer.concat(this.pieces.map(({ bytes, start, end }) => bytes.subarray(start, end)));
  }
}

export const heapPiece = (bytes: Buffer): HeldPiece => ({ bytes, start: 0, end: bytes.length, room: undefined });
