/** From a request to a route and back: path, token, rate, role, input, answer, audit. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import { FairleadError } from '../../core/errors.ts';
import { keyedBuckets } from '../../core/token-bucket.ts';
import type { Log } from '../../observe/log.ts';
import type { Tracer } from '../../observe/traces.ts';
import type { Handler } from '../http/exchange.ts';
import { addressOf, refuse, sendJson } from '../http/exchange.ts';
import type { AuditTrail } from './audit.ts';
import { type BadInput, readInput } from './input.ts';
import { type Match, matcher } from './match.ts';
import type { Actor, Route, RouteRequest } from './route.ts';
import { isRefusal, mayAct } from './route.ts';
import type { Identified } from './tokens.ts';

export interface RouterOptions {
  readonly routes: readonly Route[];
  /** Who the bearer of this token is; constant-time, never throws for what a token may be. */
  readonly identify: (token: string | undefined) => Promise<Identified>;
  readonly audit: AuditTrail;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracer: Tracer;
  readonly limits?: Partial<RouterLimits>;
  /** Called once for each request with what became of it; for a stream, when it has begun. */
  readonly onAnswered?: (operation: string, status: number, seconds: number) => void;
}

export interface RouterLimits {
  readonly bodyBytes: number;
  /** Requests of one token. */
  readonly perSecond: number;
  readonly burst: number;
  /**
   * Refused tokens of one address. A right token is let through all the same: 256 random bits are not guessed, and an address may
   * have many users. What this bounds is the log, and what a client with an old token costs.
   */
  readonly wrongPerSecond: number;
  readonly wrongBurst: number;
}

const defaultLimits: RouterLimits = { bodyBytes: 8 << 20, perSecond: 50, burst: 200, wrongPerSecond: 0.2, wrongBurst: 10 };
const problemType = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' };

export function createRouter(options: RouterOptions): Handler {
  const { clock, log, tracer, identify } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const find = matcher(options.routes);
  const rate = keyedBuckets(limits.perSecond, limits.burst);
  const wrong = keyedBuckets(limits.wrongPerSecond, limits.wrongBurst);

  return async (request, response) => {
    const startedMs = clock.monotonicMs();
    const found = find(request.method ?? '', request.url ?? '/');
    const operation = 'route' in found ? found.route.definition.id : 'none';
    const span = tracer.start(`api ${operation}`, { method: request.method ?? '' }, headerOf(request, 'traceparent'));
    try {
      if ('route' in found) await answer(found, request, response);
      else {
        if (found.allow !== undefined) response.setHeader('allow', found.allow.join(', '));
        refuse(response, found);
      }
    } catch (error) {
      span.fail(error instanceof Error ? error.message : String(error));
      if (response.headersSent) response.destroy();
      failed(operation, error, response);
    } finally {
      span.set({ status: response.statusCode });
      span.end();
      options.onAnswered?.(operation, response.statusCode, (clock.monotonicMs() - startedMs) / 1_000);
    }
  };

  async function answer({ route, params }: Match, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { definition } = route;
    const actor = await identified(request, response);
    if (actor === undefined) return;
    // Before the role: a refusal for the wrong role goes into the audit trail, which nobody may fill at will.
    const waitMs = rate.take(actor.tokenId, clock.monotonicMs());
    if (waitMs > 0)
      return refuse(response, { status: 429, code: 'rate', message: 'too many requests with this token', retryAfterMs: waitMs });
    const target = Object.values(params).join(' ');
    if (!mayAct(actor.role, definition.role)) {
      await record(route, actor, target, 'refused: role');
      return refuse(response, {
        status: 403,
        code: 'role',
        message: `this needs the role ${definition.role}; the token "${actor.name}" has ${actor.role}`,
        hint: 'ask an administrator for a token with that role: fairlead tokens api-create',
      });
    }
    const input = await readInput(definition, params, request, limits.bodyBytes);
    if (!input.ok) {
      await record(route, actor, target, `refused: ${input.bad.code}`);
      return refuseInput(request, response, input.bad);
    }
    const asked: RouteRequest<unknown, unknown, unknown> = { ...input.value, actor };
    if ('take' in route) return route.take(asked, { request, response, allowed: () => stillAllowed(route, request) });
    await answerWith(route, asked, target, response);
  }

  async function answerWith(
    route: Extract<Route, { handle: unknown }>,
    asked: RouteRequest<unknown, unknown, unknown>,
    target: string,
    response: ServerResponse,
  ): Promise<void> {
    const { definition } = route;
    // The type of a definition in general knows nothing of its own schemas, whose values these are.
    const nameOf = (result: unknown) => definition.auditTarget?.(asked as never, result as never) ?? target;
    let result: unknown;
    try {
      result = await route.handle(asked);
    } catch (error) {
      await record(route, asked.actor, nameOf(undefined), `failed: ${error instanceof FairleadError ? error.code : 'internal'}`);
      throw error;
    }
    if (isRefusal(result)) {
      await record(route, asked.actor, nameOf(undefined), `refused: ${result.code}`);
      const { refused: _, status, message, ...rest } = result;
      return sendJson(response, status, { status, title: message, ...rest }, problemType);
    }
    await record(route, asked.actor, nameOf(result), 'done');
    if (definition.status === 204) return void response.writeHead(204).end();
    sendJson(response, definition.status ?? 200, result, { 'cache-control': 'no-store' });
  }

  /** A change that was made stays made: when the trail cannot be written, the log has to do. */
  async function record({ definition }: Route, by: Actor, target: string, outcome: string): Promise<void> {
    if (definition.audit === undefined) return;
    const entry = { actor: by.name, role: by.role, remote: by.remote, action: definition.audit, target: target.toWellFormed(), outcome };
    try {
      await options.audit.add({ ...entry, target: entry.target.slice(0, 512) });
    } catch (error) {
      log.event('api.not-audited', entry, error);
    }
  }

  function failed(operation: string, error: unknown, response: ServerResponse): void {
    const known = error instanceof FairleadError && error.code.startsWith('FAIRLEAD_STORE_') && error.code !== 'FAIRLEAD_STORE_INVALID';
    log.event(known ? 'api.unavailable' : 'api.failed', { operation }, error);
    if (response.headersSent) return;
    if (known)
      return refuse(response, {
        status: 503,
        code: error.code.slice('FAIRLEAD_'.length).toLowerCase().replaceAll('_', '-'),
        message: error.message,
        hint: error.hint,
        retryAfterMs: 5_000,
      });
    refuse(response, { status: 500, code: 'internal', message: 'this is an error of ours; the log of the server has it' });
  }

  async function identified(request: IncomingMessage, response: ServerResponse): Promise<Actor | undefined> {
    const remote = remoteOf(request);
    const who = await identify(tokenOf(request));
    if (who.ok) return { name: who.name, tokenId: who.tokenId, role: who.role, remote };
    response.setHeader('www-authenticate', 'Bearer');
    const waitMs = wrong.take(remote, clock.monotonicMs());
    if (waitMs > 0) {
      refuse(response, { status: 429, code: 'rate', message: 'too many wrong tokens from this address', retryAfterMs: waitMs });
      return undefined;
    }
    log.event('api.refused', { remote, reason: who.sentence });
    refuse(response, { status: 401, code: 'token', message: who.sentence, hint: 'send an API token: Authorization: Bearer …' });
    return undefined;
  }

  async function stillAllowed({ definition }: Route, request: IncomingMessage): Promise<boolean> {
    const who = await identify(tokenOf(request));
    return who.ok && mayAct(who.role, definition.role);
  }
}

function refuseInput(request: IncomingMessage, response: ServerResponse, { status, code, message, ...rest }: BadInput): void {
  // What is left of a body is read and dropped, within the listener's requestTimeout: a connection that is closed with bytes
  // unread is reset, and the client may never see why.
  request.removeAllListeners('data').resume();
  sendJson(response, status, { status, title: message, code, ...rest }, problemType);
}

const tokenOf = (request: IncomingMessage): string | undefined => /^Bearer +(\S+)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1];

/** IPv4 clients of a socket that listens on IPv6 carry a prefix, which nobody wants to see. */
const remoteOf = (request: IncomingMessage): string => addressOf(request.socket.remoteAddress);

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
