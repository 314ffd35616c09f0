/** What a transform is made of. A transform does one or more of these; the chain puts neighbours together so that a record is taken apart once. */

import type { LogBatch } from '../batch.ts';
import type { TakenApart } from '../conditions/lookup.ts';
import type { FieldTable } from '../json-bytes/field-table.ts';
import type { Stream } from '../stream.ts';
import type { ChainContext, Explanation, StepCounters } from './chain.ts';

export type Step = StreamStep | PickStep | ChangeStep | RewriteStep;

export interface StepContext extends ChainContext {
  /** Of the transform that the step belongs to; steps add to `errors` only. */
  readonly counters: StepCounters;
}

/** Changes what is the same for all records of a stream, without looking at any. */
export interface StreamStep {
  readonly kind: 'stream';
  streamFor(stream: Stream): Stream;
}

/** Says of each record whether it goes on. Asked once for each, in order; may remember what it has seen. */
export interface PickStep {
  readonly kind: 'pick';
  /** It asks for all bytes of the record: what was changed before it has to be written first. */
  readonly wholeRecord?: boolean;
  /** `bytes` of the batch before `to` are what records lie in. To keep a part of the batch is to hold its receipt. */
  begin(batch: LogBatch, to: number): void;
  keeps(bytes: Buffer, start: number, end: number, record: number): boolean;
  keepsParts(parts: Parts, record: number): boolean;
  /** After the last record of the batch. */
  end?(): void;
  /** The chain was compiled anew and this step, with all it remembers, goes on in it. */
  renew?(context: StepContext): void;
  /** Lets go of everything: timers, receipts. */
  close?(): void;
}

/** Changes fields. */
export interface ChangeStep {
  readonly kind: 'change';
  /** What records are afterwards, where that is something else. */
  streamFor?(stream: Stream): Stream;
  begin(batch: LogBatch): void;
  /** False: the record goes no further. */
  change(parts: Parts, record: number): boolean;
}

/** Changes bytes within records, few of them as a rule. */
export interface RewriteStep {
  readonly kind: 'rewrite';
  begin(batch: LogBatch, to: number): void;
  /** What takes the place of the record; undefined when nothing changes. */
  rewrite(bytes: Buffer, start: number, end: number): Buffer | undefined;
}

/** A record while it is changed: its bytes, and its fields if it is an object. */
export interface Parts extends TakenApart {
  readonly table: FieldTable | undefined;
  /** Makes it an object without fields. */
  makeObject(): FieldTable;
  /** Takes its bytes for an object; false when they are none. */
  loadObject(): boolean;
  /** It is no object after all, but the bytes that it was. */
  unmakeObject(): void;
  setTime(ms: number): void;
}

/** What a folder in here gives to the chain. */
export interface Transform<Settings> {
  compile(settings: Settings, context: StepContext): readonly Step[];
  explain(settings: Settings): Omit<Explanation, 'name' | 'type'>;
}

/** The streams that a step makes are as many as it gets, so that what comes from one stream is recognised further down. */
export function eachStreamOnce(make: (stream: Stream) => Stream): (stream: Stream) => Stream {
  const made = new WeakMap<Stream, Stream>();
  return (stream) => {
    const known = made.get(stream);
    if (known !== undefined) return known;
    const changed = make(stream);
    made.set(stream, changed);
    return changed;
  };
}
