import { keyedBuckets, tokenBucket } from '../../../core/token-bucket.ts';
import type { LogBatch } from '../../batch.ts';
import { hashPosition, hashText } from '../hash.ts';
import { KeyReader } from '../keys.ts';
import type { Transform } from '../step.ts';
import type { RateLimitSettings } from './settings.ts';

const all = 4_294_967_296;

export const rateLimit: Transform<RateLimitSettings> = {
  compile({ perSecond, burst = Math.max(1, perSecond), key, maxKeys, over, ratio }, { clock }) {
    const keys = key === undefined ? undefined : new KeyReader([key]);
    const single = tokenBucket(perSecond, burst);
    const buckets = keyedBuckets(perSecond, burst, maxKeys);
    const below = over === 'sample' ? ratio * all : 0;
    let batch: LogBatch | undefined;
    let nowMs = 0;
    const passes = (value: string | undefined, record: number): boolean => {
      const waitMs = value === undefined ? single.take(nowMs) : buckets.take(value, nowMs);
      if (waitMs === 0) return true;
      return below > 0 && hashPosition(hashText(batch?.stream.generation ?? ''), batch?.positionOf(record) ?? 0) < below;
    };
    return [
      {
        kind: 'pick',
        wholeRecord: keys?.wholeRecord === true,
        begin(next, to) {
          batch = next;
          nowMs = clock.monotonicMs();
          keys?.begin(next, to);
        },
        keeps: (bytes, start, end, record) => passes(keys?.ofRecord(bytes, start, end), record),
        keepsParts: (parts, record) => passes(keys?.ofParts(parts), record),
        end() {
          batch = undefined;
        },
      },
    ];
  },
  explain: ({ key }) => ({
    parses: 'none',
    why:
      key === undefined ? 'Records are only counted.' : `The bytes of ${key} decide; only a value that is written with escapes is decoded.`,
  }),
};
