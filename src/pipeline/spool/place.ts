/** Where something is in a spool. */
export interface Place {
  /** Number of the segment. */
  readonly segment: number;
  /** Bytes from its start. */
  readonly offset: number;
  /** Records that were ever appended before it. */
  readonly id: number;
  /** Bytes of all segments before it, those that are gone included. */
  readonly position: number;
}

/** The first place in a segment that holds frames. */
export const firstOffset = 64;

/** `0000000000000042.segment`: names sort as numbers do. */
export const segmentName = (number: number): string => `${String(number).padStart(16, '0')}.segment`;

export function segmentNumber(name: string): number | undefined {
  const digits = /^(\d{16})\.segment$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
