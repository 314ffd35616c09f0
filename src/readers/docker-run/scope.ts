import type { Word } from './word.ts';

/** A shell variable; `known: false` when it was assigned something that only a running shell knows. */
export type Variable =
  | {
      readonly known: true;
      readonly words: readonly Word[];
      readonly list: boolean;
      /** Where it was assigned; undefined for a variable of the environment. */
      readonly place?: { readonly file: string; readonly line: number; readonly column: number };
    }
  | { readonly known: false };

/**
 * The variables at one point of a script. Branches of a condition are undone when they end: what was assigned in one is
 * unknown behind it, unless both ways agree.
 */
export class Scope {
  readonly #values = new Map<string, Variable>();
  readonly #exported = new Set<string>();
  readonly #undo: Map<string, Variable | undefined>[] = [];
  /** The working directory of the commands, relative to Fairlead's own; undefined after a `cd` to somewhere unknown. */
  folder: string | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  get(name: string): Variable | undefined {
    return this.#values.get(name);
  }

  set(name: string, variable: Variable): void {
    const undo = this.#undo.at(-1);
    if (undo !== undefined && !undo.has(name)) undo.set(name, this.#values.get(name));
    this.#values.set(name, variable);
  }

  unset(name: string): void {
    this.set(name, { known: false });
    this.#values.delete(name);
    this.#exported.delete(name);
  }

  export(name: string): void {
    this.#exported.add(name);
  }

  isExported(name: string): boolean {
    return this.#exported.has(name);
  }

  /** A part of the script begins that may be skipped or run on its own. */
  enter(): void {
    this.#undo.push(new Map());
  }

  /** The other branch begins: it sees what was there before, and remembers what the first one touched. */
  alternate(): void {
    const undo = this.#undo.at(-1);
    if (undo === undefined) return;
    for (const [name, before] of undo) this.#restore(name, before);
  }

  leave(keep: 'unknown' | 'before'): void {
    const undo = this.#undo.pop();
    if (undo === undefined) return;
    for (const [name, before] of undo) {
      if (keep === 'before') this.#restore(name, before);
      else if (!same(this.#values.get(name), before)) this.set(name, { known: false });
    }
  }

  #restore(name: string, before: Variable | undefined): void {
    if (before === undefined) this.#values.delete(name);
    else this.#values.set(name, before);
  }
}

function same(a: Variable | undefined, b: Variable | undefined): boolean {
  if (a === undefined || b === undefined || !a.known || !b.known) return false;
  return a.words.length === b.words.length && a.words.every((word, index) => word.text === b.words[index]?.text);
}
