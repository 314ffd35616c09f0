/** Finds frames in a segment, also behind damage. */
import type { FrameHead } from './frame.ts';
import { frameBytes, frameHeadBytes, isWhole, readHead } from './frame.ts';
import type { Window } from './window.ts';

/** `damaged`: the head is whole, the payload is not. The payload is valid until the window moves. */
export type Found = { readonly offset: number; readonly next: number; readonly head: FrameHead } & (
  | { readonly kind: 'frame'; readonly payload: Buffer }
  | { readonly kind: 'damaged' }
);

const magic = Buffer.from('FLFR');
/** How far is searched at once. */
const searchBytes = 1 << 18;

/**
 * The frame at `offset`, or the first one behind it where there is none. Undefined at the end: nothing that looks like a frame follows, or one
 * follows of which not all was written before `limit`.
 */
export async function findFrame(window: Window, offset: number, limit: number, salt: number): Promise<Found | undefined> {
  let at = offset;
  while (at + frameHeadBytes <= limit) {
    const head = readHead(await window.bytes(at, frameHeadBytes, limit), 0, salt);
    if (head === undefined) {
      at = await searchHead(window, at + 8, limit, salt);
      continue;
    }
    const next = at + frameBytes(head.length);
    if (next > limit) return undefined;
    // The head of the following frame comes along with the same read.
    const bytes = (await window.bytes(at, next - at + frameHeadBytes, limit)).subarray(0, next - at);
    if (bytes.length < next - at) return undefined;
    if (!isWhole(bytes, 0, head, salt)) return { kind: 'damaged', offset: at, next, head };
    return { kind: 'frame', offset: at, next, head, payload: bytes.subarray(frameHeadBytes, frameHeadBytes + head.length) };
  }
  return undefined;
}

/** Frames are at multiples of 8. Gives `limit` when there is no further one. */
async function searchHead(window: Window, from: number, limit: number, salt: number): Promise<number> {
  for (let start = from; start + frameHeadBytes <= limit; start += searchBytes - frameHeadBytes) {
    const bytes = await window.bytes(start, searchBytes, limit);
    for (let at = bytes.indexOf(magic); at !== -1; at = bytes.indexOf(magic, at + 1)) {
      if ((start + at) % 8 === 0 && readHead(bytes, at, salt) !== undefined) return start + at;
    }
  }
  return limit;
}
