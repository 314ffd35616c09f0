/** Events of the fleet. */
import type { EventTable } from './event.ts';

export const fleetEvents = {
  'fleet.loaded': { level: 'info', sentence: '{count} agents are known from before' },
  'fleet.record-unreadable': {
    level: 'error',
    sentence: 'the stored record {key} cannot be read and is left alone; the agent has to enrol again',
  },
  'fleet.enrolled': { level: 'info', sentence: '{name} ({uid}) enrolled with token {tokenId}' },
  'fleet.taken-over': { level: 'info', sentence: '{name} ({uid}) enrolled again and keeps its identity' },
  'fleet.removed': { level: 'info', sentence: '{name} ({uid}) was removed: {reason}' },
  'fleet.renamed': { level: 'info', sentence: '{before} ({uid}) is called {name} from now on: its old name was given to another agent' },
  'fleet.liveness': { level: 'info', sentence: '{name} ({uid}) was {from} and is {to}: {reason}' },
  'fleet.brake-on': { level: 'warn', sentence: '{sentence}' },
  'fleet.brake-off': { level: 'info', sentence: 'evictions go on as usual' },
  'fleet.store-failed': { level: 'error', sentence: 'what changed of {waiting} agents cannot be stored now; it is kept and tried again' },
  'fleet.conflict': { level: 'warn', sentence: '{name} ({uid}): {sentence}' },
} as const satisfies EventTable;
