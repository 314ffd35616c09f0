/** Events of the protocol. */
import type { EventTable } from './event.ts';

export const protocolEvents = {} as const satisfies EventTable;
