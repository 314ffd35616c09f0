/** Events: transforms. */
import type { EventTable } from './event.ts';

export const transformsEvents = {
  'pipeline.transforms.unreadable': {
    level: 'warn',
    sentence:
      'transform {transform} cannot do its work on some records ({errors} of {records}); they are kept or dropped as its settings say',
  },
  'pipeline.transforms.readable': { level: 'info', sentence: 'transform {transform} had no such record for {quiet}; there were {errors}' },
  'pipeline.transforms.series-limit': {
    level: 'warn',
    sentence:
      'transform {transform} has {limit} combinations of label values for the metric {metric}; new ones are counted together as "other"',
  },
} as const satisfies EventTable;
