/**
 * Lines of `key=value key="value with \"quotes\"" flag`, as Go programs write them. Keys and values end at a space; a key without a value is true; of several with
 * the same key the last one counts.
 */
import type { FieldTable } from '../../json-bytes/field-table.ts';
import { fieldName } from '../../json-bytes/field-table.ts';
import { backslash, quote } from '../../json-bytes/scan.ts';

const equals = 0x3d;
const yes = Buffer.from('true');

/** Sets the fields; false when there is not one `key=`, and then none was set. */
export function readLogfmt(table: FieldTable, bytes: Buffer, start: number, end: number): boolean {
  if (!hasPair(bytes, start, end)) return false;
  let at = start;
  while (at < end) {
    while (at < end && (bytes[at] ?? 0) <= 0x20) at += 1;
    const keyStart = at;
    while (at < end && bytes[at] !== equals && (bytes[at] ?? 0) > 0x20) at += 1;
    const keyEnd = at;
    if (keyEnd === keyStart) {
      // A value without a key: nothing that could be kept under a name.
      if (at < end) at = valueEndOf(bytes, at + 1, end);
    } else if (at < end && bytes[at] === equals) at = setValue(table, bytes, keyStart, keyEnd, at + 1, end);
    else if (isPlainName(bytes, keyStart, keyEnd)) table.putJson(bytes, keyStart, keyEnd, yes, 0, yes.length);
    else table.set(fieldName(bytes.toString('utf8', keyStart, keyEnd)), yes);
  }
  return true;
}

function hasPair(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start + 1; at < end; at += 1) if (bytes[at] === equals && (bytes[at - 1] ?? 0) > 0x20) return true;
  return false;
}

/** Index behind a value, its closing quote included. */
function valueEndOf(bytes: Buffer, at: number, end: number): number {
  if (bytes[at] !== quote || at >= end) {
    while (at < end && (bytes[at] ?? 0) > 0x20) at += 1;
    return at;
  }
  at += 1;
  while (at < end && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return Math.min(at + 1, end);
}

function setValue(table: FieldTable, bytes: Buffer, keyStart: number, keyEnd: number, start: number, end: number): number {
  const behind = valueEndOf(bytes, start, end);
  const quoted = start < end && bytes[start] === quote;
  const from = quoted ? start + 1 : start;
  const to = quoted && behind - 1 > start && bytes[behind - 1] === quote ? behind - 1 : behind;
  const escaped = quoted && bytes.subarray(from, to).includes(backslash);
  const value = escaped ? unescaped(bytes.toString('utf8', from, to)) : undefined;
  if (value === undefined && isPlainName(bytes, keyStart, keyEnd)) table.putText(bytes, keyStart, keyEnd, bytes, from, to);
  else {
    const name = fieldName(bytes.toString('utf8', keyStart, keyEnd));
    if (value === undefined) table.setText(name, bytes, from, to);
    else table.setText(name, value, 0, value.length);
  }
  return behind;
}

const meant: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
const unescaped = (text: string): Buffer =>
  Buffer.from(
    text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, one: string) =>
      code === undefined ? (meant[one] ?? one) : String.fromCharCode(Number.parseInt(code, 16)),
    ),
  );

/** Needs no escape in JSON. */
function isPlainName(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 || byte > 0x7e || byte === quote || byte === backslash) return false;
  }
  return true;
}
