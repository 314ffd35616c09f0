/** Records that end with a delimiter. */
import { indexLines } from '../kernel/lines.ts';
import { slabRecords } from '../slab.ts';
import type { Area, Flush, Framed, Framer } from './framer.ts';

const lineFeed = 10;
const carriageReturn = 13;

/** Lines that end in LF or CR LF. */
export const lineFramer: Framer = {
  delimiterBytes: 2,
  frame(area, from, to, flush) {
    const count = area.slab === undefined ? indexDelimited(area, from, to, Buffer.of(lineFeed), 1) : indexLines(area.slab, from, to);
    const consumed = count === 0 ? from : (area.ends[count - 1] ?? 0) + 1;
    trimReturns(area, count);
    return withRest(area, { count, consumed }, to, flush);
  },
  skip: (bytes, from, to) => behind(bytes.indexOf(lineFeed, from), 1, to),
};

/** Records that end in a delimiter of any bytes. `width`: it counts only at a multiple of so many bytes from the record's start (2 for UTF-16). */
export function delimiterFramer(delimiter: Buffer, width: 1 | 2 = 1): Framer {
  return {
    delimiterBytes: delimiter.length,
    frame(area, from, to, flush) {
      const count = indexDelimited(area, from, to, delimiter, width);
      const consumed = count === 0 ? from : (area.ends[count - 1] ?? 0) + delimiter.length;
      return withRest(area, { count, consumed }, to, flush);
    },
    skip: (bytes, from, to) => behind(find(bytes, delimiter, from, from, width), delimiter.length, to),
  };
}

function behind(at: number, delimiterBytes: number, to: number): number {
  return at === -1 || at + delimiterBytes > to ? -1 : at + delimiterBytes;
}

/** Like `indexLines`, for any delimiter and bytes anywhere. */
function indexDelimited({ bytes, starts, ends }: Area, from: number, to: number, delimiter: Buffer, width: 1 | 2): number {
  // indexOf searches to the end of the buffer it is asked on: behind `to` there may be a lot.
  const searched = to === bytes.length ? bytes : bytes.subarray(0, to);
  let count = 0;
  let start = from;
  while (count < slabRecords) {
    const end = find(searched, delimiter, start, from, width);
    if (end === -1) break;
    starts[count] = start;
    ends[count] = end;
    count += 1;
    start = end + delimiter.length;
  }
  return count;
}

function find(bytes: Buffer, delimiter: Buffer, from: number, origin: number, width: 1 | 2): number {
  let at = delimiter.length === 1 ? bytes.indexOf(delimiter[0] ?? 0, from) : bytes.indexOf(delimiter, from);
  while (width === 2 && at !== -1 && (at - origin) % 2 !== 0) at = bytes.indexOf(delimiter, at + 1);
  return at;
}

function trimReturns({ bytes, starts, ends }: Area, count: number): void {
  for (let record = 0; record < count; record++) {
    const end = ends[record] ?? 0;
    if (bytes[end - 1] === carriageReturn && end > (starts[record] ?? 0)) ends[record] = end - 1;
  }
}

function withRest({ starts, ends }: Area, framed: Framed, to: number, flush: Flush): Framed {
  const { count, consumed } = framed;
  if (flush !== 'rest' || consumed >= to || count === slabRecords) return framed;
  starts[count] = consumed;
  ends[count] = to;
  return { count: count + 1, consumed: to };
}
