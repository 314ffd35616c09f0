/** What is to become one frame. */
import type { Batch } from '../batch.ts';
import type { Stream } from '../stream.ts';
import type { FrameType } from './frame.ts';
import { frameBytes } from './frame.ts';
import { logPayload } from './log-payload.ts';
import { metricPayload } from './metric-payload.ts';

export interface Packet {
  readonly type: FrameType;
  readonly stream: Stream;
  readonly payload: readonly Uint8Array[];
  /** Bytes of the frame. */
  readonly bytes: number;
  readonly count: number;
}

export function packetOf(batch: Batch): Packet {
  const payload = batch.kind === 'logs' ? logPayload(batch) : metricPayload(batch.points);
  const bytes = frameBytes(payload.reduce((sum, { length }) => sum + length, 0));
  return batch.kind === 'logs'
    ? { type: 'logs', stream: batch.stream, payload, bytes, count: batch.count }
    : { type: 'metrics', stream: batch.stream, payload, bytes, count: batch.points.length };
}
