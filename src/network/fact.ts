import type { Origin } from '../core/origin.ts';

/**
 * A fact is known, assumed or unknown, and says which. `observed` was seen on a running system, `declared` was written
 * by somebody, `assumed` is a default of a program or an engine. An answer that rests on an unknown is undetermined.
 */
export type Knowledge = 'observed' | 'declared' | 'assumed';

export interface Known<T> {
  readonly knowledge: Knowledge;
  readonly value: T;
  readonly origin: Origin;
}

export interface Unknown {
  readonly knowledge: 'unknown';
  /** Names the missing fact so that a sentence can hold it: `which address the service on host port 9090 listens on`. */
  readonly missing: string;
}

export type Fact<T> = Known<T> | Unknown;

export const unknown = (missing: string): Unknown => ({ knowledge: 'unknown', missing });

export const assumed = <T>(value: T, text: string): Known<T> => ({ knowledge: 'assumed', value, origin: { kind: 'default', text } });

export const declared = <T>(value: T, origin: Origin): Known<T> => ({ knowledge: 'declared', value, origin });

export const observed = <T>(value: T, origin: Origin): Known<T> => ({ knowledge: 'observed', value, origin });

export function isKnown<T>(fact: Fact<T>): fact is Known<T> {
  return fact.knowledge !== 'unknown';
}
