/** Events: the spool and dead letters. */
import type { EventTable } from './event.ts';

export const spoolEvents = {} as const satisfies EventTable;
