import type { Place } from './node.ts';

/** What `${NAME}` and variables without a value are looked up in: the shell first, then `.env` files. */
export interface Variable {
  readonly value: string;
  /** Where it was written; undefined for the shell's. */
  readonly place?: Place;
}

export interface Variables {
  readonly shell: Readonly<Record<string, string | undefined>>;
  readonly files: ReadonlyMap<string, Variable>;
}

export function lookupVariable(variables: Variables, name: string): Variable | undefined {
  const fromShell = Object.hasOwn(variables.shell, name) ? variables.shell[name] : undefined;
  return fromShell === undefined ? variables.files.get(name) : { value: fromShell };
}
