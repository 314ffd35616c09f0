import type { AST } from 'toml-eslint-parser';
import { ParseError, parseTOML } from 'toml-eslint-parser';
import type { ConfigText } from '../parse/mounted.ts';
import type { Value } from '../parse/value.ts';
import type { Entry, Parsed, Tree } from './tree.ts';

/** A table that is still being filled: TOML may add to it from several places. */
interface OpenMap {
  readonly kind: 'map';
  readonly entries: Map<string, Entry>;
  readonly origin: Tree['origin'];
}

interface OpenList {
  readonly kind: 'list';
  readonly items: Tree[];
  readonly origin: Tree['origin'];
}

/** Reads TOML 1.0, with a byte order mark as Windows editors leave it. The parser stops at the first error: then there is no tree. */
export function readToml(config: ConfigText): Parsed {
  try {
    const root: OpenMap = { kind: 'map', entries: new Map(), origin: config.at(0, 0) };
    for (const node of parseTOML(config.text.replace(/^\uFEFF/, ' ')).body[0].body) {
      if (node.type === 'TOMLKeyValue') addKeyValue(root, node, config);
      else addTable(root, node, config);
    }
    return { tree: root, problems: [] };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const origin = config.at(error.index, error.index + 1);
    const message = `${config.path}: ${error.message.replace(/\.$/, '')}`;
    return {
      tree: undefined,
      problems: [{ severity: 'error', code: 'config-syntax', message, hint: 'correct the TOML; the program refuses the file', origin }],
    };
  }
}

function addTable(root: OpenMap, table: AST.TOMLTable, config: ConfigText): void {
  const keys = table.key.keys.map((key) => keyValue(key, config));
  const last = keys.at(-1);
  if (last === undefined) return;
  const parent = descend(root, keys.slice(0, -1));
  let target: OpenMap;
  if (table.kind === 'array') {
    const list = parent.entries.get(last.text)?.value;
    target = { kind: 'map', entries: new Map(), origin: last.origin };
    // The lists that we meet here are those that we made below: they are open.
    if (list?.kind === 'list') (list as OpenList).items.push(target);
    else parent.entries.set(last.text, { key: last, value: { kind: 'list', items: [target], origin: last.origin } });
  } else target = descend(parent, [last]);
  for (const pair of table.body) addKeyValue(target, pair, config);
}

function addKeyValue(map: OpenMap, pair: AST.TOMLKeyValue, config: ConfigText): void {
  const keys = pair.key.keys.map((key) => keyValue(key, config));
  const last = keys.at(-1);
  if (last !== undefined) descend(map, keys.slice(0, -1)).entries.set(last.text, { key: last, value: toTree(pair.value, config) });
}

function descend(from: OpenMap, keys: readonly Value[]): OpenMap {
  let at = from;
  for (const key of keys) {
    const found = at.entries.get(key.text)?.value;
    const next = found?.kind === 'list' ? found.items.at(-1) : found;
    // All maps of this tree are made in this file and are open.
    if (next?.kind === 'map') at = next as OpenMap;
    else {
      const made: OpenMap = { kind: 'map', entries: new Map(), origin: key.origin };
      at.entries.set(key.text, { key, value: made });
      at = made;
    }
  }
  return at;
}

function keyValue(key: AST.TOMLBare | AST.TOMLQuoted, config: ConfigText): Value {
  const name = key.type === 'TOMLBare' ? key.name : key.value;
  return { text: name, origin: config.at(key.range[0], key.range[1], key.type === 'TOMLBare') };
}

function toTree(node: AST.TOMLContentNode, config: ConfigText): Tree {
  const [start, end] = node.range;
  const origin = config.at(start, end);
  if (node.type === 'TOMLArray') return { kind: 'list', items: node.elements.map((item) => toTree(item, config)), origin };
  if (node.type === 'TOMLInlineTable') {
    const map: OpenMap = { kind: 'map', entries: new Map(), origin };
    for (const pair of node.body) addKeyValue(map, pair, config);
    return map;
  }
  const quote = node.kind === 'string' ? (node.multiline ? 3 : 1) : 0;
  const source = config.text.slice(start + quote, end - quote);
  const text = node.kind === 'string' ? node.value : source;
  const place = config.at(start + quote, end - quote, source === text);
  return { kind: 'scalar', value: { text, origin: place }, origin: place };
}
