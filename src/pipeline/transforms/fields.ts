/** Fields at any depth: `user.id` is the field `id` of the object in the field `user`. */

import { parseOperand } from '../conditions/parse.ts';
import type { FieldName } from '../json-bytes/field-table.ts';
import { FieldTable, fieldName } from '../json-bytes/field-table.ts';

export type FieldPath = readonly [FieldName, ...FieldName[]];

/** The text was checked when the settings were read. `record` and `label.x` are no fields here, but names like others. */
export function fieldPath(text: string): FieldPath {
  const read = parseOperand(text);
  if (!read.ok) throw new Error(`${text} is no field: ${read.problem}`);
  const operand = read.value;
  if (operand.kind === 'record') return [fieldName('record')];
  if (operand.kind === 'label') return [fieldName('label'), fieldName(operand.name)];
  const [first, ...rest] = operand.path;
  return [fieldName(first), ...rest.map(fieldName)];
}

/**
 * Changes the object that the path leads to: of `user.id` the one in the field `user`. False where there is none, or where `change` says so.
 * Objects inside of others are taken apart and written again, and so are those around them.
 */
export function changeAt(table: FieldTable, path: FieldPath, change: (inner: FieldTable, name: FieldName) => boolean): boolean {
  const [first, second, ...rest] = path;
  if (second === undefined) return change(table, first);
  if (!table.find(first)) return false;
  const inner = new FieldTable();
  if (!inner.load(table.bytes, table.start, table.end) || !changeAt(inner, [second, ...rest], change)) return false;
  const written = Buffer.allocUnsafe(inner.length);
  table.set(first, written, 0, inner.write(written, 0));
  return true;
}

/** Finds the value, as JSON: in `found.bytes[found.start, found.end)`. */
export function findAt(table: FieldTable, path: FieldPath): FieldTable | undefined {
  const [first, second, ...rest] = path;
  if (!table.find(first)) return undefined;
  if (second === undefined) return table;
  const inner = new FieldTable();
  return inner.load(table.bytes, table.start, table.end) ? findAt(inner, [second, ...rest]) : undefined;
}
