import type { GivenFlag } from './parse-flags.ts';
import { parseBoolean } from './values.ts';
import type { Text } from './word.ts';

/** Looks into the flags of one command. Names are canonical: `--net` is found as `network`. */
export class GivenFlags {
  readonly #byName: ReadonlyMap<string, readonly GivenFlag[]>;

  constructor(flags: readonly GivenFlag[]) {
    this.#byName = Map.groupBy(flags, (flag) => flag.name);
  }

  all(name: string): readonly Text[] {
    return this.#byName.get(name)?.map((flag) => flag.value) ?? [];
  }

  /** Of a flag that holds one value the last one counts. */
  last(name: string): Text | undefined {
    return this.#byName.get(name)?.at(-1)?.value;
  }

  /** A boolean without a value is true. */
  isSet(name: string): boolean {
    const text = this.last(name);
    return text !== undefined && (text.value === '' || parseBoolean(text.value) !== false);
  }
}
