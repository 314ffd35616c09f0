import type { LogBatch } from '../../batch.ts';
import { compileCondition } from '../../conditions/condition.ts';
import { explainCondition } from '../../conditions/explain.ts';
import { hashPosition, hashText } from '../hash.ts';
import { hashOf, KeyReader } from '../keys.ts';
import type { Transform } from '../step.ts';
import type { SampleSettings } from './settings.ts';

const all = 4_294_967_296;

export const sample: Transform<SampleSettings> = {
  compile({ oneIn, ratio, key, always }) {
    const below = (oneIn === undefined ? (ratio ?? 1) : 1 / oneIn) * all;
    const keys = key === undefined ? undefined : new KeyReader([key]);
    const asked = always === undefined ? undefined : compileCondition(always);
    let batch: LogBatch | undefined;
    let seed = 0;
    const kept = (hash: number | undefined, record: number): boolean =>
      (hash ?? hashPosition(seed, batch?.positionOf(record) ?? 0)) < below;
    return [
      {
        kind: 'pick',
        wholeRecord: keys?.wholeRecord === true || asked?.wholeRecord === true,
        begin(next, to) {
          batch = next;
          seed = hashText(next.stream.generation);
          keys?.begin(next, to);
          asked?.begin(next.stream, next.bytes, to);
        },
        keeps: (bytes, start, end, record) =>
          kept(keys?.hashOfRecord(bytes, start, end), record) || asked?.holds(bytes, start, end) === true,
        keepsParts: (parts, record) => kept(hashOf(keys?.ofParts(parts)), record) || asked?.holdsIn(parts) === true,
        end() {
          batch = undefined;
        },
      },
    ];
  },
  explain({ key, always }) {
    const cost = always === undefined ? undefined : explainCondition(always);
    if (cost !== undefined && cost.parses !== 'none') return cost;
    return key === undefined
      ? { parses: 'none', why: 'The position of a record decides; its bytes are not looked at.' }
      : { parses: 'none', why: `The bytes of ${key} decide; only a value that is written with escapes is decoded.` };
  },
};
