/** What a fixture says that a message holds, as a plain value; and a decoded message as a plain value to compare with it. */
import assert from 'node:assert/strict';
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import type { FixtureField } from './fixtures.ts';

// Messages are objects with the local names of their fields; `as` below goes from what the schema says to that.
type Plain = Record<string, unknown>;

/** Field names are those of the specification; what is not there is not in it. */
export function expectedOf(schema: DescMessage, fields: readonly FixtureField[]): Plain {
  const plain: Plain = {};
  for (const entry of fields) {
    const field = schema.fields.find(({ number }) => number === entry.number);
    assert.ok(field !== undefined && field.name === entry.name, `${schema.name} has no field ${entry.number} ${entry.name}`);
    const value = expectedValue(field, entry);
    if (field.fieldKind === 'map') plain[field.name] = { ...(plain[field.name] as Plain | undefined), ...(value as Plain) };
    else if (field.fieldKind === 'list') plain[field.name] = [...((plain[field.name] as unknown[] | undefined) ?? []), value];
    else plain[field.name] = value;
  }
  return plain;
}

function expectedValue(field: DescField, entry: FixtureField): unknown {
  if (field.fieldKind === 'map') {
    const [key, value] = entry.fields;
    return { [String(key?.value)]: field.message === undefined ? value?.value : expectedOf(field.message, value?.fields ?? []) };
  }
  if (field.message !== undefined) return expectedOf(field.message, entry.fields);
  if (field.fieldKind === 'enum') return Number(entry.value);
  return field.scalar === ScalarType.BOOL
    ? entry.value === 1n
    : field.scalar === ScalarType.INT64
      ? BigInt.asIntN(64, BigInt(String(entry.value)))
      : entry.value;
}

/** A message of the decoder; what proto3 does not write (zeros, empty lists) is left out. */
export function plainOf(schema: DescMessage, message: object): Plain {
  const plain: Plain = {};
  const values = message as Plain;
  for (const field of schema.fields) {
    const value = field.oneof === undefined ? values[field.localName] : chosen(values[field.oneof.localName], field.localName);
    if (isDefault(value) && field.oneof === undefined) continue;
    if (value !== undefined) plain[field.name] = plainValue(field, value);
  }
  return plain;
}

function chosen(oneof: unknown, name: string): unknown {
  const { case: which, value } = oneof as { case?: string; value?: unknown };
  return which === name ? value : undefined;
}

function isDefault(value: unknown): boolean {
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object' && value !== null && !('$typeName' in value)) return Object.keys(value).length === 0;
  return value === undefined || value === 0 || value === 0n || value === '' || value === false;
}

function plainValue(field: DescField, value: unknown): unknown {
  const { message } = field;
  if (field.fieldKind === 'map')
    return Object.fromEntries(
      Object.entries(value as Plain).map(([key, one]) => [key, message === undefined ? one : plainOf(message, one as object)]),
    );
  if (field.fieldKind === 'list') return (value as unknown[]).map((one) => (message === undefined ? one : plainOf(message, one as object)));
  if (message !== undefined) return plainOf(message, value as object);
  return value instanceof Uint8Array ? new Uint8Array(value) : value;
}
