/** A small generator with a seed (mulberry32), so that a failure can be had again. */
export interface Dice {
  /** 0 ≤ x < limit, whole. */
  below(limit: number): number;
  bytes(length: number): Buffer;
  pick<T>(from: readonly T[]): T;
}

export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
    pick(from) {
      const chosen = from[below(from.length)];
      if (chosen === undefined) throw new Error('nothing to pick from');
      return chosen;
    },
  };
}

/** Cuts bytes into pieces of random length, as a network does. */
export function pieces(bytes: Buffer, random: Dice, longest: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const to = Math.min(bytes.length, at + 1 + random.below(longest));
    parts.push(Buffer.from(bytes.subarray(at, to)));
    at = to;
  }
  return parts;
}
