/** Enrolment at work: what the wiring of the server and the operators' API use. */
import type { Server } from 'node:tls';
import type { Registry } from 'prom-client';
import { formatDuration } from '../../core/duration.ts';
import type { Handler } from '../http/exchange.ts';
import type { EnrolDeps, EnrolParts } from './enrol.ts';
import { createHandler } from './handler.ts';
import { createLimits } from './limits.ts';
import { enrolmentMetrics } from './metrics.ts';
import { createPending, type PendingEnrolments } from './pending.ts';
import { sweep } from './sweep.ts';
import { guardHandshakes } from './tls.ts';
import { createTokens, type Tokens } from './tokens.ts';

export interface EnrolmentDeps extends EnrolDeps {
  readonly registry: Registry;
}

export interface Enrolments extends AsyncDisposable {
  readonly tokens: Tokens;
  readonly pending: PendingEnrolments;
  /** For a listener with `enrolmentTlsOptions`. */
  readonly handler: Handler;
  /** Keeps a storm of connections off that listener. The result ends it. */
  guard(server: Pick<Server, 'on' | 'off'>): () => void;
}

const sweepEveryMs = 3_600_000;

export function createEnrolment(deps: EnrolmentDeps): Enrolments {
  const { store, clock, log, settings } = deps;
  const tokens = createTokens(store, clock, log);
  const pending = createPending(store, clock, log, settings);
  const metrics = enrolmentMetrics(deps.registry, async () => (await pending.list()).length);
  const parts: EnrolParts = { ...deps, tokens, pending };

  let ended = false;
  let sweeping = Promise.resolve();
  let cancel = () => {};
  const next = () => {
    cancel = clock.after(sweepEveryMs, () => {
      sweeping = sweep(parts)
        .catch((cause: unknown) => log.event('enrolment.sweep-failed', { retryIn: formatDuration(sweepEveryMs) }, cause))
        .then(() => {
          if (!ended) next();
        });
    });
  };
  next();

  return {
    tokens,
    pending,
    handler: createHandler(parts, createLimits(settings), metrics),
    guard: (server) => guardHandshakes(server, createLimits(settings, 4), clock, () => metrics.dropped.inc()),
    async [Symbol.asyncDispose]() {
      ended = true;
      cancel();
      await sweeping;
    },
  };
}
