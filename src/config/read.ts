/**
 * Reads settings (YAML, and JSON as a part of it) against their definition. Everything that is wrong comes with its place;
 * nothing is to be opened before all of it is valid.
 */
import type { Document, Node, Pair } from 'yaml';
import { isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type * as z from 'zod';
import type { FileOrigin } from '../core/origin.ts';
import type { Problem } from '../core/problem.ts';
import type { SourceText } from '../core/text.ts';
import type { Complaint } from './issues.ts';
import { complaints } from './issues.ts';

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/** What a settings file may be at most: far above any that a person writes, low enough to be parsed in a moment. */
const maxBytes = 1 << 20;
/** Nested flow collections: deeper than any setting, and too few to exhaust the stack. */
const maxDepth = 64;

export function readSettings<Schema extends z.ZodType>(schema: Schema, source: SourceText): Read<z.output<Schema>> {
  const unreadable = (start: number, end: number, message: string, hint: string): Read<never> => ({
    ok: false,
    problems: [problem('config-syntax', source.origin(start, end), message, hint)],
  });
  if (source.text.length > maxBytes) return unreadable(0, 0, `larger than ${maxBytes} characters`, 'split it');
  const deep = tooDeep(source.text);
  if (deep !== undefined) return unreadable(deep, deep + 1, `nested deeper than ${maxDepth}`, 'write it flatter');
  const document = parseDocument(source.text, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) return unreadable(error.pos[0], error.pos[1], error.message.split('\n')[0] ?? 'not YAML', 'write YAML or JSON');
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (cause) {
    // The library's own bound on aliases, or an alias to nothing.
    return unreadable(0, 0, cause instanceof Error ? cause.message : String(cause), 'write what the alias stands for');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const found = complaints(schema, parsed.error.issues, (path) => path.reduce<unknown>(member, value));
  const problems = found.map((one) => ({ at: place(document, source, one), ...one })).sort((a, b) => a.at.span.start - b.at.span.start);
  return { ok: false, problems: problems.map(({ at, message, hint }) => problem('config-invalid', at, message, hint)) };
}

function problem(code: string, origin: FileOrigin, message: string, hint: string): Problem {
  return { severity: 'error', code, message, hint, origin };
}

function member(value: unknown, key: PropertyKey): unknown {
  // An index into a value of unknown shape: whatever is there, undefined included.
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined;
}

/** The offset at which flow collections are nested too deeply; quotes are not looked at, so that a text full of brackets counts. */
function tooDeep(text: string): number | undefined {
  let depth = 0;
  let indents = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === 0x5b || character === 0x7b) depth += 1;
    else if (character === 0x5d || character === 0x7d) depth = Math.max(0, depth - 1);
    // `- - - -` nests a list with every dash of a line.
    else if (character === 0x0a) indents = 0;
    else if (character === 0x2d && text.charCodeAt(at + 1) === 0x20) indents += 1;
    if (depth > maxDepth || indents > 4 * maxDepth) return at;
  }
  return undefined;
}

/** Of an unknown key its own characters, of a value the value's, of something missing the nearest thing around it. */
function place(document: Document, source: SourceText, { path, key }: Complaint): FileOrigin {
  const around = nodeAt(document, path);
  const pair = key === undefined ? undefined : pairOf(around, key);
  const node = pair?.key ?? around;
  const [start, end] = (isNode(node) ? node.range : undefined) ?? [0, 0];
  // A whole map as a place would underline the file: its first line is enough.
  const lineEnd = source.text.indexOf('\n', start);
  return source.origin(start, isMap(node) || isSeq(node) ? Math.min(end, lineEnd === -1 ? end : lineEnd) : end);
}

function nodeAt(document: Document, path: readonly PropertyKey[]): Node | null {
  let node = document.contents;
  for (const key of path) {
    const next = isMap(node) ? pairOf(node, String(key))?.value : isSeq(node) && typeof key === 'number' ? node.items[key] : undefined;
    if (!isNode(next)) break;
    node = next;
  }
  return node;
}

function pairOf(node: unknown, key: string): Pair | undefined {
  return isMap(node) ? node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key) : undefined;
}
