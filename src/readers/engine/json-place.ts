import type { ObservedOrigin } from '../../core/origin.ts';
import type { Problem } from '../../core/problem.ts';
import type { Text } from '../../network/model.ts';

/** An API object that somebody else made: nothing in it is certain to have the type that the API promises. */
export interface JsonObject {
  /** The file's path, `<stdin>`, or the engine's socket. */
  readonly source: string;
  /** `container agent-1`, `network agent_network`. */
  readonly object: string;
  /** Collects what was not understood. */
  readonly problems: Problem[];
}

/** A value inside of an API object, with the path that leads to it. Absent and null values are places too. */
export interface Place {
  readonly value: unknown;
  readonly path: string;
  readonly within: JsonObject;
}

export function originOf(place: Place): ObservedOrigin {
  return { kind: 'observed', source: place.within.source, object: place.within.object, path: place.path };
}

/** The place of a key; absent when the place is no object. */
export function field(place: Place, key: string): Place {
  const step = /^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key);
  const path = place.path === '' ? step : `${place.path}.${step}`;
  return { value: isRecord(place.value) && Object.hasOwn(place.value, key) ? place.value[key] : undefined, path, within: place.within };
}

/** The place behind several keys. */
export function fieldAt(place: Place, ...keys: readonly string[]): Place {
  return keys.reduce(field, place);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAbsent(place: Place): boolean {
  return place.value === undefined || place.value === null;
}

/** A string; undefined for none and for the empty string, which the engine writes where nothing is set. */
export function textOf(place: Place): string | undefined {
  if (isAbsent(place) || place.value === '') return undefined;
  if (typeof place.value === 'string') return place.value;
  return misfit(place, 'a string');
}

export function numberOf(place: Place): number | undefined {
  if (isAbsent(place)) return undefined;
  if (typeof place.value === 'number' && Number.isFinite(place.value)) return place.value;
  return misfit(place, 'a number');
}

export function booleanOf(place: Place): boolean | undefined {
  if (isAbsent(place)) return undefined;
  if (typeof place.value === 'boolean') return place.value;
  return misfit(place, 'true or false');
}

/** The members of an object. */
export function entriesOf(place: Place): readonly (readonly [string, Place])[] {
  if (isAbsent(place)) return [];
  if (!isRecord(place.value)) return misfit(place, 'an object') ?? [];
  return Object.keys(place.value).map((key) => [key, field(place, key)] as const);
}

/** The items of a list. */
export function itemsOf(place: Place): readonly Place[] {
  if (isAbsent(place)) return [];
  if (!Array.isArray(place.value)) return misfit(place, 'a list') ?? [];
  return place.value.map((value: unknown, index) => ({ value, path: `${place.path}[${index}]`, within: place.within }));
}

/** The non-empty strings of a list, each with its origin. */
export function textsOf(place: Place): readonly Text[] {
  return itemsOf(place).flatMap((item) => {
    const value = textOf(item);
    return value === undefined ? [] : [{ value, origin: originOf(item) }];
  });
}

/** Members of an object whose values are strings: labels, driver options. */
export function settingsOf(place: Place): readonly { readonly name: string; readonly value: string; readonly origin: ObservedOrigin }[] {
  return entriesOf(place).flatMap(([name, item]) => {
    if (item.value === '') return [{ name, value: '', origin: originOf(item) }];
    const value = textOf(item);
    return value === undefined ? [] : [{ name, value, origin: originOf(item) }];
  });
}

/** Says that a value was not understood and leaves it out. */
export function gap(place: Place, code: string, message: string, hint: string): undefined {
  report(place, { severity: 'gap', code, message, hint });
}

export function warn(place: Place, code: string, message: string, hint: string): undefined {
  report(place, { severity: 'warning', code, message, hint });
}

const MAX_PROBLEMS = 100; // per object: beyond it the object is no inspect output and repeating it helps nobody

function report(place: Place, problem: Omit<Problem, 'origin'>): void {
  const { problems } = place.within;
  if (problems.length < MAX_PROBLEMS) problems.push({ ...problem, origin: originOf(place) });
}

function misfit(place: Place, expected: string): undefined {
  const shown = JSON.stringify(place.value) ?? String(place.value);
  gap(
    place,
    'inspect-field',
    `${place.within.object}: ${place.path} is ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}, expected ${expected}`,
    'the value is ignored; give the output of docker inspect as it was printed',
  );
}
