/** Events: the Kafka sink. */
import type { EventTable } from './event.ts';

export const kafkaEvents = {} as const satisfies EventTable;
