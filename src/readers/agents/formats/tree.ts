/** What all configuration formats are read into: maps, lists and scalars, each with its place. */
import type { Origin } from '../../../core/origin.ts';
import type { Problem } from '../../../core/problem.ts';
import type { Value } from '../parse/value.ts';

export interface TreeMap {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly origin: Origin;
}

export interface Entry {
  readonly key: Value;
  readonly value: Tree;
}

interface TreeList {
  readonly kind: 'list';
  readonly items: readonly Tree[];
  readonly origin: Origin;
}

interface TreeScalar {
  readonly kind: 'scalar';
  readonly value: Value;
  readonly origin: Origin;
}

interface TreeNull {
  readonly kind: 'null';
  readonly origin: Origin;
}

export type Tree = TreeMap | TreeList | TreeScalar | TreeNull;

/** A file read as far as it can be read. */
export interface Parsed {
  readonly tree: Tree | undefined;
  readonly problems: readonly Problem[];
}

/** Larger trees are cut off, whatever aliases make of them. */
export const MAX_NODES = 500_000;

/** Walks down maps by their keys. */
export function get(tree: Tree | undefined, ...path: readonly string[]): Tree | undefined {
  let at = tree;
  for (const key of path) at = at?.kind === 'map' ? at.entries.get(key)?.value : undefined;
  return at;
}

export function entries(tree: Tree | undefined): readonly (readonly [string, Tree, Value])[] {
  return tree?.kind === 'map' ? [...tree.entries].map(([name, entry]) => [name, entry.value, entry.key] as const) : [];
}

/** The items of a list; a single thing that stands where a list may stand counts as one item. */
export function items(tree: Tree | undefined): readonly Tree[] {
  if (tree === undefined || tree.kind === 'null') return [];
  return tree.kind === 'list' ? tree.items : [tree];
}

export function scalar(tree: Tree | undefined): Value | undefined {
  return tree?.kind === 'scalar' ? tree.value : undefined;
}

export function text(tree: Tree | undefined): string | undefined {
  return scalar(tree)?.text;
}

/** All scalars of a scalar or list with the suffix of their setting: `[0]`, `[1]`, or nothing. */
export function scalars(tree: Tree | undefined): readonly (readonly [Value, string])[] {
  const single = scalar(tree);
  if (single !== undefined) return [[single, '']];
  return items(tree).flatMap((item, index) => {
    const value = scalar(item);
    return value === undefined ? [] : [[value, `[${index}]`] as const];
  });
}

/** Calls `visit` for every map, with the path that leads to it. */
export function walkMaps(tree: Tree | undefined, visit: (map: TreeMap, path: string) => void, path = ''): void {
  if (tree?.kind === 'map') {
    visit(tree, path);
    for (const [name, value] of entries(tree)) walkMaps(value, visit, path === '' ? name : `${path}.${name}`);
  } else if (tree?.kind === 'list') for (const [index, item] of tree.items.entries()) walkMaps(item, visit, `${path}[${index}]`);
}

export function mapTree(key: Value, entriesOf: readonly (readonly [Value, Tree])[], origin: Origin = key.origin): TreeMap {
  return { kind: 'map', entries: new Map(entriesOf.map(([name, value]) => [name.text, { key: name, value }])), origin };
}

/** Scalars at a path such as `hosts.*.endpoint`, with the path as it was walked: `hosts[0].endpoint`. A list at the end gives its items. */
export function select(tree: Tree | undefined, path: string): readonly (readonly [Value, string])[] {
  let found: readonly (readonly [Tree, string])[] = tree === undefined ? [] : [[tree, '']];
  for (const part of path.split('.')) {
    found = found.flatMap(([at, where]): (readonly [Tree, string])[] => {
      if (part === '*') return items(at).map((item, index) => [item, `${where}[${index}]`]);
      const next = get(at, part);
      return next === undefined ? [] : [[next, where === '' ? part : `${where}.${part}`]];
    });
  }
  return found.flatMap(([at, where]) => scalars(at).map(([value, index]) => [value, `${where}${index}`] as const));
}

/** Maps are merged key by key; anything else of `over` replaces what was there. */
export function mergeTrees(base: Tree, over: Tree): Tree {
  if (base.kind !== 'map' || over.kind !== 'map') return over;
  const merged = new Map(base.entries);
  for (const [name, entry] of over.entries) {
    const before = merged.get(name);
    merged.set(name, before === undefined ? entry : { key: entry.key, value: mergeTrees(before.value, entry.value) });
  }
  return { ...over, entries: merged };
}
