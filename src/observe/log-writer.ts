/** Writes events as lines: JSON for programs (one object a line), text for people at a terminal. */
import type { Clock } from '../core/clock.ts';
import type { EventEntry } from './events/event.ts';
import type { EventName } from './events/index.ts';
import { events } from './events/index.ts';
import type { Fields, FieldValue, Level, Log } from './log.ts';
import { levels } from './log.ts';

export const logFormats = ['json', 'text'] as const;
export type LogFormat = (typeof logFormats)[number];

export interface LogWriter extends Log {
  /** Takes effect at once, for this log and all made from it by `with`. */
  setLevel(level: Level): void;
}

export interface LogWriterOptions {
  readonly level: Level;
  readonly format: LogFormat;
  readonly clock: Clock;
  /** Takes whole lines; must not throw. */
  readonly write: (line: string) => void;
}

/** A line that is longer was made longer by what came from outside. */
const maxValueCharacters = 2_048;

export function createLog(options: LogWriterOptions): LogWriter {
  const threshold = { index: levels.indexOf(options.level) };
  const setLevel = (level: Level) => {
    threshold.index = levels.indexOf(level);
  };
  const make = (carried: Fields): LogWriter => ({
    event(name, fields = {}, cause) {
      const entry: EventEntry = events[name];
      if (levels.indexOf(entry.level) < threshold.index) return;
      options.write(line(options, name, entry, { ...carried, ...fields, ...causeFields(cause) }));
    },
    with: (more) => make({ ...carried, ...more }),
    setLevel,
  });
  return make({});
}

function causeFields(cause: unknown): Fields {
  if (cause === undefined) return {};
  if (!(cause instanceof Error)) return { error: String(cause) };
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  return { error: cause.message, ...(code === undefined ? {} : { errorCode: code }) };
}

function line({ format, clock }: LogWriterOptions, name: EventName, entry: EventEntry, fields: Fields): string {
  const time = new Date(clock.now()).toISOString();
  const bounded = Object.fromEntries(Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, bound(value)]])));
  const message = fill(entry.sentence, bounded);
  if (format === 'json') return `${JSON.stringify({ time, level: entry.level, event: name, message, ...bounded })}\n`;
  // What the sentence holds already is not said twice.
  const rest = Object.entries(bounded).filter(([key]) => !entry.sentence.includes(`{${key}}`));
  const tail = rest
    .map(([key, value]) => ` ${key}=${typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : value}`)
    .join('');
  return `${time.slice(11, 23)} ${entry.level.padEnd(5)} ${oneLine(message)}${oneLine(tail)}\n`;
}

function bound(value: Exclude<FieldValue, undefined>): Exclude<FieldValue, undefined> {
  return typeof value === 'string' && value.length > maxValueCharacters ? `${value.slice(0, maxValueCharacters)}…` : value;
}

/** A value from outside must not be able to fake a line of its own, or speak to the terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function fill(sentence: string, fields: Fields): string {
  return sentence.replaceAll(/\{(\w+)\}/g, (whole, key: string) => String(fields[key] ?? whole));
}
