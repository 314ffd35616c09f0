/** Events: all sinks other than Kafka. */
import type { EventTable } from './event.ts';

export const sinksEvents = {
  'pipeline.file-sink.torn': {
    level: 'info',
    sentence: '{path} ended in the middle of a line; its last {bytes} bytes were cut off, they were not acknowledged and come again',
  },
  'pipeline.file-sink.finished': { level: 'debug', sentence: '{path} is finished' },
  'pipeline.file-sink.deleted': { level: 'info', sentence: '{path} ({bytes} bytes) was deleted: more is not kept (keep.size, keep.age)' },
  'pipeline.file-sink.unwritable': { level: 'error', sentence: '{path} cannot be written: {reason}; trying again, nothing is lost' },
  'pipeline.file-sink.writable-again': { level: 'info', sentence: '{path} can be written again' },
  'pipeline.file-sink.untidy': {
    level: 'warn',
    sentence: 'finished files below {folder} could not be compressed or deleted: {reason}; tried again with the next one',
  },
  'pipeline.sink.unreachable': { level: 'warn', sentence: '{to} cannot be reached: {reason}; trying again until it can, nothing is lost' },
  'pipeline.sink.reachable-again': { level: 'info', sentence: '{to} answers again after {forMs} ms' },
  'pipeline.sink.slowed': { level: 'info', sentence: '{to} asks for less: {reason}; waiting {waitMs} ms' },
  'pipeline.sink.refusing': { level: 'error', sentence: '{to} refuses what is sent: {reason}; nothing gets through until that is mended' },
  'pipeline.sink.dead-lettered': {
    level: 'warn',
    sentence: '{to} will never take {records} records, which are in the dead-letter file: {reason}',
  },
  'pipeline.sink.ended': { level: 'info', sentence: '{to} was closed by its reader' },
} as const satisfies EventTable;
