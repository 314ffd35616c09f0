/** The server itself: its changes as they happen, and the document that describes this API. */
import * as z from 'zod';
import type { ChangeFeed } from '../events.ts';
import { openApi } from '../openapi.ts';
import type { Route } from '../route.ts';
import { route, streamRoute } from '../route.ts';

export interface ServerRouteParts {
  readonly feed: ChangeFeed;
  readonly version: string;
}

/** `all`: every route, these included, asked for when the document is. */
export function serverRoutes({ feed, version }: ServerRouteParts, all: () => readonly Route[]): readonly Route[] {
  return [
    streamRoute(
      {
        method: 'GET',
        path: '/v1/events',
        id: 'streamEvents',
        tag: 'server',
        summary: 'changes as they happen, as server-sent events',
        description:
          'Each event has an `id`, a kind (`agent.liveness`, `configuration.changed`, …) and JSON as its data. A client that comes back with `Last-Event-ID` misses nothing that is still remembered (4,096 changes); otherwise it gets a `reset` first: read everything again. The stream ends within seconds when the token is taken back.',
        role: 'reader',
        query: z.strictObject({
          kinds: z
            .string()
            .regex(/^[a-z][a-z.,-]{0,255}$/, 'beginnings of kinds, with commas between them')
            .optional()
            .describe('only kinds that begin so: agent,rollout'),
        }),
        contentType: 'text/event-stream',
        answer: z.string(),
      },
      ({ query }, { request, response, allowed }) =>
        feed.stream(
          request,
          response,
          (query.kinds ?? '').split(',').filter((kind) => kind !== ''),
          allowed,
        ),
    ),
    route(
      {
        method: 'GET',
        path: '/v1/openapi.json',
        id: 'getOpenApi',
        tag: 'server',
        summary: 'this API as an OpenAPI 3.1 document',
        role: 'any',
        answer: z.record(z.string(), z.unknown()),
      },
      () => ({ ...openApi(all(), version) }),
    ),
  ];
}
