/** What every format prints: the outcome of a check. A format is a pure function of it. */
import type { SourceText } from '../../core/text.ts';
import type { CheckResult } from '../check.ts';
import type { Rule } from '../rule.ts';

export interface Report extends CheckResult {
  readonly version: string;
  readonly rules: readonly Rule[];
}

/** The text that an origin's file had when it was read. */
export type Sources = ReadonlyMap<string, SourceText>;
