/** The index of the records of one channel in the bytes of one read. */
export class Columns {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly times: Float64Array;
  /** Records from here on have not left yet. */
  from = 0;
  count = 0;

  constructor(room: number) {
    this.starts = new Uint32Array(room);
    this.ends = new Uint32Array(room);
    this.times = new Float64Array(room);
  }

  push(start: number, end: number, timeMs: number): void {
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.times[this.count] = timeMs;
    this.count += 1;
  }
}

/** A record of several lines that follow each other: its parts are moved together where they stand, over what engines wrote between them. */
export interface Adjoining {
  /** −1: there is none. */
  start: number;
  end: number;
  /** Index of its last line. */
  line: number;
  timeMs: number;
  lastMs: number;
  lastBytes: number;
}

export const noAdjoining = (): Adjoining => ({ start: -1, end: 0, line: 0, timeMs: 0, lastMs: 0, lastBytes: 0 });
