/** Events: transforms. */
import type { EventTable } from './event.ts';

export const transformsEvents = {} as const satisfies EventTable;
