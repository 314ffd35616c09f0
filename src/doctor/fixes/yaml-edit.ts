/** Edits of a YAML text that add, change or take out one entry and touch nothing else. */
import { isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import type { TextEdit } from '../../core/text.ts';
import { isFlow, keyStart, mergedValue, ownEntry, plainValue, Raw, rangeOf, type YamlFile, type YamlValue } from './yaml-file.ts';
import { entryLines, flowText, itemLines, scalarText } from './yaml-write.ts';

/** Adds `key: value` as the last entry of `map`. */
export function addEntry(file: YamlFile, map: YAMLMap, key: string, value: YamlValue): TextEdit | undefined {
  if (isFlow(map)) return addToFlow(file, map, `${scalarText(key, true)}: ${flowText(value)}`, ' ');
  const first = keyStart(map.items[0]);
  if (first === undefined) return undefined;
  return addLines(file, contentEnd(file, map), file.source.position(first).column - 1, entryLines(file, key, value));
}

/** Adds the first entries to a key that has no value yet: `networks:` alone on its line. */
export function fillEmpty(
  file: YamlFile,
  pair: Pair,
  value: { readonly [key: string]: YamlValue } | readonly YamlValue[],
): TextEdit | undefined {
  const start = keyStart(pair);
  if (start === undefined || !isScalar(pair.key)) return undefined;
  const lines = entryLines(file, '_', value).slice(1);
  return addLines(file, rangeOf(pair.key)[1], file.source.position(start).column - 1, lines);
}

/** Adds an item at the end of a list. */
function addItem(file: YamlFile, list: YAMLSeq, value: YamlValue): TextEdit {
  if (isFlow(list)) return addToFlow(file, list, flowText(value), '');
  const [start] = rangeOf(list);
  return addLines(file, contentEnd(file, list), file.source.position(start).column - 1, itemLines(file, value));
}

/** Takes an entry out, with its whole lines; comments above it stay. */
export function removeEntry(file: YamlFile, map: YAMLMap, key: string): TextEdit | undefined {
  const index = map.items.findIndex((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  const pair = map.items[index];
  const start = keyStart(pair);
  if (pair === undefined || start === undefined || map.items.length < 2) return undefined;
  const { text } = file.source;
  if (isFlow(map)) return removeFromFlow(file, map.items.map(pairSpan), index);
  const end = lineEnd(file, nestedEnd(file, pair.value) ?? pairEnd(pair));
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  return edit(file, lineStart, end, '');
}

/** Writes another value over a scalar, in the quotes that it has. */
export function replaceScalar(file: YamlFile, node: Node, value: string): TextEdit | undefined {
  if (!isScalar(node)) return undefined;
  const [start, end] = rangeOf(node);
  if (node.type === 'QUOTE_DOUBLE') return edit(file, start, end, JSON.stringify(value));
  if (node.type === 'QUOTE_SINGLE') return edit(file, start, end, `'${value.replaceAll("'", "''")}'`);
  if (node.type !== 'PLAIN') return undefined;
  return edit(file, start, end, scalarText(value));
}

/**
 * `map[key]`, ready to be added to: the own node of a plain entry. Where the value comes in through a merge key or
 * an alias, the whole of it has to be written at the place of use, because YAML's merge is shallow and an alias is one node.
 */
export type Slot =
  | { readonly kind: 'absent' }
  | { readonly kind: 'empty'; readonly pair: Pair }
  | { readonly kind: 'own'; readonly pair: Pair; readonly node: Node }
  | { readonly kind: 'alias'; readonly pair: Pair; readonly node: Node; readonly anchor: string }
  | { readonly kind: 'merged'; readonly node: Node; readonly anchor: string | undefined };

export function slotOf(file: YamlFile, map: YAMLMap, key: string): Slot {
  const pair = ownEntry(map, key);
  if (pair === undefined) {
    const merged = mergedValue(file, map, key);
    return merged === undefined ? { kind: 'absent' } : { kind: 'merged', ...merged };
  }
  const node = file.resolve(pair.value);
  if (node === undefined || (isScalar(node) && node.value === null)) return { kind: 'empty', pair };
  return isAlias(pair.value) ? { kind: 'alias', pair, node, anchor: pair.value.source } : { kind: 'own', pair, node };
}

export interface Put {
  /** In a map `name: value`, in a list `item`. */
  readonly name: string;
  readonly value: YamlValue;
  readonly item: YamlValue;
  /** What to write where nothing is there yet. */
  readonly prefer: 'map' | 'list';
  /** Inherited items of a list that `item` stands in for. */
  readonly replaces?: (text: string) => boolean;
}

/** Puts `name: value` into the map (or `item` into the list) under `map[key]`, whatever shape is there. */
export function putInto(file: YamlFile, map: YAMLMap, key: string, put: Put): TextEdit | undefined {
  const slot = slotOf(file, map, key);
  const fresh: readonly YamlValue[] | { [key: string]: YamlValue } = put.prefer === 'list' ? [put.item] : { [put.name]: put.value };
  switch (slot.kind) {
    case 'absent':
      return addEntry(file, map, key, fresh);
    case 'empty':
      return fillEmpty(file, slot.pair, fresh);
    case 'own':
      if (isSeq(slot.node)) return addItem(file, slot.node, put.item);
      return isMap(slot.node) ? addEntry(file, slot.node, put.name, put.value) : undefined;
    case 'alias':
      return replaceValue(file, slot.pair, extended(file, slot.node, slot.anchor, put), isFlow(map));
    case 'merged':
      return addEntry(file, map, key, extended(file, slot.node, slot.anchor, put));
    default:
      return slot satisfies never;
  }
}

/** The inherited value and the new entry: by `<<: *anchor` where there is an anchor on a map, else written out. */
function extended(file: YamlFile, node: Node, anchor: string | undefined, put: Put): YamlValue {
  if (isMap(node) && anchor !== undefined) return { '<<': new Raw(`*${anchor}`), [put.name]: put.value };
  const inherited = plainValue(file, node);
  if (Array.isArray(inherited))
    return [...inherited.filter((item) => put.replaces?.(item instanceof Raw ? item.text : String(item)) !== true), put.item];
  return { ...(isMap(node) && typeof inherited === 'object' && !(inherited instanceof Raw) ? inherited : {}), [put.name]: put.value };
}

/** Writes another value under a key: an alias or a list that has to become a map. In block style, where the place allows it. */
export function replaceValue(file: YamlFile, pair: Pair, value: YamlValue, flow = false): TextEdit | undefined {
  const start = keyStart(pair);
  if (start === undefined || !isScalar(pair.key) || !isNode(pair.value)) return undefined;
  if (flow) return edit(file, rangeOf(pair.value)[0], rangeOf(pair.value)[1], flowText(value));
  const indent = ' '.repeat(file.source.position(start).column - 1);
  const lines = entryLines(file, '_', value).slice(1);
  const from = rangeOf(pair.key)[1];
  return edit(file, from, contentEnd(file, pair.value), `:${file.eol}${lines.map((line) => indent + line).join(file.eol)}`);
}

/** Inserts whole lines behind the content that ends at `at`, and behind a comment on its last line. */
function addLines(file: YamlFile, at: number, columns: number, lines: readonly string[]): TextEdit {
  const { text } = file.source;
  const body = lines.map((line) => ' '.repeat(columns) + line).join(file.eol);
  if (text[at - 1] === '\n') return edit(file, at, at, body + file.eol);
  const newline = text.indexOf('\n', at);
  if (newline === -1) return edit(file, text.length, text.length, file.eol + body);
  return edit(file, newline + 1, newline + 1, body + file.eol);
}

function addToFlow(file: YamlFile, node: YAMLMap | YAMLSeq, text: string, padding: string): TextEdit {
  const [start, end] = rangeOf(node);
  const last = node.items.at(-1);
  if (last === undefined) return edit(file, start + 1, end - 1, `${padding}${text}${padding}`);
  const at = isPair(last) ? pairEnd(last) : isNode(last) ? rangeOf(last)[1] : end - 1;
  return edit(file, at, at, `, ${text}`);
}

function removeFromFlow(file: YamlFile, spans: readonly (readonly [number, number])[], index: number): TextEdit | undefined {
  const [start, end] = spans[index] ?? [0, 0];
  const before = spans[index - 1];
  const after = spans[index + 1];
  if (after !== undefined) return edit(file, start, after[0], '');
  return before === undefined ? undefined : edit(file, before[1], end, '');
}

function pairSpan(pair: Pair): readonly [number, number] {
  return [keyStart(pair) ?? 0, pairEnd(pair)];
}

/** Where the text of the last entry or item ends; blank lines and comments behind it not included. */
function contentEnd(file: YamlFile, node: Node): number {
  if (isMap(node) && !isFlow(node)) {
    const last = node.items.at(-1);
    return last === undefined ? rangeOf(node)[1] : (nestedEnd(file, last.value) ?? pairEnd(last));
  }
  if (isSeq(node) && !isFlow(node)) {
    const last = node.items.at(-1);
    return nestedEnd(file, last) ?? rangeOf(node)[1];
  }
  return rangeOf(node)[1];
}

function nestedEnd(file: YamlFile, value: unknown): number | undefined {
  if (isAlias(value)) return rangeOf(value)[1];
  if (!isNode(value) || (isScalar(value) && value.value === null && value.source === '')) return undefined;
  return contentEnd(file, value);
}

function pairEnd(pair: Pair): number {
  const { key, value } = pair;
  const keyEnd = isScalar(key) ? rangeOf(key)[1] + 1 : 0;
  return isNode(value) ? Math.max(keyEnd, rangeOf(value)[1]) : keyEnd;
}

/** Behind the line break of the line that holds `at`; `at` itself when it starts a line (block scalars end so). */
function lineEnd(file: YamlFile, at: number): number {
  const { text } = file.source;
  if (text[at - 1] === '\n') return at;
  const newline = text.indexOf('\n', at);
  return newline === -1 ? text.length : newline + 1;
}

const isNode = (value: unknown): value is Node => isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);

function edit(file: YamlFile, start: number, end: number, text: string): TextEdit {
  return { file: file.source.file, start, end, text };
}
