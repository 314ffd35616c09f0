import type { FileOrigin, Hop } from '../../core/origin.ts';
import type { SourceText } from '../../core/text.ts';

/** Where a node was written and how it came here; an origin is made from it when somebody asks (see `originOf`). */
export interface Place {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
  /** As `FileOrigin.exact`: the text of start..end is the value. */
  readonly exact: boolean;
  readonly via: readonly Hop[];
}

/** Compose's tags: `!reset` drops what earlier files said, `!override` replaces it instead of merging. */
export type Tag = '!reset' | '!override';

export type Node = MapNode | ListNode | ScalarNode | NullNode;

export interface MapNode {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly flow: boolean;
  readonly tag?: Tag;
}

export interface Entry {
  readonly key: Place;
  readonly value: Node;
}

export interface ListNode {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Node[];
  readonly flow: boolean;
  readonly tag?: Tag;
}

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean;
  /** The value as Compose writes it where it needs a string: `1.50` is "1.5", `0777` is "511". */
  readonly text: string;
  readonly tag?: Tag;
}

interface NullNode {
  readonly kind: 'null';
  readonly place: Place;
  readonly tag?: Tag;
}

export function originOf(place: Place): FileOrigin {
  return place.source.origin(place.start, place.end, { exact: place.exact, via: place.via });
}

/** A part of an exact scalar's place; the whole place where the text is not the value. */
export function subPlace(place: Place, from: number, to: number): Place {
  return place.exact ? { ...place, start: place.start + from, end: place.start + to } : place;
}

/** A hop that was written at `place`. */
export function hopAt(kind: Hop['kind'], text: string, place: Place): Hop {
  const { line, column } = place.source.position(place.start);
  return { kind, text, file: place.source.file, line, column };
}

export const withVia = (place: Place, hop: Hop): Place => ({ ...place, via: [...place.via, hop] });

/** A copy of the tree whose places all carry one more hop. */
export function travelled(node: Node, hop: Hop): Node {
  return mapPlaces(node, (place) => withVia(place, hop));
}

export function mapPlaces(node: Node, change: (place: Place) => Place): Node {
  const place = change(node.place);
  if (node.kind === 'map') {
    const entries = new Map<string, Entry>();
    for (const [name, entry] of node.entries) entries.set(name, { key: change(entry.key), value: mapPlaces(entry.value, change) });
    return { ...node, place, entries };
  }
  if (node.kind === 'list') return { ...node, place, items: node.items.map((item) => mapPlaces(item, change)) };
  return { ...node, place };
}

export const textNode = (text: string, place: Place): ScalarNode => ({ kind: 'scalar', place, value: text, text });

export const numberNode = (value: number, place: Place): ScalarNode => ({ kind: 'scalar', place, value, text: String(value) });

export const booleanNode = (value: boolean, place: Place): ScalarNode => ({ kind: 'scalar', place, value, text: String(value) });

export const listNode = (items: readonly Node[], place: Place): ListNode => ({ kind: 'list', place, items, flow: false });

/** A map of nodes that Compose derived from one place; keys lie at the place of their value. */
export function mapNode(values: Readonly<Record<string, Node | undefined>>, place: Place): MapNode {
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) entries.set(name, { key: value.place, value });
  return { kind: 'map', place, entries, flow: false };
}

export const withEntries = (node: MapNode, entries: ReadonlyMap<string, Entry>): MapNode => ({ ...node, entries });

/** The map with one key set; the key's place is the old one's where there was one. */
export function withValue(node: MapNode, name: string, value: Node): MapNode {
  const entries = new Map(node.entries);
  entries.set(name, { key: node.entries.get(name)?.key ?? value.place, value });
  return { ...node, entries };
}

export function withoutKey(node: MapNode, name: string): MapNode {
  if (!node.entries.has(name)) return node;
  const entries = new Map(node.entries);
  entries.delete(name);
  return { ...node, entries };
}

/** The value behind a path of keys; undefined where the path ends early. */
export function at(node: Node | undefined, ...path: readonly string[]): Node | undefined {
  let here = node;
  for (const name of path) {
    if (here?.kind !== 'map') return undefined;
    here = here.entries.get(name)?.value;
  }
  return here;
}

export function textAt(node: Node | undefined, ...path: readonly string[]): ScalarNode | undefined {
  const found = at(node, ...path);
  return found?.kind === 'scalar' ? found : undefined;
}

export function mapAt(node: Node | undefined, ...path: readonly string[]): MapNode | undefined {
  const found = at(node, ...path);
  return found?.kind === 'map' ? found : undefined;
}

export function itemsAt(node: Node | undefined, ...path: readonly string[]): readonly Node[] {
  const found = at(node, ...path);
  return found?.kind === 'list' ? found.items : [];
}

export function entriesAt(node: Node | undefined, ...path: readonly string[]): ReadonlyMap<string, Entry> {
  return mapAt(node, ...path)?.entries ?? noEntries;
}

const noEntries: ReadonlyMap<string, Entry> = new Map();

/** A plain value, for comparing and printing. */
export function plain(node: Node): unknown {
  switch (node.kind) {
    case 'map':
      return Object.fromEntries([...node.entries].map(([name, entry]) => [name, plain(entry.value)]));
    case 'list':
      return node.items.map(plain);
    case 'scalar':
      return node.value;
    case 'null':
      return null;
    default:
      return node satisfies never;
  }
}
