/** The JSON Schema of what people write. */
import * as z from 'zod';

/**
 * Of the input, before it is read into values with units. Zod leaves examples out where a value is transformed, because
 * they could be of the output; ours are always as people write them.
 */
export function inputSchema(schema: z.ZodType): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const examples = z.globalRegistry.get(zodSchema)?.examples;
      if (Array.isArray(examples)) jsonSchema.examples = examples;
    },
  });
}
