/**
 * JSON with the place of every value: people edit the files that registrations are read from, so that blame and fixes
 * need the offset of the wrong port, which JSON.parse does not tell.
 */

export type JsonNode = JsonScalar | JsonList | JsonMap;

interface Placed {
  /** In UTF-16 code units; for strings without the quotes. */
  readonly start: number;
  readonly end: number;
}

export interface JsonScalar extends Placed {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** The characters of the text are the value: no escapes. */
  readonly exact: boolean;
}

interface JsonList extends Placed {
  readonly kind: 'list';
  readonly items: readonly JsonNode[];
}

export interface JsonMap extends Placed {
  readonly kind: 'map';
  /** Of a key that stands twice, the last (RFC 8259 §4 leaves it open; Go and JavaScript do so). */
  readonly members: ReadonlyMap<string, JsonNode>;
}

export interface JsonFault {
  readonly offset: number;
  /** What stands there and what was expected, no full stop. */
  readonly message: string;
}

export interface JsonTrees {
  readonly documents: readonly JsonNode[];
  readonly fault?: JsonFault;
}

const MAX_DEPTH = 64; // Consul's answers are five deep

interface Reader {
  readonly text: string;
  at: number;
}

/** The documents of a text, one after the other, up to the first fault. */
export function parseJsonTrees(text: string): JsonTrees {
  const reader: Reader = { text, at: text.startsWith('\ufeff') ? 1 : 0 };
  const documents: JsonNode[] = [];
  try {
    for (skipSpace(reader); reader.at < text.length; skipSpace(reader)) documents.push(readValue(reader, 0));
    return { documents };
  } catch (error) {
    if (error instanceof Fault) return { documents, fault: { offset: error.offset, message: error.message } };
    throw error;
  }
}

/** Leaves the recursion at the first wrong character; never leaves this file. */
class Fault extends Error {
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

function fail(reader: Reader, expected: string): never {
  const { text, at } = reader;
  const found = at >= text.length ? 'the text ends here' : `found ${JSON.stringify(text.charAt(at))}`;
  throw new Fault(Math.min(at, text.length), `${found}, expected ${expected}`);
}

function skipSpace(reader: Reader): void {
  while (reader.at < reader.text.length && ' \t\r\n'.includes(reader.text.charAt(reader.at))) reader.at += 1;
}

/** Takes `char` if it comes next. */
function take(reader: Reader, char: string): boolean {
  if (reader.text.charAt(reader.at) !== char) return false;
  reader.at += 1;
  return true;
}

function readValue(reader: Reader, depth: number): JsonNode {
  skipSpace(reader);
  if (depth > MAX_DEPTH) throw new Fault(reader.at, `nested more than ${MAX_DEPTH} deep`);
  const start = reader.at;
  if (take(reader, '[')) return { kind: 'list', start, items: readItems(reader, depth), end: reader.at };
  if (take(reader, '{')) return { kind: 'map', start, members: readMembers(reader, depth), end: reader.at };
  return reader.text.charAt(start) === '"' ? readString(reader) : readWord(reader);
}

function readItems(reader: Reader, depth: number): readonly JsonNode[] {
  const items: JsonNode[] = [];
  skipSpace(reader);
  if (take(reader, ']')) return items;
  for (;;) {
    items.push(readValue(reader, depth + 1));
    skipSpace(reader);
    if (take(reader, ']')) return items;
    if (!take(reader, ',')) fail(reader, '"," or "]"');
  }
}

function readMembers(reader: Reader, depth: number): ReadonlyMap<string, JsonNode> {
  const members = new Map<string, JsonNode>();
  skipSpace(reader);
  if (take(reader, '}')) return members;
  for (;;) {
    skipSpace(reader);
    if (reader.text.charAt(reader.at) !== '"') fail(reader, 'a key in double quotes');
    const key = readString(reader).value;
    skipSpace(reader);
    if (!take(reader, ':')) fail(reader, '":"');
    members.set(String(key), readValue(reader, depth + 1));
    skipSpace(reader);
    if (take(reader, '}')) return members;
    if (!take(reader, ',')) fail(reader, '"," or "}"');
  }
}

function readString(reader: Reader): JsonScalar {
  const plain = /[^"\\\u0000-\u001f]*/y;
  const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
  const start = reader.at + 1;
  let exact = true;
  reader.at = start;
  for (;;) {
    plain.lastIndex = reader.at;
    plain.test(reader.text);
    reader.at = plain.lastIndex;
    if (reader.text.charAt(reader.at) === '"') break;
    escaped.lastIndex = reader.at;
    if (!escaped.test(reader.text))
      fail(reader, reader.text.charAt(reader.at) === '\\' ? 'an escape such as \\" or \\n' : 'the closing double quote');
    exact = false;
    reader.at = escaped.lastIndex;
  }
  const end = reader.at;
  reader.at = end + 1;
  const raw = reader.text.slice(start, end);
  // JSON.parse of what was found to be a JSON string is a string.
  return { kind: 'scalar', value: exact ? raw : (JSON.parse(`"${raw}"`) as string), exact, start, end };
}

function readWord(reader: Reader): JsonScalar {
  const pattern = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
  const start = reader.at;
  pattern.lastIndex = start;
  const word = pattern.exec(reader.text)?.[0];
  if (word === undefined) fail(reader, 'a value');
  reader.at = start + word.length;
  // The pattern lets only true, false, null and numbers through.
  return { kind: 'scalar', value: JSON.parse(word) as number | boolean | null, exact: true, start, end: reader.at };
}
