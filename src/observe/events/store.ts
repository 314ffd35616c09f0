/** Events of the store. */
import type { EventTable } from './event.ts';

export const storeEvents = {
  'store.opened': { level: 'info', sentence: 'the database {path} is open at revision {revision}' },
  'store.folder-writable': {
    level: 'warn',
    sentence: 'others may write to {folder} and so replace the database: take the permission away (chmod go-w)',
  },
  'store.full': { level: 'error', sentence: 'there is no room for {path}: changes are refused until there is' },
  'store.failed': { level: 'error', sentence: 'a change could not be written to {path}: {reason}' },
  'store.recovered': { level: 'info', sentence: '{path} takes changes again' },
  'store.broken': {
    level: 'error',
    sentence: 'the disk did not confirm what was written to {path}: {reason}; the store takes nothing more until the server starts again',
  },
  'store.busy': { level: 'warn', sentence: '{waiting} changes wait for {path}: the disk does not keep up, changes are refused' },
  'store.lease-expired': { level: 'info', sentence: 'the lease {lease} expired and took {keys} keys with it' },
} as const satisfies EventTable;
