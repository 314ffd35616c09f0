/** Events: all other sources. */
import type { EventTable } from './event.ts';

export const sourcesEvents = {} as const satisfies EventTable;
