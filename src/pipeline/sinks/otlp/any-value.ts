/** Values and attributes of OTLP (opentelemetry-proto common.proto): from plain JSON, and from OTLP's own JSON mapping. */
import type { Writer } from '../../proto/writer.ts';

const field = { string: 1, bool: 2, int: 3, double: 4, array: 5, map: 6, bytes: 7 } as const;

export function writeStringAttribute(to: Writer, number: number, key: string, value: string): void {
  const attribute = to.open(number, key.length + value.length + 6);
  to.textField(1, key);
  const any = to.open(2, value.length + 2);
  writeText(to, value);
  to.close(any);
  to.close(attribute);
}

export function writeIntAttribute(to: Writer, number: number, key: string, value: number): void {
  const attribute = to.open(number, key.length + 16);
  to.textField(1, key);
  const any = to.open(2, 10);
  writeInt(to, value);
  to.close(any);
  to.close(attribute);
}

export function writeListAttribute(to: Writer, number: number, key: string, values: readonly string[]): void {
  const attribute = to.open(number);
  to.textField(1, key);
  const any = to.open(2);
  const array = to.open(field.array);
  for (const value of values) {
    const one = to.open(1, value.length + 2);
    writeText(to, value);
    to.close(one);
  }
  to.close(array);
  to.close(any);
  to.close(attribute);
}

/** What `JSON.parse` gives, as the content of an AnyValue. Null is an empty one. */
export function writeJson(to: Writer, value: unknown): void {
  if (typeof value === 'string') return writeText(to, value);
  if (typeof value === 'boolean') {
    to.tag(field.bool, 0);
    return to.varint(value ? 1 : 0);
  }
  if (typeof value === 'number') return Number.isSafeInteger(value) ? writeInt(to, value) : to.doubleField(field.double, value);
  if (Array.isArray(value)) {
    const array = to.open(field.array);
    for (const one of value) {
      const element = to.open(1);
      writeJson(to, one);
      to.close(element);
    }
    return to.close(array);
  }
  if (typeof value !== 'object' || value === null) return;
  const map = to.open(field.map);
  for (const [key, one] of Object.entries(value)) {
    const entry = to.open(1);
    to.textField(1, key);
    const any = to.open(2);
    writeJson(to, one);
    to.close(any);
    to.close(entry);
  }
  to.close(map);
}

/** An AnyValue in OTLP's JSON mapping (`{"stringValue":"…"}`), as the content of one. What is none is left empty. */
export function writeMapped(to: Writer, value: unknown): void {
  if (!isObject(value)) return;
  if (typeof value.stringValue === 'string') return writeText(to, value.stringValue);
  if (typeof value.boolValue === 'boolean') return writeJson(to, value.boolValue);
  if (value.intValue !== undefined) return writeInt64(to, value.intValue);
  if (value.doubleValue !== undefined) return to.doubleField(field.double, Number(value.doubleValue)); // "NaN", "Infinity" too
  if (typeof value.bytesValue === 'string') return to.bytesField(field.bytes, Buffer.from(value.bytesValue, 'base64'));
  if (isObject(value.arrayValue)) {
    const array = to.open(field.array);
    for (const one of listOf(value.arrayValue.values)) {
      const element = to.open(1);
      writeMapped(to, one);
      to.close(element);
    }
    return to.close(array);
  }
  if (isObject(value.kvlistValue)) {
    const map = to.open(field.map);
    writeMappedAttributes(to, 1, value.kvlistValue.values);
    to.close(map);
  }
}

/** Attributes in the JSON mapping: `[{"key":"…","value":{…}}]`. */
export function writeMappedAttributes(to: Writer, number: number, attributes: unknown): void {
  for (const attribute of listOf(attributes)) {
    if (!isObject(attribute)) continue;
    const entry = to.open(number);
    to.textField(1, textOf(attribute.key));
    const any = to.open(2);
    writeMapped(to, attribute.value);
    to.close(any);
    to.close(entry);
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** 64-bit numbers are strings in the mapping, and numbers where somebody wrote them so. What is none is 0. */
export function bigOf(value: unknown): bigint {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : 0n;
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : 0n;
}

/** Also when it is empty: as a member of a oneof it says which one is meant. */
function writeText(to: Writer, value: string): void {
  const mark = to.open(field.string, value.length);
  to.text(value);
  to.close(mark);
}

function writeInt(to: Writer, value: number): void {
  to.tag(field.int, 0);
  to.int64(value);
}

function writeInt64(to: Writer, value: unknown): void {
  to.tag(field.int, 0);
  to.uint64(BigInt.asUintN(64, bigOf(value)));
}
