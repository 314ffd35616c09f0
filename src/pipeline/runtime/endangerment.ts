/** Whether some of what a source has not delivered may soon be gone. */
import type { Clock } from '../../core/clock.ts';
import type { Source } from '../source.ts';

/** It is asked for every batch while a sink is away, and a source may have 10,000 files. */
const rememberedMs = 250;
const looked = 50;

/** A file that is at no path any more exists for as long as it is open: what it holds and nobody has yet ends with this process. */
export const endsWithUs = (source: Source): boolean =>
  source.lags?.(looked).some(({ note, acknowledged, size }) => (note === 'deleted' || note === 'moved') && acknowledged < size) === true;

export interface Endangerment {
  of(name: string, source: Source | undefined): boolean;
}

/** A file is rotated away or deleted, with bytes that are not acknowledged. */
export function endangerment(clock: Clock): Endangerment {
  const known = new Map<string, { readonly atMs: number; readonly source: Source; readonly is: boolean }>();
  return {
    of(name, source) {
      if (source === undefined) return false;
      const nowMs = clock.monotonicMs();
      const before = known.get(name);
      if (before?.source === source && nowMs - before.atMs < rememberedMs) return before.is;
      const is = source.lags?.(looked).some(({ note, acknowledged, size }) => note !== undefined && acknowledged < size) === true;
      known.set(name, { atMs: nowMs, source, is });
      return is;
    },
  };
}
