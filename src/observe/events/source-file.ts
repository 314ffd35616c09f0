/** Events: the file source. */
import type { EventTable } from './event.ts';

export const sourceFileEvents = {} as const satisfies EventTable;
