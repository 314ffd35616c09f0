/** Events: the pipeline as a whole. */
import type { EventTable } from './event.ts';

export const pipelineEvents = {
  'pipeline.started': { level: 'info', sentence: 'the pipeline runs: {sources} sources, {sinks} sinks' },
  'pipeline.start-failed': { level: 'error', sentence: 'the pipeline could not be started and is tried again: {reason}' },
  'pipeline.changed': { level: 'info', sentence: 'the pipeline was changed while it runs: {what}' },
  'pipeline.close-failed': { level: 'error', sentence: '{component} did not close in order' },
  'pipeline.spool-left': {
    level: 'warn',
    sentence:
      'sink {sink} was taken out with {records} records ({bytes} bytes) in its spool; they stay in {path} and are sent when a sink of this name is back',
  },
} as const satisfies EventTable;
