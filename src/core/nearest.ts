/** The candidate that a misspelt word most likely meant; undefined when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  // One slip in a short word, two in a longer one: more and the suggestion is a guess.
  let best = wanted.length <= 4 ? 2 : 3;
  let found: string | undefined;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    if (other !== wanted && wanted.length >= 3 && (other.startsWith(wanted) || other.endsWith(`/${wanted}`))) return candidate;
    const slips = distance(wanted, other, best);
    if (slips < best) {
      best = slips;
      found = candidate;
    }
  }
  return found;
}

/** Damerau-Levenshtein (adjacent letters swapped count once); gives up at `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let slips = Math.min((above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (above[column - 1] ?? 0) + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        slips = Math.min(slips, (before[column - 2] ?? 0) + 1);
      current.push(slips);
    }
    before = above;
    above = current;
  }
  return Math.min(above[b.length] ?? limit, limit);
}

/** `did you mean "x"?`, or what to say when nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>, otherwise: string): string {
  const found = nearest(word, candidates);
  return found === undefined ? otherwise : `did you mean "${found}"?`;
}
