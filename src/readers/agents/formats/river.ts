import type { Problem } from '../../../core/problem.ts';
import type { ConfigText } from '../parse/mounted.ts';
import type { Resolve, Value } from '../parse/value.ts';
import { expand, inexact } from '../parse/value.ts';

/** `prometheus.remote_write "default" { … }` of Alloy's syntax (formerly River). */
export interface Block {
  readonly name: string;
  readonly label: string;
  /** The strings and numbers of each attribute, in order: one for `url = "x"`, several for lists and objects. */
  readonly attributes: ReadonlyMap<string, readonly RiverString[]>;
  readonly blocks: readonly Block[];
  readonly origin: Value['origin'];
}

export interface RiverString {
  /** The key inside of an object: `__address__` in `[{"__address__" = "a:1"}]`. */
  readonly key: string | undefined;
  readonly value: Value;
}

interface Found extends RiverString {
  readonly start: number;
  readonly end: number;
}

interface OpenBlock extends Block {
  readonly attributes: Map<string, RiverString[]>;
  readonly blocks: OpenBlock[];
}

interface Token {
  readonly kind: 'word' | 'string' | 'mark' | 'number';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|`[^`]*`|[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*|\d[\w.]*|\S/g;
const MAX_DEPTH = 200;

export function readRiver(config: ConfigText, resolve: Resolve): { readonly root: Block; readonly problems: readonly Problem[] } {
  const tokens = tokenize(config.text);
  const reader: Reader = { config, resolve, tokens, at: 0, problems: [] };
  const root: OpenBlock = { name: '', label: '', attributes: new Map(), blocks: [], origin: config.at(0, 0) };
  readBody(reader, root, 0);
  return { root, problems: reader.problems.slice(0, 3) };
}

/** All blocks of a tree, outer ones first. */
export function allBlocks(root: Block): readonly Block[] {
  return [root, ...root.blocks.flatMap(allBlocks)];
}

interface Reader {
  readonly config: ConfigText;
  readonly resolve: Resolve;
  readonly tokens: readonly Token[];
  at: number;
  readonly problems: Problem[];
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const [part] = match;
    if (part.startsWith('//') || part.startsWith('/*')) continue;
    const kind = /^["`]./s.test(part) ? 'string' : /^[A-Za-z_]/.test(part) ? 'word' : /^\d/.test(part) ? 'number' : 'mark';
    tokens.push({ kind, text: part, start: match.index, end: match.index + part.length });
  }
  return tokens;
}

function readBody(reader: Reader, block: OpenBlock, depth: number): void {
  while (reader.at < reader.tokens.length) {
    const token = reader.tokens[reader.at];
    if (token === undefined) return;
    reader.at += 1;
    if (token.text === '}') {
      if (depth === 0) fail(reader, token, 'this brace closes nothing', 'remove it');
      else return;
    } else if (token.kind === 'word' || token.kind === 'string') readStatement(reader, block, token, depth);
    else if (token.text !== ',' && token.text !== ';')
      fail(reader, token, `"${token.text}" is not expected here`, 'a block or an attribute starts with a name');
  }
  if (depth > 0) {
    const place = { kind: 'mark' as const, text: '', start: reader.config.text.length, end: reader.config.text.length };
    fail(reader, place, `the block ${block.name} is never closed`, 'add a closing brace');
  }
}

function readStatement(reader: Reader, block: OpenBlock, name: Token, depth: number): void {
  let next = reader.tokens[reader.at];
  let label = '';
  if (next?.text === '=') {
    reader.at += 1;
    block.attributes.set(name.text, readExpression(reader));
    return;
  }
  if (next?.kind === 'string') {
    label = next.text.slice(1, -1);
    reader.at += 1;
    next = reader.tokens[reader.at];
  }
  if (next?.text !== '{' || depth > MAX_DEPTH) {
    fail(reader, name, `"${name.text}" is neither a block nor an attribute`, 'write NAME = VALUE, or NAME "LABEL" { … }');
    return;
  }
  reader.at += 1;
  const child: OpenBlock = { name: name.text, label, attributes: new Map(), blocks: [], origin: reader.config.at(name.start, name.end) };
  block.blocks.push(child);
  readBody(reader, child, depth + 1);
}

/** Collects the strings of an expression; it ends where, outside of brackets, a new line begins with something new. */
function readExpression(reader: Reader): RiverString[] {
  const strings: Found[] = [];
  let nesting = 0;
  let key: string | undefined;
  let last: Token | undefined;
  while (reader.at < reader.tokens.length) {
    const token = reader.tokens[reader.at];
    if (token === undefined) break;
    const newLine = last !== undefined && reader.config.text.slice(last.end, token.start).includes('\n');
    if (nesting === 0 && (token.text === '}' || (newLine && !/^[+\-*/%&|=<>!?]/.test(token.text)))) break;
    const next = reader.tokens[reader.at + 1];
    if ('([{'.includes(token.text)) nesting += 1;
    else if (')]}'.includes(token.text)) nesting -= 1;
    if (nesting > 0 && (token.kind === 'string' || token.kind === 'word') && next?.text === '=')
      key = token.kind === 'string' ? token.text.slice(1, -1) : token.text;
    else if (isEnvironmentCall(token)) {
      const value = environmentCall(reader);
      strings.push({ key, value, start: token.start, end: reader.tokens[reader.at]?.end ?? token.end });
      key = undefined;
    } else if (token.kind === 'string' || token.kind === 'number') {
      strings.push({ key, value: stringValue(reader.config, token), start: token.start, end: token.end });
      key = undefined;
    }
    last = reader.tokens[reader.at];
    reader.at += 1;
  }
  return joinConcatenation(reader, strings);
}

const isEnvironmentCall = (token: Token): boolean => token.kind === 'word' && (token.text === 'sys.env' || token.text === 'env');

/** Reads `sys.env("X")`; leaves the reader on its last token. */
function environmentCall(reader: Reader): Value {
  const [name, open, argument, close] = reader.tokens.slice(reader.at, reader.at + 4);
  const origin = reader.config.at(name?.start ?? 0, close?.end ?? name?.end ?? 0);
  const whole: Value = { text: `\${${argument?.text.slice(1, -1) ?? ''}}`, origin };
  if (open?.text === '(' && argument?.kind === 'string') reader.at += 3;
  return expand(whole, { pattern: /\$\{(?<name>[^}]*)\}/g }, reader.resolve);
}

function stringValue(config: ConfigText, token: Token): Value {
  if (token.kind === 'number') return { text: token.text, origin: config.at(token.start, token.end, true) };
  const source = token.text.slice(1, -1);
  const text = token.text.startsWith('"') ? source.replaceAll(/\\(["\\])/g, '$1') : source;
  return { text, origin: config.at(token.start + 1, token.end - 1, text === source) };
}

/** `"http://" + sys.env("HOST") + ":3100"` is one string made of pieces. */
function joinConcatenation(reader: Reader, strings: readonly Found[]): RiverString[] {
  const [first] = strings;
  const joined = strings.slice(1).every((one, index) => reader.config.text.slice(strings[index]?.end, one.start).trim() === '+');
  if (first === undefined || strings.length < 2 || !joined) return strings.map(({ key, value }) => ({ key, value }));
  let text = '';
  const pieces = strings.flatMap(({ value }) => {
    const from = text.length;
    text += value.text;
    const own = value.pieces ?? [{ from: 0, to: value.text.length, origin: value.origin }];
    return own.map((piece) => ({ from: from + piece.from, to: from + piece.to, origin: piece.origin }));
  });
  return [{ key: undefined, value: { text, origin: inexact(first.value.origin), pieces } }];
}

function fail(reader: Reader, token: Token, what: string, hint: string): void {
  reader.problems.push({
    severity: 'error',
    code: 'config-syntax',
    message: `${reader.config.path}: ${what}`,
    hint,
    origin: reader.config.at(token.start, token.end),
  });
}
