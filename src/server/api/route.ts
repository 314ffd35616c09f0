/**
 * One operation of the operators' API. The definition is what validates a request, what the OpenAPI document is generated
 * from (openapi.ts), and what the command line's client relies on.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';

/**
 * `agent`: registers services and reads discovery. `reader`: reads everything but secrets, and what may hold some (contents of
 * configurations). `operator`: changes configurations, rollouts, labels and services too. `admin`: also API tokens, the authority
 * and the audit trail.
 */
export const roles = ['agent', 'reader', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** What a role may do as well as what is its own. An agent is no reader: it has no business in other agents' data. */
const includes: Readonly<Record<Role, readonly Role[]>> = {
  agent: ['agent'],
  reader: ['reader'],
  operator: ['operator', 'reader', 'agent'],
  admin: ['admin', 'operator', 'reader', 'agent'],
};

/** What an operation asks for; `any`: a valid token, whatever its role. */
export type Needed = Role | 'any';

export const mayAct = (role: Role, needed: Needed): boolean => needed === 'any' || includes[role].includes(needed);

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Who asks. `name` is what the audit trail holds: the token's name, never the token. */
export interface Actor {
  readonly name: string;
  readonly tokenId: string;
  readonly role: Role;
  readonly remote: string;
}

/** A refusal that users can expect: `code` is stable and kebab-case. */
export interface Refusal {
  readonly refused: true;
  readonly status: 400 | 403 | 404 | 409 | 410 | 413 | 422 | 429 | 503;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** For input with places: file:line:column, what is wrong, what to write. */
  readonly problems?: readonly RefusalProblem[];
}

export interface RefusalProblem {
  readonly at: string;
  readonly message: string;
  readonly hint: string;
  /** Left out: an error. */
  readonly severity?: 'error' | 'warning' | 'gap';
}

export const refusal = (status: Refusal['status'], code: string, message: string, hint?: string): Refusal => ({
  refused: true,
  status,
  code,
  message,
  ...(hint === undefined ? {} : { hint }),
});

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'refused' in value && value.refused === true;

export interface RouteDefinition<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  readonly method: Method;
  /** `/v1/agents/{uid}`: names in braces are the keys of `params`. */
  readonly path: string;
  /** `listAgents`: the operationId; unique. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly role: Needed;
  readonly params?: Params;
  /** Values arrive as texts: use `z.coerce` for numbers, and enums for switches. A strict object: a misspelt filter is no filter. */
  readonly query?: Query;
  readonly body?: Body;
  /** 200 unless stated. 204 has no answer. */
  readonly status?: 200 | 201 | 202 | 204;
  readonly answer: Answer;
  /** JSON unless stated. */
  readonly contentType?: string;
  /** What the audit trail calls it (`agent.remove`): required for everything that changes something. */
  readonly audit?: string;
  /** Names what was changed where the path does not; the path's parameters when left out. Asked with values that were validated. */
  auditTarget?(request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>, answer: z.input<Answer> | undefined): string;
}

export interface RouteRequest<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly actor: Actor;
}

/** A connection that an operation answers by itself. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Whether the token still counts, and its role still suffices: asked now and then by an answer that has no end. */
  allowed(): Promise<boolean>;
}

interface Handling {
  readonly definition: RouteDefinition;
}

/** Gets values that have been validated. Gives the answer, a refusal, or throws (our bug: 500). */
export interface AnswerRoute extends Handling {
  readonly handle: (request: RouteRequest<unknown, unknown, unknown>) => Promise<unknown>;
}

/** Takes the response and answers it by itself, from the status line on. */
export interface StreamRoute extends Handling {
  readonly take: (request: RouteRequest<unknown, unknown, unknown>, exchange: Exchange) => void;
}

export type Route = AnswerRoute | StreamRoute;

/** Ties the types of a definition to those of its handler. */
export function route<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType, Answer extends z.ZodType>(
  definition: RouteDefinition<Params, Query, Body, Answer>,
  handle: (
    request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Promise<z.input<Answer> | Refusal> | z.input<Answer> | Refusal,
): AnswerRoute {
  // The router calls `handle` only with what this definition's schemas gave: the types are true, TypeScript cannot see why.
  return { definition, handle: async (request) => handle(request as RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>) };
}

/** The same for an operation that answers with a stream. */
export function streamRoute<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType, Answer extends z.ZodType>(
  definition: RouteDefinition<Params, Query, Body, Answer>,
  take: (request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>, exchange: Exchange) => void,
): StreamRoute {
  // As in `route`.
  return {
    definition,
    take: (request, exchange) => take(request as RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>, exchange),
  };
}

export const noContent = z.undefined();
