/** What a request brings, read and validated against the definition of its route; everything that is wrong comes as a refusal. */
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import type { Complaint } from '../../config/issues.ts';
import { complaints, pathText } from '../../config/issues.ts';
import { readBody } from '../http/exchange.ts';
import type { RefusalProblem, RouteDefinition } from './route.ts';

export interface Input {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

export interface BadInput {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly problems?: readonly RefusalProblem[];
}

export type ReadInput = { readonly ok: true; readonly value: Input } | { readonly ok: false; readonly bad: BadInput };

/** An operation without a query takes none: a misspelt or misplaced filter is told, not ignored. */
const noQuery = z.strictObject({});

export async function readInput(
  definition: RouteDefinition,
  params: Readonly<Record<string, string>>,
  request: IncomingMessage,
  limitBytes: number,
): Promise<ReadInput> {
  const query = queryOf(request.url ?? '/');
  if ('bad' in query) return { ok: false, bad: query.bad };
  const path = validated('path', definition.params ?? z.object({}), params);
  if ('bad' in path) return { ok: false, bad: path.bad };
  const asked = validated('query', definition.query ?? noQuery, query.value);
  if ('bad' in asked) return { ok: false, bad: asked.bad };
  if (definition.body === undefined) return { ok: true, value: { params: path.value, query: asked.value, body: undefined } };
  const json = await bodyOf(request, limitBytes);
  if ('bad' in json) return { ok: false, bad: json.bad };
  const body = validated('body', definition.body, json.value);
  if ('bad' in body) return { ok: false, bad: body.bad };
  return { ok: true, value: { params: path.value, query: asked.value, body: body.value } };
}

type Part = { readonly value: unknown } | { readonly bad: BadInput };

function queryOf(url: string): { readonly value: Readonly<Record<string, string>> } | { readonly bad: BadInput } {
  const at = url.indexOf('?');
  const entries = at === -1 ? [] : [...new URLSearchParams(url.slice(at + 1))];
  const names = entries.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    return { bad: { status: 400, code: 'invalid', message: `query: "${twice.slice(0, 80)}" stands twice`, hint: 'write it once' } };
  return { value: Object.fromEntries(entries) };
}

function validated(part: string, schema: z.ZodType, value: unknown): Part {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  const found: readonly Complaint[] = complaints(schema, parsed.error.issues, (path) => path.reduce<unknown>(member, value));
  const problems = found.map(({ path, message, hint }) => ({
    at: [part, pathText(path)].filter((text) => text !== '').join('.'),
    message,
    hint,
  }));
  const [first] = problems;
  const message = `${part}: ${first?.message ?? 'not valid'}`;
  return { bad: { status: 400, code: 'invalid', message, ...(first === undefined ? {} : { hint: first.hint }), problems } };
}

/** Own members only: `constructor` is nobody's setting. */
function member(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

async function bodyOf(request: IncomingMessage, limitBytes: number): Promise<Part> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type))
    return {
      bad: {
        status: 415,
        code: 'content-type',
        message: `the body must be application/json, not ${type === '' ? 'unnamed' : type.slice(0, 80)}`,
        hint: 'send Content-Type: application/json',
      },
    };
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    return {
      bad: { status: 415, code: 'content-encoding', message: `bodies in ${encoding.slice(0, 40)} are not read`, hint: 'send it plain' },
    };
  const body = await readBody(request, limitBytes);
  if (!body.ok) return { bad: { status: body.status, code: 'body', message: body.problem } };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body.bytes);
  } catch {
    return { bad: { status: 400, code: 'json', message: 'the body is not UTF-8', hint: 'JSON is UTF-8 (RFC 8259 section 8.1)' } };
  }
  try {
    const value: unknown = JSON.parse(text);
    // Half of a surrogate pair can be written with an escape and has no UTF-8: nothing could store it.
    if (/\\u[dD][89a-fA-F]/.test(text) && !wellFormed(value))
      return { bad: { status: 400, code: 'json', message: 'the body holds half of a surrogate pair, which is no text' } };
    return { value };
  } catch (error) {
    return { bad: { status: 400, code: 'json', message: `the body is not JSON: ${error instanceof Error ? error.message : ''}` } };
  }
}

/** Without recursion: how deep a body is nested is for whoever sends it to choose. */
function wellFormed(whole: unknown): boolean {
  const rest: unknown[] = [whole];
  while (rest.length > 0) {
    const value = rest.pop();
    if (typeof value === 'string' && !value.isWellFormed()) return false;
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) rest.push(key, inner);
  }
  return true;
}
