/** A small seeded generator of numbers (mulberry32): the same seed gives the same files on every machine. */
export interface Random {
  /** 0 ≤ n < `below` */
  integer(below: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** `count` different items, in the order of the list. */
  sample<T>(items: readonly T[], count: number): readonly T[];
}

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number): number => Math.floor(next() * below);
  return {
    integer,
    chance: (probability) => next() < probability,
    pick: (items) => items[integer(items.length)] ?? items[0],
    sample: (items, count) => {
      const keyed = items.map((item, index) => ({ item, index, key: next() }));
      const kept = keyed.sort((a, b) => a.key - b.key).slice(0, count);
      return kept.sort((a, b) => a.index - b.index).map(({ item }) => item);
    },
  };
}
