/** Events: the spool and dead letters. */
import type { EventTable } from './event.ts';

export const spoolEvents = {
  'spool.full': { level: 'warn', sentence: 'the spool {path} is full: {reason}; the policy is {policy}' },
  'spool.failing': { level: 'error', sentence: 'the spool {path} cannot be used now: {reason}; it is tried again' },
  'spool.well': { level: 'info', sentence: 'the spool {path} takes batches again' },
  'spool.damaged': { level: 'error', sentence: '{records} records of the spool are lost at {path}: {reason}' },
  'spool.torn': {
    level: 'info',
    sentence: '{bytes} bytes at the end of {path} were not written to the end and are cut off: nobody relied on them',
  },
  'spool.state-lost': {
    level: 'error',
    sentence: 'the state of the spool {path} is lost: all that its {segments} segments hold is delivered, some of it once more',
  },
  'spool.put-aside': { level: 'error', sentence: '{path} is damaged and was put aside as {name}; remove it when it is not wanted' },
  'spool.in-the-way': {
    level: 'warn',
    sentence: '{path} is in the way of a new segment and belongs to none that is known; it is left alone',
  },
  'dead-letters.failing': {
    level: 'error',
    sentence: 'records that {sink} will never take cannot be written to {path}: {reason}; it is tried again',
  },
  'dead-letters.well': { level: 'info', sentence: 'dead letters are written to {path} again' },
  'dead-letters.first': { level: 'warn', sentence: '{sink} will never take some records: {reason}; they are kept in {path}' },
  'dead-letters.forgotten': { level: 'warn', sentence: '{path} is given up, to keep dead letters within {bytes} bytes' },
} as const satisfies EventTable;
