import type { Problem } from '../../core/problem.ts';
import type { Place } from './node.ts';
import { originOf } from './node.ts';

/** Collects what is wrong; the same remark about the same place is kept once. */
export interface Problems {
  readonly list: Problem[];
  readonly seen: Set<string>;
  /** How many more ports this project may publish: a list of ranges would otherwise fill the memory. */
  portsLeft: number;
}

export const newProblems = (): Problems => ({ list: [], seen: new Set(), portsLeft: MAX_PORTS });

/** As many as an address has. */
const MAX_PORTS = 65_536;

/** More than this many remarks help nobody, and a broken generated file would make millions of them. */
const MAX_PROBLEMS = 1000;

export interface Remark {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export function report(problems: Problems, place: Place, remark: Remark, severity: Problem['severity'] = 'error'): void {
  const key = `${remark.code}\n${remark.message}\n${place.source.file}\n${place.start}`;
  if (problems.seen.has(key) || problems.list.length >= MAX_PROBLEMS) return;
  problems.seen.add(key);
  problems.list.push({ severity, ...remark, origin: originOf(place) });
}

/** Whether the YAML of some file (or of this one) is broken. */
export function hasSyntaxError(problems: Problems, file?: string): boolean {
  return problems.list.some(
    ({ code, origin }) => code.startsWith('yaml-') && origin.kind === 'file' && (file === undefined || origin.file === file),
  );
}

/** Whether an error lies within a stretch of text: what is missing there may be what the error took away. */
export function hasErrorWithin(problems: Problems, place: Place): boolean {
  return problems.list.some(
    ({ severity, origin }) =>
      severity === 'error' &&
      origin.kind === 'file' &&
      origin.file === place.source.file &&
      origin.span.start >= place.start &&
      origin.span.end <= place.end,
  );
}

/** A place for what concerns a whole file. */
export function fileStart(place: { readonly source: Place['source'] }): Place {
  return { source: place.source, start: 0, end: 0, exact: false, via: [] };
}
