import type { Node, Pair } from 'yaml';
import { isAlias, isMap, isPair, isScalar, isSeq, parseDocument } from 'yaml';
import type { Problem } from '../../../core/problem.ts';
import type { ConfigText } from '../parse/mounted.ts';
import type { Entry, Parsed, Tree } from './tree.ts';
import { MAX_NODES } from './tree.ts';

const MAX_DEPTH = 200;

/** Reads YAML 1.2 or JSON. What follows a syntax error is kept as far as the parser understood it. */
export function readYaml(config: ConfigText): Parsed {
  if (nestsTooDeep(config.text)) {
    const message = `${config.path}: nested deeper than ${MAX_DEPTH} levels`;
    return {
      tree: undefined,
      problems: [{ severity: 'error', code: 'config-syntax', message, hint: 'is this the right file?', origin: config.at(0, 1) }],
    };
  }
  const document = parseDocument(config.text, { merge: true, uniqueKeys: true, strict: true, prettyErrors: false, logLevel: 'silent' });
  // A second document is legal YAML; programs read the first.
  const errors = document.errors.filter((error) => error.code !== 'MULTIPLE_DOCS');
  const problems = errors.slice(0, 3).map(
    (error): Problem => ({
      severity: 'error',
      code: 'config-syntax',
      message: `${config.path}: ${firstSentence(error.message)}`,
      hint:
        error.code === 'DUPLICATE_KEY'
          ? 'remove one of the two; the program refuses the file'
          : 'correct the YAML; the program refuses the file',
      origin: config.at(error.pos[0], error.pos[1]),
    }),
  );
  const walk: Walk = { config, anchors: new Map(), left: MAX_NODES };
  return { tree: document.contents === null ? undefined : toTree(document.contents as Node, walk, 0), problems };
}

/** The parser calls itself per level; brackets, and compact lists on one line, are the only ways to deep nesting in little text. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x5d || code === 0x7d) depth = Math.max(0, depth - 1);
    if (depth > 4 * MAX_DEPTH) return true;
  }
  return /(?:[-?:][ \t]+){200}/.test(text) || indentationLevels(text) > MAX_DEPTH;
}

/** How many columns are open at once; counted only where some line is indented so far that it may matter. */
function indentationLevels(text: string): number {
  if (!/^[ ]{200}/m.test(text)) return 0;
  const open: number[] = [];
  let most = 0;
  for (const line of text.split('\n')) {
    const column = line.length - line.trimStart().length;
    if (column === line.length) continue;
    while ((open.at(-1) ?? -1) >= column) open.pop();
    open.push(column);
    most = Math.max(most, open.length);
  }
  return most;
}

const firstSentence = (message: string): string =>
  message
    .split('\n')[0]
    ?.replace(/ at line \d+.*$/, '')
    .replace(/:$/, '') ?? message;

interface Walk {
  readonly config: ConfigText;
  readonly anchors: Map<string, Node>;
  left: number;
}

function toTree(node: unknown, walk: Walk, depth: number): Tree {
  walk.left -= 1;
  if (walk.left < 0 || depth > MAX_DEPTH) return { kind: 'null', origin: walk.config.at(0, 0) };
  if (isAlias(node)) return toTree(walk.anchors.get(node.source), walk, depth + 1);
  if (isScalar(node) || isMap(node) || isSeq(node)) {
    if (node.anchor !== undefined) walk.anchors.set(node.anchor, node);
  }
  const [start, end] = rangeOf(node);
  const origin = walk.config.at(start, end);
  if (isMap(node)) return { kind: 'map', entries: mapEntries(node.items, walk, depth), origin };
  if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => toTree(item, walk, depth + 1)), origin };
  if (!isScalar(node) || node.value === null || node.value === undefined) return { kind: 'null', origin };
  const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
  const [from, to] = quoted ? [start + 1, end - 1] : [start, end];
  const source = walk.config.text.slice(from, to);
  const text = scalarText(node.value, source);
  const exact = source === text;
  const place = walk.config.at(from, to, exact);
  return { kind: 'scalar', value: { text, origin: place }, origin: place };
}

/** 8080 and true stay as they were written; 0x1F90 becomes what it means. A merge key's value is a symbol. */
function scalarText(value: unknown, source: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'symbol') return source;
  return /^[\w.+-]+$/.test(source) && !/^0[xo]/.test(source) ? source : String(value);
}

function mapEntries(pairs: readonly unknown[], walk: Walk, depth: number): ReadonlyMap<string, Entry> {
  const own = new Map<string, Entry>();
  const merged: Tree[] = [];
  for (const pair of pairs) {
    if (!isPair(pair)) continue;
    const { key, value } = pair as Pair;
    const name = toTree(key, walk, depth + 1);
    const made = value === null ? ({ kind: 'null', origin: name.origin } as const) : toTree(value, walk, depth + 1);
    if (name.kind !== 'scalar') continue;
    if (name.value.text === '<<') merged.push(...(made.kind === 'list' ? made.items : [made]));
    else own.set(name.value.text, { key: name.value, value: made });
  }
  // The map's own keys win over merged ones, earlier merged maps over later ones.
  for (const map of merged) {
    if (map.kind !== 'map') continue;
    for (const [name, entry] of map.entries) {
      walk.left -= 1;
      if (!own.has(name)) own.set(name, entry);
    }
  }
  return own;
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = isScalar(node) || isMap(node) || isSeq(node) ? node.range : undefined;
  return range === undefined || range === null ? [0, 0] : [range[0], range[1]];
}
