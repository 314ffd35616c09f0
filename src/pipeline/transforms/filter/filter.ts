import { compileCondition } from '../../conditions/condition.ts';
import { explainCondition } from '../../conditions/explain.ts';
import type { Transform } from '../step.ts';
import type { FilterSettings } from './settings.ts';

export const filter: Transform<FilterSettings> = {
  compile({ keep, drop }) {
    const asked = compileCondition(keep ?? drop ?? '');
    const wanted = keep !== undefined;
    return [
      {
        kind: 'pick',
        wholeRecord: asked.wholeRecord,
        begin: (batch, to) => asked.begin(batch.stream, batch.bytes, to),
        keeps: (bytes, start, end) => asked.holds(bytes, start, end) === wanted,
        keepsParts: (parts) => asked.holdsIn(parts) === wanted,
      },
    ];
  },
  explain: ({ keep, drop }) => explainCondition(keep ?? drop ?? ''),
};
