/** STRUCTURED-DATA (RFC 5424 §6.3) → a JSON object of objects. */
import type { JsonWriter } from '../../listening/json-writer.ts';

const [open, close, quote, backslash, equals, space, nil] = [0x5b, 0x5d, 0x22, 0x5c, 0x3d, 0x20, 0x2d] as const;

/** Where the structured data that begins at `from` ends; −1 when it is none. `-` is there and empty. */
export function endOfStructuredData(bytes: Uint8Array, from: number, to: number): number {
  if (bytes[from] === nil) return from + 1;
  let at = from;
  while (at < to && bytes[at] === open) {
    at = endOfElement(bytes, at + 1, to);
    if (at === -1) return -1;
  }
  return at === from ? -1 : at;
}

function endOfElement(bytes: Uint8Array, from: number, to: number): number {
  let at = endOfName(bytes, from, to);
  if (at === from) return -1;
  while (at < to && bytes[at] === space) {
    const name = at + 1;
    at = endOfName(bytes, name, to);
    if (at === name) {
      if (bytes[at] === close) break; // a space before the bracket: wrong, harmless, and seen
      return -1;
    }
    if (bytes[at] !== equals || bytes[at + 1] !== quote) return -1;
    at = endOfValue(bytes, at + 2, to);
    if (at === -1) return -1;
    at += 1;
  }
  return at < to && bytes[at] === close ? at + 1 : -1;
}

/** SD-NAME: no `=`, no space, no `]`, no `"` (§6.3.1). Not checked for length: devices have longer ones. */
function endOfName(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  for (; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === equals || byte === close || byte === quote || byte <= space) break;
  }
  return at;
}

/** The closing quote. `"`, `\` and `]` have a backslash before them in a value (§6.3.3); a lone `]` is taken as it is meant. */
function endOfValue(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    if (bytes[at] === backslash) at += 1;
    else if (bytes[at] === quote) return at;
  }
  return -1;
}

/** Writes what `endOfStructuredData` found: `{"id":{"name":"value"}}`. A name that comes twice (§6.3.2 allows it) gets a list of its values. */
export function writeStructuredData(json: JsonWriter, bytes: Uint8Array, from: number, to: number): void {
  if (repeats(bytes, from, to)) return json.text(JSON.stringify(asObject(bytes, from, to)));
  json.byte(0x7b);
  for (let at = from; at < to && bytes[at] === open; ) {
    if (at > from) json.byte(0x2c);
    const idEnd = endOfName(bytes, at + 1, to);
    json.string(bytes, at + 1, idEnd);
    json.byte(0x3a);
    at = writeElement(json, bytes, idEnd, to);
  }
  json.byte(0x7d);
}

/** Returns where the element ends. */
function writeElement(json: JsonWriter, bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  json.byte(0x7b);
  while (bytes[at] === space && bytes[at + 1] !== close) {
    const nameEnd = endOfName(bytes, at + 1, to);
    if (at > from) json.byte(0x2c);
    json.string(bytes, at + 1, nameEnd);
    json.byte(0x3a);
    at = writeValue(json, bytes, nameEnd + 2, to);
  }
  json.byte(0x7d);
  return behindBracket(bytes, at, to);
}

function behindBracket(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== close) at += 1;
  return at + 1;
}

function writeValue(json: JsonWriter, bytes: Uint8Array, from: number, to: number): number {
  json.byte(quote);
  let run = from;
  let at = from;
  for (; at < to && bytes[at] !== quote; at++) {
    if (bytes[at] !== backslash) continue;
    const next = bytes[at + 1];
    // Any other backslash is itself (§6.3.3).
    if (next === quote || next === backslash || next === close) {
      json.escaped(bytes, run, at);
      run = at + 1;
      at += 1;
    }
  }
  json.escaped(bytes, run, at);
  json.byte(quote);
  return at + 1;
}

/** Whether a name comes twice in an element, or an id twice (forbidden in §6.3.2, and sent all the same). */
function repeats(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to && bytes[at] === open; ) {
    const end = endOfName(bytes, at + 1, to);
    for (let other = from; other < at; other = behindElement(bytes, other, to))
      if (sameName(bytes, at + 1, other + 1, end, to)) return true;
    for (let name = end; bytes[name] === space && bytes[name + 1] !== close; name = behindParameter(bytes, name, to)) {
      const nameEnd = endOfName(bytes, name + 1, to);
      for (let other = end; other < name; other = behindParameter(bytes, other, to))
        if (sameName(bytes, name + 1, other + 1, nameEnd, to)) return true;
    }
    at = behindElement(bytes, at, to);
  }
  return false;
}

/** From the bracket of an element, or the space before a parameter, to the next; these were checked before. */
const behindElement = (bytes: Uint8Array, at: number, to: number): number => Math.max(at + 1, endOfElement(bytes, at + 1, to));
const behindParameter = (bytes: Uint8Array, at: number, to: number): number =>
  Math.max(at, endOfValue(bytes, endOfName(bytes, at + 1, to) + 2, to)) + 1;

function sameName(bytes: Uint8Array, one: number, other: number, oneEnd: number, to: number): boolean {
  if (endOfName(bytes, other, to) - other !== oneEnd - one) return false;
  for (let index = 0; index < oneEnd - one; index++) if (bytes[one + index] !== bytes[other + index]) return false;
  return true;
}

function asObject(bytes: Uint8Array, from: number, to: number): Record<string, Record<string, string | string[]>> {
  const text = (start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString();
  const result: Record<string, Record<string, string | string[]>> = Object.create(null);
  for (let at = from; at < to && bytes[at] === open; ) {
    const idEnd = endOfName(bytes, at + 1, to);
    const id = text(at + 1, idEnd);
    const element: Record<string, string | string[]> = result[id] ?? Object.create(null);
    result[id] = element;
    at = idEnd;
    while (bytes[at] === space && bytes[at + 1] !== close) {
      const nameEnd = endOfName(bytes, at + 1, to);
      const name = text(at + 1, nameEnd);
      const valueEnd = endOfValue(bytes, nameEnd + 2, to);
      const value = text(nameEnd + 2, valueEnd).replaceAll(/\\(["\\\]])/g, '$1');
      const known = element[name];
      element[name] = known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value];
      at = valueEnd + 1;
    }
    at = behindBracket(bytes, at, to);
  }
  return result;
}
