import type { Framer } from '../../framing/framer.ts';
import { delimiterFramer } from '../../framing/lines.ts';
import { indexLines } from '../../kernel/lines.ts';

const plain = delimiterFramer(Buffer.of(0x0a));

/** Lines as they are: a carriage return at the end of a part belongs to the middle of its record. */
export const rawLines: Framer = {
  delimiterBytes: 1,
  skip: plain.skip,
  frame(area, from, to, flush) {
    if (area.slab === undefined || flush === 'rest') return plain.frame(area, from, to, flush);
    const count = indexLines(area.slab, from, to);
    return { count, consumed: count === 0 ? from : (area.ends[count - 1] ?? 0) + 1 };
  },
};
