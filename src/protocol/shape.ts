/** Schemas as the structure check needs them: small, and made once. */
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';

/** What bytes of a message may look like: wire types by field number, and what is inside. */
export interface Shape {
  readonly name: string;
  readonly fields: ReadonlyMap<number, ShapeField>;
}

export interface ShapeField {
  readonly name: string;
  readonly wireType: number;
  readonly inner: Shape | undefined;
}

const shapes = new WeakMap<DescMessage, Shape>();

/** Made once per message. */
export function shapeOf(schema: DescMessage): Shape {
  const known = shapes.get(schema);
  if (known !== undefined) return known;
  const fields = new Map<number, ShapeField>();
  const shape = { name: schema.name, fields };
  shapes.set(schema, shape); // before its fields: messages hold themselves
  for (const field of schema.fields) fields.set(field.number, { name: field.name, wireType: wireTypeOf(field), inner: innerOf(field) });
  return shape;
}

function innerOf(field: DescField): Shape | undefined {
  if (field.fieldKind === 'map') return entryOf(field);
  return field.message === undefined ? undefined : shapeOf(field.message);
}

/** A map is a list of entries with the key in field 1 and the value in field 2; our keys are all texts. */
function entryOf(field: DescField & { readonly fieldKind: 'map' }): Shape {
  const value: ShapeField = {
    name: 'value',
    wireType: field.mapKind === 'enum' ? 0 : field.mapKind === 'scalar' ? scalarWireType(field.scalar) : 2,
    inner: field.message === undefined ? undefined : shapeOf(field.message),
  };
  const key: ShapeField = { name: 'key', wireType: scalarWireType(field.mapKey), inner: undefined };
  return {
    name: field.name,
    fields: new Map([
      [1, key],
      [2, value],
    ]),
  };
}

function wireTypeOf(field: DescField): number {
  if (field.fieldKind === 'enum') return 0;
  if (field.fieldKind === 'scalar' || (field.fieldKind === 'list' && field.listKind === 'scalar')) return scalarWireType(field.scalar);
  return 2;
}

function scalarWireType(scalar: ScalarType): number {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return 2;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return 1;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return 5;
    default:
      return 0;
  }
}
