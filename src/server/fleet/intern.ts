/**
 * Equal texts and label sets as one object. Ten thousand agents say `linux`, `amd64` and the same four labels; kept apart they
 * are most of what an agent costs.
 */
import type { Labels } from '../../core/labels.ts';

export interface Interner {
  text(value: string): string;
  labels(value: Labels): Labels;
  /** Whole files: shared only with the last thousand different ones, because each may be large. */
  files(value: Labels): Labels;
}

/** `maxTexts`: when so many different ones were seen the table starts anew; what it gave out stays right, it is only shared less. */
export function createInterner(maxTexts = 100_000): Interner {
  const texts = new Map<string, string>();
  const sets = new Map<string, Labels>();
  const files = new Map<string, string>();
  const text = (value: string): string => shared(texts, value, maxTexts);
  return {
    text,
    labels(value) {
      const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      const key = JSON.stringify(entries);
      const known = sets.get(key);
      if (known !== undefined) return known;
      const own = Object.freeze(Object.fromEntries(entries.map(([name, one]) => [text(name), text(one)])));
      if (sets.size >= maxTexts) sets.clear();
      sets.set(key, own);
      return own;
    },
    files: (value) => Object.fromEntries(Object.entries(value).map(([name, body]) => [text(name), shared(files, body, maxFiles)])),
  };
}

const maxFiles = 1_000;

function shared(table: Map<string, string>, value: string, max: number): string {
  const known = table.get(value);
  if (known !== undefined) return known;
  if (table.size >= max) table.clear();
  table.set(value, value);
  return value;
}
