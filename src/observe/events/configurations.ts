/** Events of the configurations. */
import type { EventTable } from './event.ts';

export const configurationsEvents = {
  'configurations.stored': { level: 'info', sentence: '{actor} stored version {version} of {configuration} ({hash})' },
  'configurations.released': {
    level: 'info',
    sentence: '{actor} released version {version} of {configuration}: "latest" means it from now on',
  },
  'configurations.deleted': { level: 'info', sentence: '{actor} deleted {configuration} with {versions} versions' },
  'configurations.assigned': {
    level: 'info',
    sentence: '{actor} assigned {configuration} {version} to agents with "{selector}" (assignment {assignment}, priority {priority})',
  },
  'configurations.unassigned': { level: 'info', sentence: '{actor} deleted the assignment {assignment} of {configuration}' },
  'configurations.rollout-started': {
    level: 'info',
    sentence: '{actor} started rollout {rollout}: {configuration} from version {from} to {to}, first stage {stage}',
  },
  'configurations.rollout-stage': {
    level: 'info',
    sentence: 'rollout {rollout} of {configuration} {to} goes on to stage {stage} ({actor})',
  },
  'configurations.rollout-paused': { level: 'info', sentence: '{actor} paused rollout {rollout} of {configuration}' },
  'configurations.rollout-resumed': { level: 'info', sentence: '{actor} resumed rollout {rollout} of {configuration}' },
  'configurations.rollout-completed': { level: 'info', sentence: 'rollout {rollout} is done: {configuration} {to} is everywhere' },
  'configurations.rollout-aborted': {
    level: 'warn',
    sentence: '{actor} aborted rollout {rollout}: all agents go back to {configuration} {from}: {reason}',
  },
  'configurations.rolled-back': {
    level: 'error',
    sentence:
      'rollout {rollout} is rolled back: all agents go back to {configuration} {from}, and {to} ({hash}) is in quarantine: {reason}',
  },
  'configurations.agent-failed': {
    level: 'warn',
    sentence: 'agent {agent} cannot run {configuration} {version} ({hash}) and does not get it again: {reason}',
  },
  'configurations.quarantine-cleared': { level: 'warn', sentence: '{actor} took {hash} out of quarantine for {scope}' },
  'configurations.store-failed': { level: 'error', sentence: '{what} could not be written and is tried again' },
  'configurations.trouble': { level: 'error', sentence: '{what}' },
} as const satisfies EventTable;
