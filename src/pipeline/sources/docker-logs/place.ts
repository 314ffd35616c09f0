/**
 * Where the reading of a container stands: the time of the last message and what it was. An engine can be asked for what is not older than a time, and
 * gives messages in the order in which it has written them, which is not quite that of their times: two streams are written side by side, and clocks are set
 * back. So it is asked from a little earlier on, and what comes up to the known message was read before.
 */
import { crc32 } from 'node:zlib';

export interface Place {
  /** As the engine writes it; texts of this form are in the order of their times. */
  readonly stamp: string;
  readonly hash: string;
}

/** How far apart the order of messages and that of their times may be. */
export const overlapMs = 2_000;

export const placeOf = (stamp: string, message: Uint8Array): Place => ({ stamp, hash: (crc32(message) >>> 0).toString(16) });
export const writePlace = ({ stamp, hash }: Place): string => `${stamp}#${hash}`;

export function readPlace(mark: unknown): Place | undefined {
  const [stamp, hash, more] = typeof mark === 'string' ? mark.split('#') : [];
  return stamp === undefined || hash === undefined || more !== undefined || Number.isNaN(Date.parse(stamp)) ? undefined : { stamp, hash };
}

/** For `since`: seconds and nanoseconds. */
export function sinceOf(stamp: string, earlierMs: number): string {
  const ms = Date.parse(`${stamp.slice(0, 19)}Z`) - earlierMs;
  const nanoseconds = stamp.slice(20, 29).padEnd(9, '0');
  const seconds = Math.floor(ms / 1000);
  // Whole seconds earlier: the fraction stays. Others do not occur.
  return `${Math.max(0, seconds)}.${nanoseconds}`;
}

/**
 * What to do with messages that an engine sends from `overlapMs` before a place on. `seek`: up to the place all was read before. `after`: the place is not
 * there any more; only what is older than it, and it itself, was read.
 */
export class Resumption {
  readonly #place: Place;
  readonly #laterMs: number;
  #mode: 'seek' | 'after' | 'done';
  /** Messages were passed over that are later than the place: if it is not found, they have to be asked for again. */
  passedLater = false;

  constructor(place: Place, mode: 'seek' | 'after') {
    this.#place = place;
    this.#laterMs = Date.parse(place.stamp) + overlapMs;
    this.#mode = mode;
  }

  get done(): boolean {
    return this.#mode === 'done';
  }

  get seeking(): boolean {
    return this.#mode === 'seek';
  }

  /** `skip`: it was read before. `lost`: the place is not there; ask again, and go on `after` it. */
  judge(stamp: string, message: Uint8Array): 'take' | 'skip' | 'lost' {
    if (this.#mode === 'done') return 'take';
    const isPlace = stamp === this.#place.stamp && placeOf(stamp, message).hash === this.#place.hash;
    if (isPlace) {
      if (this.#mode === 'seek') this.#mode = 'done';
      return 'skip';
    }
    if (this.#mode === 'after') return stamp < this.#place.stamp ? 'skip' : 'take';
    if (Date.parse(stamp) > this.#laterMs) return 'lost';
    this.passedLater ||= stamp > this.#place.stamp;
    return 'skip';
  }
}
