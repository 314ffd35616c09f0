/** What runs now, as a file that people can read: the agent's own settings, what the server changed, and the defaults. Pure. */
import { stringify } from 'yaml';
import * as z from 'zod';
import type { ConfigFile } from '../connection/connection.ts';
import type { Sections } from './offer.ts';
import { redact } from './redact.ts';

/** `local` and `remote` as they were written; a section of `remote` stands for the whole one of `local`. */
export function effectiveConfig(schema: z.ZodType, local: Sections, remote: Sections): readonly ConfigFile[] {
  const definition: unknown = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const whole = withDefaults({ ...local, ...remote }, definition);
  const body = new TextEncoder().encode(stringify(redact(whole)));
  return [{ name: 'agent.yaml', contentType: 'text/yaml', body }];
}

/** The value with what the definition says for everything that was left out. */
export function withDefaults(value: unknown, definition: unknown): unknown {
  const schema = objectOf(definition);
  if (schema === undefined) return value;
  if (value === undefined)
    return schema.default === undefined ? undefined : withDefaults(schema.default, { ...schema, default: undefined });
  if (Array.isArray(value)) return value.map((item) => withDefaults(item, schema.items));
  const object = objectOf(value);
  if (object === undefined) return value;
  const properties = objectOf(variantOf(schema, object).properties) ?? {};
  const result: Record<string, unknown> = { ...object };
  for (const [key, inner] of Object.entries(properties)) {
    const filled = withDefaults(object[key], inner);
    if (filled !== undefined) result[key] = filled;
  }
  return result;
}

/** Of several kinds (`oneOf`, `anyOf`) the one whose constant fields are those that were written. */
function variantOf(schema: Readonly<Record<string, unknown>>, value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const variants = [schema.oneOf, schema.anyOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const fits = variants.map(objectOf).find((variant) => {
    const constants = Object.entries(objectOf(variant?.properties) ?? {}).flatMap(([key, inner]) => {
      const { const: constant } = objectOf(inner) ?? {};
      return constant === undefined ? [] : [[key, constant] as const];
    });
    return constants.length > 0 && constants.every(([key, constant]) => value[key] === constant);
  });
  return fits ?? schema;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  // A plain object whose members are of unknown type.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
