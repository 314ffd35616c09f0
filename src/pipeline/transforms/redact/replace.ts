/** Replaces secrets in a text whose characters are bytes, and in the strings and numbers of JSON; what did not match stays byte by byte. */
import { backslash, quote, stringEnd } from '../../json-bytes/scan.ts';
import type { Secret } from './secrets.ts';

export type Say = (kind: string) => string;

interface Range {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
}

/** What is found first, in the order of the secrets, keeps its place; others that touch it are part of it already. */
function rangesIn(text: string, secrets: readonly Secret[]): readonly Range[] {
  const found: Range[] = [];
  for (const { kind, pattern, check } of secrets)
    for (const match of text.matchAll(pattern)) {
      const start = match.index;
      const end = start + match[0].length;
      if (end === start || check?.(match[0]) === false) continue;
      if (!found.some((other) => start < other.end && end > other.start)) found.push({ start, end, kind });
    }
  return found.sort((a, b) => a.start - b.start);
}

/** Undefined: there was none. */
export function replaceIn(text: string, secrets: readonly Secret[], say: Say): string | undefined {
  return spliced(text, rangesIn(text, secrets), say);
}

function spliced(text: string, ranges: readonly Range[], say: Say): string | undefined {
  if (ranges.length === 0) return undefined;
  let result = '';
  let at = 0;
  for (const { start, end, kind } of ranges) {
    result += text.slice(at, start) + say(kind);
    at = end;
  }
  return result + text.slice(at);
}

const literal = /[-+.\w]/;

/** The same for JSON: strings are seen as they are meant, and a number that is a secret becomes a string. */
export function replaceInJson(bytes: Buffer, start: number, end: number, secrets: readonly Secret[], say: Say): string | undefined {
  let result = '';
  let copied = start;
  let changed = false;
  const put = (from: number, to: number, instead: string | undefined): void => {
    if (instead === undefined) return;
    result += bytes.toString('latin1', copied, from) + instead;
    copied = to;
    changed = true;
  };
  for (let at = start; at < end; ) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) {
      const closing = stringEnd(bytes, at + 1, end);
      const to = closing === -1 ? end : closing;
      put(at + 1, to, replaceInString(bytes.toString('latin1', at + 1, to), secrets, say));
      at = to + 1;
    } else if (byte >= 0x30 && byte <= 0x39) {
      let to = at;
      while (to < end && literal.test(String.fromCharCode(bytes[to] ?? 0))) to += 1;
      const number = replaceIn(bytes.toString('latin1', at, to), secrets, say);
      put(at, to, number === undefined ? undefined : `"${number}"`);
      at = to;
    } else at += 1;
  }
  return changed ? result + bytes.toString('latin1', copied, end) : undefined;
}

/** The inside of a string. An escape is seen as the one character that it means, and only goes away with a secret that it is part of. */
function replaceInString(raw: string, secrets: readonly Secret[], say: Say): string | undefined {
  if (!raw.includes('\\')) return replaceIn(raw, secrets, say);
  let meant = '';
  const places: number[] = [];
  for (let at = 0; at < raw.length; ) {
    places.push(at);
    if (raw.charCodeAt(at) !== backslash) {
      meant += raw[at];
      at += 1;
    } else {
      const { character, length } = escapeAt(raw, at);
      meant += character;
      at += length;
    }
  }
  places.push(raw.length);
  const ranges = rangesIn(meant, secrets).map(({ start, end, kind }) => ({
    kind,
    start: places[start] ?? 0,
    end: places[end] ?? raw.length,
  }));
  return spliced(raw, ranges, say);
}

const short: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

function escapeAt(raw: string, at: number): { readonly character: string; readonly length: number } {
  const letter = raw[at + 1] ?? '';
  const code = letter === 'u' ? /^[0-9a-fA-F]{4}/.exec(raw.slice(at + 2, at + 6))?.[0] : undefined;
  if (code !== undefined) return { character: String.fromCharCode(Number.parseInt(code, 16)), length: 6 };
  return { character: short[letter] ?? (letter === '' ? '\\' : letter), length: letter === '' ? 1 : 2 };
}
