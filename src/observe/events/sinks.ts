/** Events: all other sinks. */
import type { EventTable } from './event.ts';

export const sinksEvents = {} as const satisfies EventTable;
