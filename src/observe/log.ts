/**
 * Our own log: events with names and fields. What can be said at all stands in events/, one table per area, so that the
 * reference page, an alert and a test speak of the same thing. Never a secret: no token, key or authorization header is a field.
 */
import type { EventName } from './events/index.ts';

export const levels = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

export type FieldValue = string | number | boolean | undefined;
export type Fields = Readonly<Record<string, FieldValue>>;

export interface Log {
  /** The level is that of the event's table entry. An Error as `cause` adds its message and code. */
  event(name: EventName, fields?: Fields, cause?: unknown): void;
  /** A log whose events all carry these fields as well. */
  with(fields: Fields): Log;
}

export const silentLog: Log = { event() {}, with: () => silentLog };
