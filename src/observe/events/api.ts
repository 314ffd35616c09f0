/** Events of the operators' API. */
import type { EventTable } from './event.ts';

export const apiEvents = {
  'api.refused': { level: 'warn', sentence: 'a request from {remote} was refused: {reason}' },
  'api.unavailable': { level: 'error', sentence: 'the operation {operation} could not be carried out: the store does not take it' },
  'api.not-audited': {
    level: 'error',
    sentence: 'the audit trail could not be written: {actor} ({role}, from {remote}): {action} {target}: {outcome}',
  },
  'api.failed': { level: 'error', sentence: 'the operation {operation} failed by an error of ours' },
} as const satisfies EventTable;
