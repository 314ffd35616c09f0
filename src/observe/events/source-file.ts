/** Events: files that are tailed, and where they stand. */
import type { EventTable } from './event.ts';

export const sourceFileEvents = {
  'pipeline.file.opened': { level: 'debug', sentence: '{path} is read from byte {from} on ({why})' },
  'pipeline.file.moved': { level: 'debug', sentence: '{from} is {to} now; it is read to its end there' },
  'pipeline.file.away': { level: 'debug', sentence: '{path} is no longer there ({how}); it is read to its end' },
  'pipeline.file.truncated': {
    level: 'info',
    sentence: '{path} was truncated or written anew at byte {at}; it is read from its beginning',
  },
  'pipeline.file.copied': { level: 'info', sentence: '{path} is a copy of what {original} was; it goes on at byte {from}' },
  'pipeline.file.lost': { level: 'error', sentence: '{path}: {bytes} bytes were destroyed before they could be read ({how})' },
  'pipeline.file.unreadable': { level: 'warn', sentence: '{path} cannot be read: {reason}; it is tried again' },
  'pipeline.file.readable': { level: 'info', sentence: '{path} can be read again' },
  'pipeline.file.cut': {
    level: 'warn',
    sentence: '{path}: a record at byte {at} is longer than {limit} bytes and was cut; so were {more} others',
  },
  'pipeline.file.archive-known': { level: 'debug', sentence: '{path} holds what {original} was: nothing of it is new' },
  'pipeline.file.archive-damaged': { level: 'warn', sentence: '{path} cannot be unpacked to its end: {reason}' },
  'pipeline.file.no-hints': {
    level: 'info',
    sentence: '{path} is looked at every second, because the system does not tell about changes there: {reason}',
  },
  'pipeline.positions.damaged': { level: 'warn', sentence: '{path} is damaged: {reason}; {instead}' },
  'pipeline.positions.unwritable': {
    level: 'error',
    sentence: 'positions cannot be written to {path}: {reason}; after a restart more would be sent twice',
  },
  'pipeline.positions.writable-again': { level: 'info', sentence: 'positions can be written to {path} again' },
  'pipeline.positions.forgotten': {
    level: 'warn',
    sentence: '{count} positions of files that vanished were forgotten: more than {limit} are not kept',
  },
} as const satisfies EventTable;
