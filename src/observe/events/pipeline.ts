/** Events: the pipeline as a whole. */
import type { EventTable } from './event.ts';

export const pipelineEvents = {} as const satisfies EventTable;
