/** What may stand where in a Compose file: a small language for the table in schema.ts. */
type ScalarType = 'string' | 'number' | 'integer' | 'boolean';

export type Shape =
  | { readonly kind: 'any' }
  | { readonly kind: 'null' }
  | {
      readonly kind: 'scalar';
      readonly types: readonly ScalarType[];
      readonly oneOf?: readonly string[];
      readonly min?: number;
      readonly max?: number;
    }
  | { readonly kind: 'list'; readonly item: Shape; readonly unique: boolean }
  | {
      readonly kind: 'map';
      /** Keys with a meaning of their own. */
      readonly keys: Readonly<Record<string, Shape>>;
      /** What other keys hold; undefined where there are no others. */
      readonly each?: Shape;
      /** Other keys must look like this. */
      readonly names?: RegExp;
      readonly required: readonly string[];
      /** `x-` keys are for users. */
      readonly extensions: boolean;
    }
  | { readonly kind: 'either'; readonly shapes: readonly Shape[] };

export const any: Shape = { kind: 'any' };
export const nothing: Shape = { kind: 'null' };
const scalar = (...types: readonly ScalarType[]): Shape => ({ kind: 'scalar', types });
export const text = scalar('string');
export const number = scalar('number', 'string');
export const integer = scalar('integer', 'string');
export const flag = scalar('boolean', 'string');
export const strictFlag = scalar('boolean');
export const strictNumber = scalar('number');
export const textOrNumber = scalar('string', 'number');
export const anyScalar = scalar('string', 'number', 'boolean');
export const word = (...oneOf: readonly string[]): Shape => ({ kind: 'scalar', types: ['string'], oneOf });
export const between = (min: number, max: number): Shape => ({ kind: 'scalar', types: ['integer', 'string'], min, max });

export const either = (...shapes: readonly Shape[]): Shape => ({ kind: 'either', shapes });
export const list = (item: Shape): Shape => ({ kind: 'list', item, unique: false });
export const set = (item: Shape): Shape => ({ kind: 'list', item, unique: true });

type MapShape = Extract<Shape, { kind: 'map' }>;
export const map = (keys: Readonly<Record<string, Shape>>, options: Partial<Omit<MapShape, 'kind' | 'keys'>> = {}): MapShape => ({
  kind: 'map',
  keys,
  required: [],
  extensions: true,
  ...options,
});
export const mapOf = (each: Shape, names?: RegExp): MapShape =>
  map({}, { each, extensions: false, ...(names === undefined ? {} : { names }) });

/** How people call a shape: `a list or a map`. */
export function describe(shape: Shape): string {
  switch (shape.kind) {
    case 'any':
      return 'anything';
    case 'null':
      return 'nothing';
    case 'scalar':
      return shape.oneOf === undefined ? shape.types.map((type) => scalarNames[type]).join(' or ') : `one of ${shape.oneOf.join(', ')}`;
    case 'list':
      return 'a list';
    case 'map':
      return 'a map';
    case 'either':
      return [...new Set(shape.shapes.filter((part) => part.kind !== 'null').map(describe))].join(' or ');
    default:
      return shape satisfies never;
  }
}

const scalarNames: Readonly<Record<ScalarType, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
};
