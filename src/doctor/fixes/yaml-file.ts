/**
 * A YAML text opened for editing. Edits are made on the text, guided by node positions, and never by printing the
 * document again: comments, quotes, line endings and anchors of everything that is not touched stay byte for byte.
 */
import { isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import type { SourceText } from '../../core/text.ts';

export interface YamlFile {
  readonly source: SourceText;
  readonly root: Node | null;
  readonly eol: string;
  /** Columns per level, as this file is written. */
  readonly step: number;
  /** Columns that a block list is indented under its key: 0 in `ports:\n- "80:80"`. */
  readonly listStep: number;
  resolve(node: unknown): Node | undefined;
}

/** A value to be written; maps and lists are written in the style of their surroundings. */
export type YamlValue = string | number | boolean | null | readonly YamlValue[] | { readonly [key: string]: YamlValue } | Raw;

/** Text that is written as it is: an alias, a scalar with its own quotes. */
export class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Opens a text; undefined when it is not YAML that can be edited (syntax errors, several documents). */
export function openYaml(source: SourceText): YamlFile | undefined {
  const document = parseDocument(source.text, { uniqueKeys: false, logLevel: 'silent' });
  if (document.errors.length > 0) return undefined;
  const root = document.contents;
  return {
    source,
    root,
    eol: source.text.includes('\r\n') ? '\r\n' : '\n',
    step: stepOf(source, root),
    listStep: listStepOf(source, root),
    resolve: (node) => {
      if (isAlias(node)) return node.resolve(document);
      return isScalar(node) || isMap(node) || isSeq(node) ? node : undefined;
    },
  };
}

const column = (source: SourceText, offset: number): number => source.position(offset).column - 1;

/** The range that every node of a parsed document has; nodes made by hand do not reach this place. */
export function rangeOf(node: Node): readonly [start: number, valueEnd: number, end: number] {
  const range = node.range;
  if (range === null || range === undefined) throw new RangeError('a YAML node without a place');
  return range;
}

function stepOf(source: SourceText, root: Node | null): number {
  if (!isMap(root)) return 2;
  for (const pair of root.items) {
    if (!isBlockMap(source, pair.value) || pair.value.items.length === 0) continue;
    const first = keyStart(pair.value.items[0]);
    if (first !== undefined && column(source, first) > 0) return column(source, first);
  }
  return 2;
}

function listStepOf(source: SourceText, root: Node | null): number {
  const stack: unknown[] = [root];
  while (stack.length > 0) {
    const node = stack.pop();
    if (!isMap(node)) continue;
    for (const pair of node.items) {
      const key = keyStart(pair);
      if (isSeq(pair.value) && !pair.value.flow && pair.value.items.length > 0 && key !== undefined)
        return Math.max(0, column(source, rangeOf(pair.value)[0]) - column(source, key));
      stack.push(pair.value);
    }
  }
  return stepOf(source, root);
}

function isBlockMap(_source: SourceText, node: unknown): node is YAMLMap {
  return isMap(node) && node.flow !== true;
}

export function keyStart(pair: unknown): number | undefined {
  return isPair(pair) && isScalar(pair.key) ? pair.key.range?.[0] : undefined;
}

/** The entry of a map under `key`, written in the map itself: merge keys are not looked into. */
export function ownEntry(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

/** The value under `key` that a merge key (`<<: *defaults`) brings in, the nearest first. */
export function mergedValue(
  file: YamlFile,
  map: YAMLMap,
  key: string,
): { readonly node: Node; readonly anchor: string | undefined } | undefined {
  for (const pair of map.items) {
    if (!isScalar(pair.key) || String(pair.key.value) !== '<<') continue;
    for (const source of isSeq(pair.value) ? pair.value.items : [pair.value]) {
      const merged = file.resolve(source);
      if (!isMap(merged)) continue;
      const own = ownEntry(merged, key);
      const node = own === undefined ? undefined : file.resolve(own.value);
      if (node !== undefined) return { node, anchor: isAlias(own?.value) ? own.value.source : anchorOf(node) };
      const deeper = mergedValue(file, merged, key);
      if (deeper !== undefined) return deeper;
    }
  }
  return undefined;
}

function anchorOf(node: Node): string | undefined {
  return isAlias(node) ? undefined : 'anchor' in node && typeof node.anchor === 'string' ? node.anchor : undefined;
}

/** Walks own entries from the root: `services`, `web`, `ports`. */
export function nodeAt(file: YamlFile, path: readonly string[]): Node | undefined {
  let node: Node | undefined = file.root ?? undefined;
  for (const key of path) {
    if (!isMap(node)) return undefined;
    node = file.resolve(ownEntry(node, key)?.value);
  }
  return node;
}

/** A node's value as the data that `YamlValue` can write again; interpolation stays as it is written. */
export function plainValue(file: YamlFile, node: unknown): YamlValue {
  const resolved = file.resolve(node);
  if (isSeq(resolved)) return resolved.items.map((item) => plainValue(file, item));
  if (isMap(resolved)) return Object.fromEntries(mapEntries(file, resolved).map(([key, value]) => [key, plainValue(file, value)]));
  if (!isScalar(resolved)) return null;
  const text = resolved.source ?? String(resolved.value ?? '');
  if (resolved.type === 'PLAIN') return new Raw(text);
  return typeof resolved.value === 'string' ? resolved.value : new Raw(text);
}

function mapEntries(file: YamlFile, map: YAMLMap): [string, unknown][] {
  const entries = new Map<string, unknown>();
  for (const pair of map.items) {
    if (!isScalar(pair.key) || String(pair.key.value) !== '<<') continue;
    for (const source of isSeq(pair.value) ? pair.value.items : [pair.value]) {
      const merged = file.resolve(source);
      if (isMap(merged)) for (const [key, value] of mapEntries(file, merged)) if (!entries.has(key)) entries.set(key, value);
    }
  }
  for (const pair of map.items) if (isScalar(pair.key) && String(pair.key.value) !== '<<') entries.set(String(pair.key.value), pair.value);
  return [...entries];
}

export function isFlow(node: YAMLMap | YAMLSeq): boolean {
  return node.flow === true;
}
