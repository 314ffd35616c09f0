/** The OpenAPI 3.1 document of the API, made from the definitions that validate. */
import * as z from 'zod';
import { inputSchema } from '../../config/json-schema.ts';
import type { Route, RouteDefinition } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

/** RFC 9457; what every refusal of exchange.ts holds. */
export const problemSchema = z
  .object({
    status: z.int().describe('the HTTP status'),
    title: z.string().describe('one sentence that says what is wrong'),
    code: z.string().describe('stable, kebab-case'),
    hint: z.string().optional().describe('what to do'),
    problems: z
      .array(
        z.object({
          at: z.string().describe('file:line:column of a configuration, or the place in the request'),
          message: z.string(),
          hint: z.string(),
          severity: z.enum(['error', 'warning', 'gap']).optional().describe('an error when left out'),
        }),
      )
      .optional()
      .describe('where the input is wrong'),
  })
  .describe('a refusal');

export function openApi(routes: readonly Route[], version: string): Json {
  // Shapes with an id (`.meta({ id: 'Agent' })`) stand here once; Zod gathers them as it meets them.
  const schemas: Record<string, unknown> = {};
  const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Json => {
    const { $schema: _dialect, $defs, ...rest } = rewritten(io === 'input' ? inputSchema(schema) : outputSchema(schema));
    Object.assign(schemas, $defs);
    return rest;
  };
  schemas.Problem = jsonSchema(problemSchema, 'output');
  const paths: Record<string, Record<string, Json>> = {};
  for (const { definition } of routes)
    paths[definition.path] = { ...paths[definition.path], [definition.method.toLowerCase()]: operation(definition, jsonSchema) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fairlead',
      version,
      summary: "The operators' API of a Fairlead server.",
      description:
        'Every request carries an API token. Refusals are application/problem+json (RFC 9457). Unknown keys of a body and unknown parameters of a query are refused.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'the listener of api.listen, HTTPS with the certificate of the server' }],
    tags: [...new Set(routes.map(({ definition }) => definition.tag))].map((name) => ({ name, description: tags[name] ?? name })),
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'an API token; x-role of each operation names the role that it needs' },
      },
      responses: Object.fromEntries(
        Object.entries(refusals).map(([code, description]) => [
          `Refused${code}`,
          { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
        ]),
      ),
      schemas,
    },
  };
}

const refusals: Readonly<Record<number, string>> = {
  400: 'the request is wrong: an unknown key, a value of the wrong form',
  401: 'no valid token',
  403: "the token's role does not include that of the operation (x-role)",
  404: 'there is none',
  409: 'it was changed by somebody else, is in use, or is not in a state for this',
  413: 'the body is too large',
  415: 'the body is not application/json',
  422: 'the content is not valid',
  429: 'too many requests; Retry-After says how long to wait',
  503: 'the server cannot do this at the moment',
};

const tags: Readonly<Record<string, string>> = {
  agents: 'the fleet: who there is, and how they are',
  configurations: 'what agents run: versions, assignments, quarantine',
  rollouts: 'versions that are brought out in stages',
  services: 'what can be discovered',
  network: 'the networks that agents see',
  enrolment: 'who may join, and the authority behind their certificates',
  access: 'who may use this API, and who did',
  server: 'the server itself',
};

type ToJson = (schema: z.ZodType, io: 'input' | 'output') => Json;

function operation({ id, tag, summary, description, role, params, query, body, answer, ...rest }: RouteDefinition, toJson: ToJson): Json {
  const { status = 200, contentType = 'application/json' } = rest;
  const codes = [
    ...[400, 401],
    ...(role === 'any' ? [] : [403]),
    ...(params === undefined ? [] : [404]),
    ...(rest.audit === undefined ? [] : [409]),
    ...(body === undefined ? [] : [413, 415, 422]),
    ...[429, 503],
  ];
  const needs = role === 'any' ? 'Any valid token.' : `Role: ${role}.`;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: description === undefined ? needs : `${description}\n\n${needs}`,
    'x-role': role,
    parameters: [...parameters(params, 'path', toJson), ...parameters(query, 'query', toJson)],
    ...(body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: toJson(body, 'input') } } } }),
    responses: {
      [status]:
        status === 204
          ? { description: 'done' }
          : { description: 'the answer', content: { [contentType]: { schema: toJson(answer, 'output') } } },
      ...Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/responses/Refused${code}` }])),
    },
  };
}

function parameters(object: z.ZodObject | undefined, place: 'path' | 'query', toJson: ToJson): readonly Json[] {
  return Object.entries(object?.shape ?? {}).map(([name, field]) => {
    // The shape of an object made by the classic API holds classic schemas.
    const schema = field as z.ZodType;
    const { description, ...rest } = toJson(schema, 'input');
    return {
      name,
      in: place,
      required: place === 'path' || !schema.safeParse(undefined).success,
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

const outputSchema = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' });

/**
 * Zod refers to `#/$defs/Agent`; in an OpenAPI document it stands at `#/components/schemas/Agent`. That a whole number is at most
 * 2^53 - 1 goes without saying.
 */
function rewritten(schema: object): Record<string, unknown> {
  const text = JSON.stringify(schema, (key, value) => {
    if (key === '$ref' && typeof value === 'string') return value.replace(/^#\/\$defs\//, '#/components/schemas/');
    return (key === 'maximum' || key === 'minimum') && Math.abs(value) === Number.MAX_SAFE_INTEGER ? undefined : value;
  });
  return JSON.parse(text);
}
