/** As much of JSON Schema 2020-12 as our schemas use. An unknown keyword throws: a check that does not look is none. */

/** A schema is data of our own repository; its shape is what this file reads. */
export type Schema = { readonly [keyword: string]: unknown };

const annotations = new Set(['$schema', '$defs', 'title', 'description', 'required', 'additionalProperties']);

/** Sentences about what does not fit; empty when all does. */
export function violations(schema: Schema, value: unknown, root: Schema = schema, at = '$'): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, wanted]) => {
    const check = keywords[keyword];
    if (check !== undefined) return check({ schema, wanted, value, root, at });
    if (annotations.has(keyword)) return [];
    throw new Error(`${at}: keyword ${keyword} is not implemented`);
  });
}

interface Check {
  readonly schema: Schema;
  // biome-ignore lint/suspicious/noExplicitAny: each keyword knows the shape of its own value
  readonly wanted: any;
  readonly value: unknown;
  readonly root: Schema;
  readonly at: string;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const keywords: Readonly<Record<string, (check: Check) => readonly string[]>> = {
  $ref: ({ wanted, value, root, at }) =>
    violations((root.$defs as Record<string, Schema>)[wanted.replace('#/$defs/', '')] ?? fail(wanted), value, root, at),
  const: ({ wanted, value, at }) => (value === wanted ? [] : [`${at}: ${JSON.stringify(value)} is not ${wanted}`]),
  enum: ({ wanted, value, at }) => (wanted.includes(value) ? [] : [`${at}: ${JSON.stringify(value)} is none of ${wanted}`]),
  type: ({ wanted, value, at }) =>
    [wanted].flat().some((type: string) => hasType(type, value)) ? [] : [`${at}: ${JSON.stringify(value)} is no ${wanted}`],
  pattern: ({ wanted, value, at }) => (new RegExp(wanted).test(String(value)) ? [] : [`${at}: ${value} does not match ${wanted}`]),
  minimum: ({ wanted, value, at }) => (Number(value) >= wanted ? [] : [`${at}: ${value} is less than ${wanted}`]),
  maximum: ({ wanted, value, at }) => (Number(value) <= wanted ? [] : [`${at}: ${value} is more than ${wanted}`]),
  uniqueItems: ({ value, at }) =>
    Array.isArray(value) && new Set(value.map((item) => JSON.stringify(item))).size < value.length ? [`${at}: an item is there twice`] : [],
  minItems: ({ wanted, value, at }) => (Array.isArray(value) && value.length < wanted ? [`${at}: fewer than ${wanted}`] : []),
  items: ({ wanted, value, root, at }) =>
    Array.isArray(value) ? value.flatMap((item, index) => violations(wanted, item, root, `${at}[${index}]`)) : [],
  allOf: ({ wanted, value, root, at }) => wanted.flatMap((one: Schema) => violations(one, value, root, at)),
  anyOf: ({ wanted, value, root, at }) => alternatives(wanted, value, root, at),
  oneOf: ({ wanted, value, root, at }) => alternatives(wanted, value, root, at),
  properties: ({ schema, wanted, value, root, at }) => {
    if (!isObject(value)) return [];
    const missing = ((schema.required ?? []) as string[]).filter((name) => !(name in value)).map((name) => `${at}: ${name} is missing`);
    const extra = schema.additionalProperties === false ? Object.keys(value).filter((name) => !(name in wanted)) : [];
    const inside = Object.entries(value).flatMap(([name, inner]) =>
      name in wanted ? violations(wanted[name], inner, root, `${at}.${name}`) : [],
    );
    return [...missing, ...extra.map((name) => `${at}: ${name} is not described`), ...inside];
  },
};

function alternatives(wanted: readonly Schema[], value: unknown, root: Schema, at: string): readonly string[] {
  const results = wanted.map((one) => violations(one, value, root, at));
  return results.some((result) => result.length === 0) ? [] : [`${at}: fits no alternative: ${results.flat().slice(0, 5).join('; ')}`];
}

function hasType(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'null') return value === null;
  return type === 'object' ? isObject(value) : typeof value === type;
}

function fail(name: string): never {
  throw new Error(`no definition ${name}`);
}
