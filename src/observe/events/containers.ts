/** Events: logs of containers, and the journal. */
import type { EventTable } from './event.ts';

export const containersEvents = {
  'pipeline.containers.cut': {
    level: 'warn',
    sentence: '{path}: a record is longer than {limit} bytes and was cut; {records} were so far',
  },
  'pipeline.containers.foreign-lines': {
    level: 'warn',
    sentence: '{path} has lines that no container engine writes; they travel as they are; there were {lines} so far',
  },
  'pipeline.docker.connected': { level: 'info', sentence: 'the Docker engine at {socket} is followed; {containers} containers are read' },
  'pipeline.docker.unreachable': {
    level: 'warn',
    sentence: 'the Docker engine at {socket} cannot be followed: {reason}; it is tried again',
  },
  'pipeline.docker.following': { level: 'debug', sentence: 'the log of {container} is followed from {since} on' },
  'pipeline.docker.unreadable': { level: 'warn', sentence: 'the log of {container} cannot be read: {reason}' },
  'pipeline.docker.rotated-away': {
    level: 'warn',
    sentence:
      'the log of {container} does not hold the last record that was read any more; it is read from {since} on, and what lay between is lost',
  },
  'pipeline.journald.started': { level: 'info', sentence: '{program} follows the journal ({from})' },
  'pipeline.journald.ended': { level: 'warn', sentence: '{program} ended: {reason}; it is started again' },
  'pipeline.journald.unavailable': { level: 'error', sentence: '{program} cannot be started: {reason}; it is tried again' },
} as const satisfies EventTable;
