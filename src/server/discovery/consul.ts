/**
 * Consul's HTTP API, as much of it as clients need to register, renew and look up: unmodified clients work (docs/discovery.md
 * lists what is there). The shape of each answer is in consul/views.ts; this file is what all requests have in common.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../observe/log.ts';
import { type Handler, readBody } from '../http/exchange.ts';
import { type Authorise, inFlight, mayWrite, remoteOf, tokenOf } from './access.ts';
import { limits } from './catalog/limits.ts';
import { type Answer, send, sendBody, text } from './consul/answers.ts';
import { type ChangeRoute, changes } from './consul/changes.ts';
import { type Filter, parseFilter } from './consul/filter.ts';
import { type Query, readQuery } from './consul/query.ts';
import { agentReads, catalogReads, healthReads, type ReadRoute } from './consul/reads.ts';
import type { DiscoveryRegistry } from './registry.ts';

export interface ConsulHandlerParts {
  readonly registry: DiscoveryRegistry;
  readonly authorise: Authorise;
  readonly log: Log;
  /** Requests of one address at the same time, blocked ones included. Consul allows 200, which one Prometheus can exceed. */
  readonly maxPerClient?: number;
  readonly maxRequests?: number;
  /** In [0, 1): spreads the ends of blocking queries. */
  readonly random?: () => number;
}

const reads: Readonly<Record<string, ReadRoute>> = { ...agentReads, ...catalogReads, ...healthReads };

type Found =
  | { readonly kind: 'read'; readonly route: ReadRoute; readonly name: string }
  | { readonly kind: 'change'; readonly route: ChangeRoute; readonly name: string };

/** A route that ends in `:` takes the rest of the path, which may hold slashes: ids of services and checks do. */
function find(path: string): readonly Found[] {
  const segments = path.split('/');
  for (let known = segments.length; known > 0; known--) {
    const rest = segments.slice(known).join('/');
    const key = known === segments.length ? path : `${segments.slice(0, known).join('/')}/:`;
    const route = Object.hasOwn(reads, key) ? reads[key] : undefined;
    const change = Object.hasOwn(changes, key) ? changes[key] : undefined;
    const found: Found[] = [];
    if (route !== undefined) found.push({ kind: 'read', route, name: rest });
    if (change !== undefined) found.push({ kind: 'change', route: change, name: rest });
    if (found.length > 0) return found;
  }
  return [];
}

/** An answer that many watchers of one service get at the same moment is made once; outputs in it may be this old. */
const sharedForMs = 1_000;
const mostShared = 256;

export function createConsulHandler(parts: ConsulHandlerParts): Handler {
  const { registry, log, random = Math.random } = parts;
  const active = inFlight(parts.maxPerClient ?? 1_000, parts.maxRequests ?? 25_000);
  const shared = new Map<string, { index: number; madeAt: number; body: string }>();

  const handle = async (request: IncomingMessage, response: ServerResponse, path: string, args: URLSearchParams): Promise<number> => {
    const found = find(path);
    const wanted = request.method === 'GET' || request.method === 'HEAD' ? 'read' : request.method === 'PUT' ? 'change' : 'none';
    const route = found.find(({ kind }) => kind === wanted);
    if (found.length === 0) return send(response, text(404, 'Invalid URL path: not a recognized HTTP API endpoint'), false);
    if (route === undefined) {
      const allow = found.map(({ kind }) => (kind === 'read' ? 'GET' : 'PUT')).join(',');
      return send(response, text(405, `method ${request.method} not allowed`), false, { allow });
    }
    const read = readQuery(args);
    if (!read.ok) return send(response, text(400, read.problem), false);
    const { query } = read;
    const role = await parts.authorise(tokenOf(request, query.token));
    if (role === undefined || (route.kind === 'change' && !mayWrite(role)))
      return send(
        response,
        text(403, role === undefined ? 'Permission denied' : `Permission denied: a token of role ${role} cannot change services`),
        false,
      );
    if (!['', registry.datacenter].includes(query.datacenter)) return send(response, text(500, 'No path to datacenter'), false);
    if (route.kind === 'change') return send(response, await change(request, route.route, route.name, query), query.pretty);
    return look(response, route.route, route.name, query, `${path}?${sharedArgs(args)}`);
  };

  const change = async (request: IncomingMessage, route: ChangeRoute, name: string, query: Query): Promise<Answer> => {
    const body = await readBody(request, limits.bodyBytes);
    if (!body.ok) return text(body.status, body.problem);
    const value = parseJson(body.bytes);
    if (!value.ok) return text(400, `Request decode failed: ${value.problem}`);
    return route({ registry, name, query, body: value.value, remote: remoteOf(request) });
  };

  const look = async (response: ServerResponse, route: ReadRoute, name: string, query: Query, key: string): Promise<number> => {
    const filter = filterOf(route, query);
    if (!filter.ok) return send(response, text(400, `Failed to create boolean expression evaluator: ${filter.problem}`), false);
    const topic = route.topic?.(name);
    const answer = () => route.answer({ registry, name, query, keep: filter.keep });
    if (topic === undefined) return send(response, answer(), query.pretty);
    if (query.index > 0) {
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      await registry.wait(topic, query.index, query.waitMs + random() * (query.waitMs / 16), gone.signal);
      if (gone.signal.aborted) return 499;
    }
    const index = registry.catalog.indexOf(topic);
    const headers = { 'x-consul-index': String(index), 'x-consul-knownleader': 'true', 'x-consul-lastcontact': '0' };
    const now = registry.clock.monotonicMs();
    const made = shared.get(key);
    if (made !== undefined && made.index === index && now - made.madeAt < sharedForMs)
      return sendBody(response, 200, 'application/json', made.body, headers);
    const fresh = answer();
    if (fresh.kind !== 'json' || query.pretty) return send(response, fresh, query.pretty, headers);
    const body = JSON.stringify(fresh.value);
    share(key, { index, madeAt: now, body });
    return sendBody(response, 200, 'application/json', body, headers);
  };

  const share = (key: string, made: { index: number; madeAt: number; body: string }) => {
    shared.delete(key);
    shared.set(key, made);
    const oldest = shared.keys().next();
    if (shared.size > mostShared && !oldest.done) shared.delete(oldest.value);
  };

  return async (request, response) => {
    const remote = remoteOf(request);
    const target = targetOf(request.url ?? '');
    const count = (status: number) => registry.metrics.requests.inc({ api: 'consul', status: `${Math.floor(status / 100)}xx` });
    if (target === undefined) return void count(send(response, text(400, 'Invalid URL path'), false));
    if (!active.enter(remote)) {
      const problem = 'Your IP is issuing too many concurrent connections, please rate limit your calls';
      log.event('discovery.refused', { method: request.method, path: target.path, remote, status: 429, problem });
      return void count(send(response, text(429, `${problem}\n`), false, { 'retry-after': '1' }));
    }
    response.once('close', () => active.leave(remote));
    try {
      count(await handle(request, response, target.path, target.args));
    } catch (cause) {
      // The store could not take the change, or it is our bug: told apart in the log, the client can only try again.
      log.event('discovery.failed', { method: request.method, path: target.path }, cause);
      count(send(response, text(500, cause instanceof Error ? cause.message : 'internal error'), false));
    }
  };
}

/** Everything that an answer depends on besides the index. */
function sharedArgs(args: URLSearchParams): string {
  const kept = [...args].filter(([name]) => !['index', 'wait', 'token', 'stale', 'consistent', 'cached', 'dc', 'near'].includes(name));
  return new URLSearchParams(kept).toString();
}

/** The path behind `/v1/`, decoded piece by piece: an encoded slash belongs to a name. Undefined when it cannot be decoded. */
function targetOf(url: string): { readonly path: string; readonly args: URLSearchParams } | undefined {
  const question = url.indexOf('?');
  const path = question === -1 ? url : url.slice(0, question);
  try {
    const decoded = path.split('/').map((segment) => decodeURIComponent(segment));
    const args = new URLSearchParams(question === -1 ? '' : url.slice(question + 1));
    return { path: decoded.join('/').replace(/^\/v1\//, ''), args };
  } catch {
    return undefined; // a lone percent sign
  }
}

function parseJson(bytes: Buffer): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string } {
  if (bytes.length === 0) return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(bytes.toString()) };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : 'the body is no JSON' };
  }
}

const everything: Filter = () => true;

function filterOf(
  route: ReadRoute,
  query: Query,
): { readonly ok: true; readonly keep: Filter } | { readonly ok: false; readonly problem: string } {
  if (query.filter.trim() === '') return { ok: true, keep: everything };
  if (route.selectors === undefined) return { ok: false, problem: 'this endpoint takes no filter' };
  const parsed = parseFilter(query.filter, route.selectors);
  return parsed.ok ? { ok: true, keep: parsed.filter } : parsed;
}
