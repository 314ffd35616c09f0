import type { Alias, Pair, ParsedNode, Range, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { SourceText } from '../../core/text.ts';
import type { Entry, Node, Place, Tag } from './node.ts';
import { hopAt, mapPlaces, withVia } from './node.ts';
import type { Problems } from './problems.ts';
import { report } from './problems.ts';
import { resolvePlain } from './scalars.ts';

/**
 * Expanded nodes of one file. `yaml`'s own limit counts aliases and refuses real files with many; this one counts what
 * they expand to, which is what a bomb makes large.
 */
const MAX_NODES = 300_000;
const MAX_DEPTH = 200;

interface Walk {
  readonly source: SourceText;
  readonly problems: Problems;
  readonly anchors: Map<string, Node>;
  readonly open: Set<string>;
  nodes: number;
}

export class TooLarge extends Error {}

/** The nodes of the parser as a tree of ours, aliases and merge keys carried out. Throws TooLarge. */
export function treeOf(contents: ParsedNode, source: SourceText, problems: Problems): Node {
  return convert(contents, { source, problems, anchors: new Map(), open: new Set(), nodes: 0 }, 0);
}

function convert(node: ParsedNode | Scalar | Alias | YAMLMap | YAMLSeq, walk: Walk, depth: number): Node {
  walk.nodes += 1;
  if (walk.nodes > MAX_NODES) throw new TooLarge(`the file expands to more than ${MAX_NODES} values`);
  if (depth > MAX_DEPTH) throw new TooLarge(`the file is nested more than ${MAX_DEPTH} levels deep`);
  if (isAlias(node)) return convertAlias(node, walk, 'anchor', `*${node.source}`);
  const anchor = node.anchor;
  if (anchor !== undefined) walk.open.add(anchor);
  const made = isMap(node) ? convertMap(node, walk, depth) : isSeq(node) ? convertList(node, walk, depth) : convertScalar(node, walk);
  if (anchor !== undefined) {
    walk.open.delete(anchor);
    walk.anchors.set(anchor, made);
  }
  return made;
}

function convertAlias(alias: Alias, walk: Walk, kind: 'anchor' | 'merge', text: string): Node {
  const place = placeOf(alias.range, walk);
  const target = walk.anchors.get(alias.source);
  if (walk.open.has(alias.source) || target === undefined) {
    const known = walk.open.has(alias.source);
    const message = known ? `the anchor &${alias.source} contains itself` : `there is no anchor &${alias.source} before *${alias.source}`;
    report(walk.problems, place, { code: 'yaml-alias', message, hint: 'an alias stands for an anchor that ends before it' });
    return { kind: 'null', place };
  }
  const hop = hopAt(kind, text, place);
  return mapPlaces(target, (from) => {
    walk.nodes += 1;
    if (walk.nodes > MAX_NODES) throw new TooLarge(`the aliases of the file expand to more than ${MAX_NODES} values`);
    return withVia(from, hop);
  });
}

function convertMap(map: YAMLMap, walk: Walk, depth: number): Node {
  const entries = new Map<string, Entry>();
  const merges: Pair[] = [];
  for (const pair of map.items) {
    if (isMergeKey(pair)) merges.push(pair);
    else addEntry(pair, entries, walk, depth);
  }
  if (merges.length > 1) duplicateKey('<<', placeOf(rangeOf(merges[1]?.key), walk), walk);
  // Keys that are written win over merged ones, wherever << stands (YAML merge key, §"<<").
  for (const pair of merges) for (const merged of mergeSources(pair, walk, depth)) addMissing(entries, merged);
  return { kind: 'map', place: placeOf(map.range, walk), entries, flow: map.flow === true, ...tagOf(map.tag) };
}

function addEntry(pair: Pair, entries: Map<string, Entry>, walk: Walk, depth: number): void {
  const key = placeOf(rangeOf(pair.key), walk);
  const name = keyName(pair.key, key, walk);
  // A pair without a value (`? a`, flow `{a}`) has none to walk.
  const value: Node =
    pair.value === null || pair.value === undefined ? nothingAfter(key) : convert(pair.value as ParsedNode, walk, depth + 1);
  if (isGlued(pair, key)) {
    const hint = 'put a space behind the colon';
    report(walk.problems, key, { code: 'yaml-syntax', message: `the value of "${name}" stands right behind the colon`, hint });
  }
  if (name === undefined) return;
  if (entries.has(name)) duplicateKey(name, key, walk);
  else entries.set(name, { key, value });
}

/** `{ports:[80]}`: our parser reads it, the one of Compose does not. */
const isGlued = (pair: Pair, key: Place): boolean =>
  isScalar(pair.key) && pair.key.type === 'PLAIN' && (isMap(pair.value) || isSeq(pair.value)) && rangeOf(pair.value)?.[0] === key.end + 1;

function keyName(key: unknown, place: Place, walk: Walk): string | undefined {
  if (isAlias(key)) {
    const target = walk.anchors.get(key.source);
    if (target?.kind === 'scalar') return target.text;
  }
  if (isScalar(key)) {
    const written = String(key.value ?? '');
    if (key.type !== 'PLAIN' || typeof resolvePlain(written).value === 'string') return written;
    const message = `the key ${written === '' ? '(empty)' : written} is not a string`;
    report(walk.problems, place, { code: 'compose-key-not-string', message, hint: `put it into quotes: "${written}"` });
    return written === '' ? undefined : written;
  }
  report(walk.problems, place, {
    code: 'compose-key-not-string',
    message: 'a key is not a string',
    hint: 'keys of a Compose file are words',
  });
  return undefined;
}

function duplicateKey(name: string, place: Place, walk: Walk): void {
  const hint = name === '<<' ? 'merge several with one key: <<: [*a, *b]' : 'keep one of them; Compose refuses the file';
  report(walk.problems, place, { code: 'yaml-duplicate-key', message: `the key "${name}" is there twice`, hint });
}

/** `<<`, also with its tag written out (`!!merge <<`, as yq does), which the parser turns into a symbol. */
const isMergeKey = (pair: Pair): boolean =>
  isScalar(pair.key) &&
  pair.key.type === 'PLAIN' &&
  (pair.key.value === '<<' || (typeof pair.key.value === 'symbol' && pair.key.source === '<<'));

function mergeSources(pair: Pair, walk: Walk, depth: number): readonly Node[] {
  const value: unknown = pair.value;
  const parts: readonly unknown[] = isSeq(value) ? value.items : [value];
  return parts.flatMap((part) => {
    const merged = isAlias(part)
      ? convertAlias(part, walk, 'merge', `<<: *${part.source}`)
      : isMap(part)
        ? convert(part, walk, depth + 1)
        : undefined;
    if (merged?.kind === 'map') return [merged];
    const place = placeOf(rangeOf(part) ?? rangeOf(pair.key), walk);
    report(walk.problems, place, {
      code: 'yaml-merge',
      message: '<< does not merge a map',
      hint: 'merge maps only: <<: *anchor or <<: [*a, *b]',
    });
    return [];
  });
}

function addMissing(entries: Map<string, Entry>, from: Node): void {
  if (from.kind !== 'map') return;
  for (const [name, entry] of from.entries) {
    const own = entries.get(name);
    if (own === undefined) entries.set(name, entry);
    // Compose takes a key with !reset out before it merges, so that the merged value shows up again.
    else if (own.value.tag === '!reset') entries.set(name, { key: entry.key, value: { ...entry.value, tag: '!override' } });
  }
}

function convertList(list: YAMLSeq, walk: Walk, depth: number): Node {
  const place = placeOf(list.range, walk);
  const items = list.items.map((item) => (isPairOrNothing(item) ? nothingAfter(place) : convert(item as ParsedNode, walk, depth + 1)));
  return { kind: 'list', place, items, flow: list.flow === true, ...tagOf(list.tag) };
}

const isPairOrNothing = (item: unknown): boolean => !isScalar(item) && !isMap(item) && !isSeq(item) && !isAlias(item);

function convertScalar(scalar: Scalar, walk: Walk): Node {
  // The parser leaves the carriage return on a last line without a line feed.
  const written = String(scalar.value ?? '').replace(scalar.type === 'PLAIN' ? /\r$/ : /$^/, '');
  const place = scalarPlace(scalar, written, walk);
  const tag = tagOf(scalar.tag);
  const isText = scalar.type !== 'PLAIN' || scalar.tag === '!!str' || scalar.tag === 'tag:yaml.org,2002:str' || scalar.tag === '!';
  const resolved = isText ? { value: written, text: written } : resolvePlain(written);
  if (resolved.value === null) return { kind: 'null', place, ...tag };
  const exact = place.exact && resolved.text === written;
  return { kind: 'scalar', place: exact === place.exact ? place : { ...place, exact }, value: resolved.value, text: resolved.text, ...tag };
}

/** Without the quotes, when what is between them is the value. */
function scalarPlace(scalar: Scalar, written: string, walk: Walk): Place {
  const [start, end] = scalar.range ?? [0, 0];
  const quoted = scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE';
  const from = quoted ? start + 1 : start;
  const to = quoted ? end - 1 : scalar.type === 'PLAIN' ? Math.min(end, trimEnd(walk.source.text, start, end)) : end;
  return { source: walk.source, start: from, end: to, exact: walk.source.text.slice(from, to) === written, via: [] };
}

function placeOf(range: Range | null | undefined, walk: Walk): Place {
  const [start, end] = range ?? [0, 0];
  return { source: walk.source, start, end: trimEnd(walk.source.text, start, end), exact: false, via: [] };
}

/** A block collection's range runs to the next token; its own text ends with the last character that says something. */
function trimEnd(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && ' \t\r\n'.includes(text[last - 1] ?? '')) last -= 1;
  return last;
}

/** Nodes that the parser made carry a range; others have none. */
const rangeOf = (node: unknown): Range | undefined =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) ? (node.range as Range) : undefined;

const nothingAfter = (place: Place): Node => ({ kind: 'null', place: { ...place, start: place.end } });

const tagOf = (tag: string | undefined): { readonly tag?: Tag } => (tag === '!reset' || tag === '!override' ? { tag } : {});
