import { FieldTable } from '../json-bytes/field-table.ts';
import type { Parts } from './step.ts';

const nothing = Buffer.alloc(0);

/** One serves record after record. */
export class RecordParts implements Parts {
  bytes: Buffer = nothing;
  start = 0;
  end = 0;
  table: FieldTable | undefined;
  time = Number.NaN;
  timed = false;
  readonly #table = new FieldTable();

  load(bytes: Buffer, start: number, end: number, isText: boolean, time: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.time = time;
    this.table = !isText && this.#table.load(bytes, start, end) ? this.#table : undefined;
  }

  makeObject(): FieldTable {
    this.#table.clear();
    this.table = this.#table;
    return this.#table;
  }

  loadObject(): boolean {
    this.table = this.#table.loadStrictly(this.bytes, this.start, this.end) ? this.#table : undefined;
    return this.table !== undefined;
  }

  unmakeObject(): void {
    this.table = undefined;
  }

  setTime(ms: number): void {
    this.time = ms;
    this.timed = true;
  }
}
