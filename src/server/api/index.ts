/** The operators' API: what the wiring of the server makes of it. */
import type { Registry } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Tracer } from '../../observe/traces.ts';
import type { Handler } from '../http/exchange.ts';
import { publishRollouts, publishServices } from './changes.ts';
import { apiMetrics } from './metrics.ts';
import type { Route } from './route.ts';
import { createRouter, type RouterLimits } from './router.ts';
import { apiRoutes, type RouteParts } from './routes/index.ts';

export interface ApiParts extends RouteParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly tracer: Tracer;
  readonly registry: Registry;
  readonly limits?: Partial<RouterLimits>;
}

/** Its end is the end of what it says of rollouts and services to the feed; the handler needs none. */
export interface Api extends Disposable {
  readonly handler: Handler;
  readonly routes: readonly Route[];
}

export function createApi(parts: ApiParts): Api {
  const { apiTokens, audit, clock, log, tracer, registry, feed, limits } = parts;
  const routes = apiRoutes(parts);
  const metrics = apiMetrics(registry, () => feed.listeners);
  const handler = createRouter({
    routes,
    identify: (token) => apiTokens.identify(token),
    audit,
    clock,
    log,
    tracer,
    ...(limits === undefined ? {} : { limits }),
    onAnswered(operation, status, seconds) {
      metrics.requests.inc({ operation, status: `${Math.floor(status / 100)}xx` });
      metrics.durationSeconds.observe({ operation }, seconds);
    },
  });
  const ends = [publishRollouts(parts.configurations, feed), publishServices(parts.services, feed)];
  return {
    handler,
    routes,
    [Symbol.dispose]() {
      for (const end of ends) end();
    },
  };
}
