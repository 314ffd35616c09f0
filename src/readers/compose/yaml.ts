import type { Alias, Document, Pair, ParsedNode, Range, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { SourceText } from '../../core/text.ts';
import type { Entry, Node, Place, Tag } from './node.ts';
import { hopAt, mapPlaces, withVia } from './node.ts';
import type { Problems } from './problems.ts';
import { fileStart, report } from './problems.ts';
import { resolvePlain } from './scalars.ts';

/**
 * Expanded nodes of one file. `yaml`'s own limit counts aliases and refuses real files with many; this one counts what
 * they expand to, which is what a bomb makes large.
 */
const MAX_NODES = 1_000_000;
const MAX_DEPTH = 200;
/** A Compose file of a thousand services has less than half a megabyte; this much is read in a few seconds at worst. */
const MAX_CHARACTERS = 1024 * 1024;

/** Brackets or indicators in a row, before the parser is asked: it would take long to give up. */
const tooDeep = /(?:[[{][ \t\r\n]*){200}|(?:[-?:][ \t]+){200}/;

const nestedTooDeeply = { code: 'yaml-too-large', message: 'the file is nested too deeply to be read', hint: 'write out less: fewer levels, fewer nested aliases' };

interface Walk {
  readonly source: SourceText;
  readonly problems: Problems;
  readonly anchors: Map<string, Node>;
  readonly open: Set<string>;
  nodes: number;
}

class TooLarge extends Error {}

/** The documents of a YAML text as trees whose every value knows its place. What cannot be read is reported and left out. */
export function parseYaml(source: SourceText, problems: Problems): readonly Node[] {
  const whole = fileStart({ source });
  if (source.text.length > MAX_CHARACTERS) {
    const message = `${source.file} holds ${source.text.length} characters`;
    report(problems, whole, { code: 'compose-too-large', message, hint: `a Compose file may have at most ${MAX_CHARACTERS}; split it with include` });
    return [];
  }
  if (tooDeep.test(source.text)) {
    report(problems, whole, nestedTooDeeply);
    return [];
  }
  try {
    const documents = parseAllDocuments(source.text, {
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    });
    return [...documents].flatMap((document) => walkDocument(document, source, problems));
  } catch (error) {
    if (!(error instanceof TooLarge) && !(error instanceof RangeError)) throw error;
    if (error instanceof TooLarge) report(problems, whole, { ...nestedTooDeeply, message: error.message });
    else report(problems, whole, nestedTooDeeply);
    return [];
  }
}

function walkDocument(document: Document.Parsed | Document, source: SourceText, problems: Problems): readonly Node[] {
  // One only: what follows is mostly a consequence of the first.
  const [error] = document.errors;
  if (error?.message.includes('call stack') === true) throw new RangeError(error.message);
  if (error !== undefined) {
    const place: Place = { source, start: error.pos[0], end: error.pos[1], exact: false, via: [] };
    report(problems, place, { code: 'yaml-syntax', message: error.message.replace(/\.?$/, ''), hint: hintForSyntax(error.code) });
  }
  const contents = document.contents;
  if (contents === null) return [];
  const walk: Walk = { source, problems, anchors: new Map(), open: new Set(), nodes: 0 };
  // Document.Parsed says what parseAllDocuments returns; its typing loses the ranges.
  return [convert(contents as ParsedNode, walk, 0)];
}

function hintForSyntax(code: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'indent with spaces; YAML allows no tabs there';
    case 'BAD_INDENT':
    case 'MISSING_CHAR':
      return 'check the indentation, quotes and brackets on this line and the one above';
    case 'BAD_ALIAS':
      return 'define the anchor with &name before it is used';
    default:
      return 'this is not valid YAML; check the indentation, quotes and brackets on this line and the one above';
  }
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
  const value: Node = pair.value === null || pair.value === undefined ? nothingAfter(key) : convert(pair.value as ParsedNode, walk, depth + 1);
  if (name === undefined) return;
  if (entries.has(name)) duplicateKey(name, key, walk);
  else entries.set(name, { key, value });
}

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
  report(walk.problems, place, { code: 'compose-key-not-string', message: 'a key is not a string', hint: 'keys of a Compose file are words' });
  return undefined;
}

function duplicateKey(name: string, place: Place, walk: Walk): void {
  const hint = name === '<<' ? 'merge several with one key: <<: [*a, *b]' : 'keep one of them; Compose refuses the file';
  report(walk.problems, place, { code: 'yaml-duplicate-key', message: `the key "${name}" is there twice`, hint });
}

const isMergeKey = (pair: Pair): boolean => isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.value === '<<';

function mergeSources(pair: Pair, walk: Walk, depth: number): readonly Node[] {
  const value: unknown = pair.value;
  const parts: readonly unknown[] = isSeq(value) ? value.items : [value];
  return parts.flatMap((part) => {
    const merged = isAlias(part) ? convertAlias(part, walk, 'merge', `<<: *${part.source}`) : isMap(part) ? convert(part, walk, depth + 1) : undefined;
    if (merged?.kind === 'map') return [merged];
    const place = placeOf(rangeOf(part) ?? rangeOf(pair.key), walk);
    report(walk.problems, place, { code: 'yaml-merge', message: '<< does not merge a map', hint: 'merge maps only: <<: *anchor or <<: [*a, *b]' });
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
  const written = typeof scalar.value === 'string' ? scalar.value : String(scalar.value ?? '');
  const place = scalarPlace(scalar, written, walk);
  const tag = tagOf(scalar.tag);
  const isText = scalar.type !== 'PLAIN' || scalar.tag === '!!str' || scalar.tag === 'tag:yaml.org,2002:str' || scalar.tag === '!';
  const resolved = isText ? { value: written, text: written } : resolvePlain(written);
  if (resolved.value === null) return { kind: 'null', place, ...tag };
  return { kind: 'scalar', place, value: resolved.value, text: resolved.text, ...tag };
}

/** Without the quotes, when what is between them is the value. */
function scalarPlace(scalar: Scalar, written: string, walk: Walk): Place {
  const [start, end] = scalar.range ?? [0, 0];
  const quoted = scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE';
  const from = quoted ? start + 1 : start;
  const to = quoted ? end - 1 : end;
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
