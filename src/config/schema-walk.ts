/** Looks into a Zod schema: which keys there are at a path, so that a slip can be named. */
import type * as z from 'zod';
import type { $ZodType, $ZodTypes } from 'zod/v4/core';

/** The schemas behind wrappers (optional, default, transform …) that decide what may be written; several for a union. */
export function written(schema: $ZodType): readonly $ZodTypes[] {
  // Zod types the definition of an unknown schema as the union's common part; `$ZodTypes` is the closed set that it documents.
  const known = schema as $ZodTypes;
  const { def } = known._zod;
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
    case 'nullable':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return written(def.innerType);
    case 'pipe':
      return written(def.in);
    case 'lazy':
      return written(def.getter());
    case 'union':
      return def.options.flatMap(written);
    default:
      return [known];
  }
}

/** What a schema that is built lazily stands for. */
export function unlazy(schema: $ZodType): $ZodType {
  const { def } = (schema as $ZodTypes)._zod;
  return def.type === 'lazy' ? unlazy(def.getter()) : schema;
}

/** The schemas of what stands at `path`. */
export function schemasAt(schema: $ZodType, path: readonly PropertyKey[]): readonly $ZodTypes[] {
  return path.reduce<readonly $ZodTypes[]>((schemas, key) => schemas.flatMap((one) => step(one, key)), written(schema));
}

function step(schema: $ZodTypes, key: PropertyKey): readonly $ZodTypes[] {
  const { def } = schema._zod;
  if (def.type === 'object') {
    const inner = typeof key === 'string' && Object.hasOwn(def.shape, key) ? def.shape[key] : undefined;
    return inner === undefined ? [] : written(inner);
  }
  if (def.type === 'array') return written(def.element);
  if (def.type === 'record') return written(def.valueType);
  return [];
}

/** The keys that may stand in the map at `path`; of several forms, those of the form whose fixed values are those of `value`. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): readonly string[] {
  const keys = schemasAt(schema, path).flatMap(({ _zod: { def } }) => {
    if (def.type !== 'object') return [];
    const fits = Object.entries(def.shape).every(([key, field]) => {
      const fixed = field._zod.def.type === 'literal' ? field._zod.values : undefined;
      return fixed === undefined || typeof value !== 'object' || value === null || !(key in value) || fixed.has(Reflect.get(value, key));
    });
    return fits ? Object.keys(def.shape) : [];
  });
  return [...new Set(keys)];
}
