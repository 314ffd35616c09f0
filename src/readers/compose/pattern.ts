/** Tables keyed by paths such as `services.*.ports.*.target`, walked along with a tree; `*` stands for any one step. */
export interface PathTable<T> {
  readonly value: T | undefined;
  readonly next: ReadonlyMap<string, PathTable<T>>;
}

interface Growing<T> {
  value: T | undefined;
  readonly next: Map<string, Growing<T>>;
}

export function pathTable<T>(entries: Readonly<Record<string, T>>): PathTable<T> {
  const root: Growing<T> = { value: undefined, next: new Map() };
  for (const [path, value] of Object.entries(entries)) {
    let here = root;
    for (const step of path.split('.')) {
      let child = here.next.get(step);
      if (child === undefined) {
        child = { value: undefined, next: new Map() };
        here.next.set(step, child);
      }
      here = child;
    }
    here.value = value;
  }
  return root;
}

export function stepInto<T>(table: PathTable<T> | undefined, step: string): PathTable<T> | undefined {
  return table === undefined ? undefined : (table.next.get(step) ?? table.next.get('*'));
}
