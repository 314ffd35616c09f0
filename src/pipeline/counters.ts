/** Numbers that hot paths add to; the runtime shows them as metrics and in `fairlead agent top`. Plain fields: adding costs nothing. */

export interface SourceCounters {
  records: number;
  /** Bytes of records, without delimiters. */
  bytes: number;
  /** What could not be read, parsed or taken, and was said so. */
  errors: number;
  /** Bytes that the origin destroyed before they could be opened or read: rotation, truncation or deletion faster than reading. */
  lostBytes: number;
  /** Records cut because they were longer than allowed. */
  cutRecords: number;
  /** Records that were refused to a pushing client (it will send them again), because there was no room. */
  refused: number;
}

export interface SinkCounters {
  /** Acknowledged by the receiver. */
  records: number;
  /** Bytes of records acknowledged, before encoding. */
  bytes: number;
  /** Bytes of requests as they went over the wire, repetitions included. */
  wireBytes: number;
  requests: number;
  retries: number;
  /** Requests that failed, for whatever reason. */
  errors: number;
  /** Records that the receiver will never take, written to the dead-letter file. */
  deadLettered: number;
  /** Now: bytes taken over and not acknowledged yet. */
  pendingBytes: number;
  pendingRecords: number;
}

export const newSourceCounters = (): SourceCounters => ({ records: 0, bytes: 0, errors: 0, lostBytes: 0, cutRecords: 0, refused: 0 });
export const newSinkCounters = (): SinkCounters => ({
  records: 0,
  bytes: 0,
  wireBytes: 0,
  requests: 0,
  retries: 0,
  errors: 0,
  deadLettered: 0,
  pendingBytes: 0,
  pendingRecords: 0,
});
