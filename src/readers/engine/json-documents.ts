/** JSON documents one after the other, as `docker inspect a; docker network inspect b` prints them. */

export interface JsonFault {
  /** Where in the text (UTF-16 code units). */
  readonly offset: number;
  /** What stands there and what was expected, no full stop. */
  readonly message: string;
}

export interface JsonDocuments {
  /** The documents, and in the place of a broken list its whole items. */
  readonly values: readonly unknown[];
  readonly faults: readonly JsonFault[];
}

const MAX_FAULTS = 20; // a text with more is no JSON; nobody reads on

/**
 * All documents of `text`. JSON.parse reads the ordinary case, one document; its error names no place in half of the
 * cases, so the scanner below finds both the end of each document and the first wrong character of a broken one.
 * After a broken document, reading goes on at the next line that starts with a bracket in column 1.
 */
export function parseJsonDocuments(text: string): JsonDocuments {
  const body = text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text;
  const whole = tryParse(body);
  if (whole.ok) return { values: [whole.value], faults: [] };
  const values: unknown[] = [];
  const faults: JsonFault[] = [];
  let at = skipSpace(body, 0);
  while (at < body.length && faults.length < MAX_FAULTS) {
    const end = skimValue(body, at);
    if (typeof end === 'number') {
      const parsed = tryParse(body.slice(at, end));
      if (parsed.ok) values.push(parsed.value);
      else faults.push({ offset: at, message: parsed.message });
      at = skipSpace(body, end);
    } else {
      faults.push(end);
      values.push(...wholeItems(body, at));
      at = nextDocument(body, Math.max(end.offset, at + 1));
    }
  }
  return { values, faults };
}

/** The items of a list that are whole, up to the first that is broken: output that was cut off still tells of those before. */
function wholeItems(text: string, start: number): readonly unknown[] {
  const items: unknown[] = [];
  if (text.charAt(start) !== '[') return items;
  let at = skipSpace(text, start + 1);
  for (let end = skimValue(text, at); typeof end === 'number'; end = skimValue(text, at)) {
    const parsed = tryParse(text.slice(at, end));
    if (parsed.ok) items.push(parsed.value);
    const comma = skipSpace(text, end);
    if (text.charAt(comma) !== ',') break;
    at = skipSpace(text, comma + 1);
  }
  return items;
}

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

function tryParse(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function nextDocument(text: string, from: number): number {
  const pattern = /\n[[{]/g;
  pattern.lastIndex = Math.max(0, from - 1);
  const found = pattern.exec(text);
  return found === null ? text.length : found.index + 1;
}

function skipSpace(text: string, at: number): number {
  let next = at;
  while (next < text.length && ' \t\r\n'.includes(text.charAt(next))) next += 1;
  return next;
}

/** What may come next (RFC 8259 §2): `item` and `member` are a value or a key, or the bracket that closes an empty list or object. */
type Expected = 'value' | 'item' | 'member' | 'key' | 'colon' | 'after';

const wording: Readonly<Record<Expected, string>> = {
  value: 'a value',
  item: 'a value or "]"',
  member: 'a key in double quotes or "}"',
  key: 'a key in double quotes',
  colon: '":"',
  after: '"," or the closing bracket',
};

/** The end of the value that starts at `start`, or the first place where it is no JSON. No recursion: depth is the input's choice. */
export function skimValue(text: string, start: number): number | JsonFault {
  const open: ('[' | '{')[] = [];
  let expected: Expected = 'value';
  let at = start;
  for (;;) {
    at = skipSpace(text, at);
    const char = text.charAt(at);
    const inside = open.at(-1);
    if ((expected === 'value' || expected === 'item') && (char === '[' || char === '{')) {
      open.push(char);
      expected = char === '[' ? 'item' : 'member';
      at += 1;
      continue;
    }
    if (closes(expected, inside, char)) {
      open.pop();
      at += 1;
    } else if (expected === 'value' || expected === 'item') {
      const end = skimScalar(text, at, wording[expected]);
      if (typeof end !== 'number') return end;
      at = end;
    } else if ((expected === 'key' || expected === 'member') && char === '"') {
      const end = skimString(text, at);
      if (typeof end !== 'number') return end;
      at = end;
      expected = 'colon';
      continue;
    } else if ((expected === 'colon' && char === ':') || (expected === 'after' && char === ',')) {
      expected = expected === 'after' && inside === '{' ? 'key' : 'value';
      at += 1;
      continue;
    } else {
      return unexpected(text, at, wording[expected]);
    }
    if (open.length === 0) return at;
    expected = 'after';
  }
}

function closes(expected: Expected, inside: '[' | '{' | undefined, char: string): boolean {
  if (inside === '[') return char === ']' && (expected === 'item' || expected === 'after');
  return inside === '{' && char === '}' && (expected === 'member' || expected === 'after');
}

function skimScalar(text: string, at: number, wanted: string): number | JsonFault {
  if (text.charAt(at) === '"') return skimString(text, at);
  const pattern = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : unexpected(text, at, wanted);
}

function skimString(text: string, start: number): number | JsonFault {
  const plain = /[^"\\\u0000-\u001f]*/y;
  const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
  let at = start + 1;
  for (;;) {
    plain.lastIndex = at;
    plain.test(text);
    at = plain.lastIndex;
    const char = text.charAt(at);
    if (char === '"') return at + 1;
    escaped.lastIndex = at;
    if (!escaped.test(text)) return unexpected(text, at, char === '\\' ? 'an escape such as \\" or \\n' : 'the closing double quote');
    at = escaped.lastIndex;
  }
}

function unexpected(text: string, offset: number, expected: string): JsonFault {
  const found = offset >= text.length ? 'the text ends here' : `found ${JSON.stringify(text.charAt(offset))}`;
  return { offset: Math.min(offset, text.length), message: `${found}, expected ${expected}` };
}
