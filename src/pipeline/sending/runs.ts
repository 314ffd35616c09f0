/** Rows of a parcel that came one after the other from streams that a receiver sees as one. */
import type { Stream } from '../stream.ts';
import type { Parcel, ParcelStore } from './parcel.ts';

/** Rows rows[from, to). */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** The runs of each key, in order; `keyOf` is asked once for each run of a stream. */
export function runsByKey<Key>(parcel: Parcel<ParcelStore>, keyOf: (stream: Stream) => Key): ReadonlyMap<Key, readonly Run[]> {
  const { rows, store } = parcel;
  const found = new Map<Key, Run[]>();
  for (let from = 0; from < rows.length; ) {
    const segment = store.segmentOf[rows[from] ?? 0];
    let to = from + 1;
    while (to < rows.length && store.segmentOf[rows[to] ?? 0] === segment) to += 1;
    const key = keyOf(parcel.segment(rows[from] ?? 0).stream);
    const runs = found.get(key);
    if (runs === undefined) found.set(key, [{ from, to }]);
    else runs.push({ from, to });
    from = to;
  }
  return found;
}
