/** Where records lie in the body of a request. */
import { RecordRanges } from '../../listening/cut.ts';

export type BodyFormat = 'ndjson' | 'json' | 'text';

/** What a content type says; undefined for one that says nothing of this. RFC 9110 §8.3; `application/x-ndjson` and its relatives are nobody's standard. */
export function formatOf(contentType: string | undefined): BodyFormat | undefined {
  switch (contentType?.split(';')[0]?.trim().toLowerCase()) {
    case 'application/json':
      return 'json';
    case 'application/x-ndjson':
    case 'application/ndjson':
    case 'application/jsonl':
    case 'application/json-lines':
    case 'application/x-json-stream':
      return 'ndjson';
    case 'text/plain':
      return 'text';
    default:
      return undefined;
  }
}

const lf = 0x0a;
const cr = 0x0d;

/** Lines that are not empty, without their ending. */
export function linesOf(body: Buffer): RecordRanges {
  const ranges = new RecordRanges();
  for (let start = 0; start < body.length; ) {
    const next = body.indexOf(lf, start);
    const end = next === -1 ? body.length : next;
    const trimmed = end > start && body[end - 1] === cr ? end - 1 : end;
    if (trimmed > start) ranges.add(start, trimmed);
    start = end + 1;
  }
  return ranges;
}

export type JsonRecords = { readonly ok: true; readonly ranges: RecordRanges } | { readonly ok: false; readonly reason: string };

const quote = 0x22;
const backslash = 0x5c;
const [open, close, openList, closeList, comma, space] = [0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0x20];
/** RFC 8259 §2 */
const isBlank = (byte: number | undefined) => byte === space || byte === 0x09 || byte === lf || byte === cr;

/**
 * The elements of an array, or the one value that the body is; each checked to be JSON. Line breaks between them and inside of them (a string has
 * none, RFC 8259 §7) become spaces in place, because a record is a line to many a receiver.
 */
export function jsonRecordsOf(body: Buffer): JsonRecords {
  let at = skipBlanks(body, 0);
  if (at === body.length) return { ok: true, ranges: new RecordRanges() };
  if (body[at] !== openList) return single(body, at);
  const ranges = new RecordRanges();
  at = skipBlanks(body, at + 1);
  if (body[at] === closeList) return endsAfter(body, at + 1, ranges);
  for (;;) {
    const end = endOfValue(body, at);
    const problem = unfit(body, at, end);
    if (problem !== undefined) return problem;
    ranges.add(at, trimEnd(body, at, end));
    if (body[end] === closeList) return endsAfter(body, end + 1, ranges);
    if (body[end] !== comma) return { ok: false, reason: `an array of JSON that does not end (byte ${end})` };
    at = skipBlanks(body, end + 1);
  }
}

function single(body: Buffer, at: number): JsonRecords {
  endOfValue(body, at); // flattens
  const problem = unfit(body, at, body.length);
  if (problem !== undefined) return problem;
  const ranges = new RecordRanges();
  ranges.add(at, trimEnd(body, at, body.length));
  return { ok: true, ranges };
}

function endsAfter(body: Buffer, at: number, ranges: RecordRanges): JsonRecords {
  const rest = skipBlanks(body, at);
  return rest === body.length ? { ok: true, ranges } : { ok: false, reason: `something follows the array of JSON (byte ${rest})` };
}

function unfit(body: Buffer, start: number, end: number): JsonRecords | undefined {
  try {
    JSON.parse(body.toString('utf8', start, end));
    return undefined;
  } catch (error) {
    return { ok: false, reason: `no JSON at byte ${start}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function skipBlanks(body: Buffer, from: number): number {
  let at = from;
  while (at < body.length && isBlank(body[at])) at += 1;
  return at;
}

function trimEnd(body: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && isBlank(body[at - 1])) at -= 1;
  return at;
}

/** Where the comma or the bracket is that ends this element, or the end of the body. Flattens line breaks on the way. */
function endOfValue(body: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < body.length; at++) {
    const byte = body[at];
    if (byte === quote) at = endOfString(body, at);
    else if (byte === open || byte === openList) depth += 1;
    else if (byte === lf || byte === cr) body[at] = space;
    else if (depth === 0 && (byte === comma || byte === closeList)) return at;
    else if (byte === close || byte === closeList) depth -= 1;
  }
  return body.length;
}

function endOfString(body: Buffer, from: number): number {
  for (let at = from + 1; at < body.length; at++) {
    if (body[at] === backslash) at += 1;
    else if (body[at] === quote) return at;
  }
  return body.length;
}
