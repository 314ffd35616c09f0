/** Where the batches of one source part into its routes. */
import type { Batch, LogBatch } from '../batch.ts';
import type { Condition } from '../conditions/condition.ts';
import type { SourceCounters } from '../counters.ts';
import { pick } from '../pick.ts';
import type { Chain } from '../transforms/chain.ts';
import type { Outlet } from './outlet.ts';

export interface LiveRoute {
  readonly key: string;
  readonly from: readonly string[];
  readonly when: Pick<Condition, 'matches'> | undefined;
  /** Takes what no other route of the source took. */
  readonly otherwise: boolean;
  readonly chain: Chain | undefined;
  readonly outlets: readonly LiveOutlet[];
}

export interface LiveOutlet {
  readonly name: string;
  readonly takes: 'logs' | 'metrics' | 'both';
  readonly outlet: Outlet;
  /** Shown what goes to the sink. */
  readonly taps: Set<(batch: LogBatch) => void>;
}

export type Full = Promise<void> | undefined;

export class Junction {
  /** Exchanged as a whole when the settings change, between two batches. */
  routes: readonly LiveRoute[] = [];
  readonly counters: SourceCounters;
  readonly taps = new Set<(batch: LogBatch) => void>();
  /** Records that no route wanted. */
  unrouted = 0;

  constructor(counters: SourceCounters) {
    this.counters = counters;
  }

  push(batch: Batch): Full {
    if (batch.kind === 'logs') for (const tap of this.taps) tap(batch);
    const { routes } = this;
    if (routes.length === 1 && routes[0] !== undefined && routes[0].when === undefined) return along(routes[0], batch);
    return batch.kind === 'logs' ? this.#part(batch) : this.#copy(batch);
  }

  /** To each route what it wants; conditions look at logs only. */
  #part(batch: LogBatch): Full {
    const wanted: { readonly route: LiveRoute; readonly records: Uint8Array | undefined }[] = [];
    const taken = new Uint8Array(batch.count);
    for (const route of this.routes) {
      if (route.otherwise) continue;
      const records = route.when?.matches(batch);
      wanted.push({ route, records });
      if (records === undefined) taken.fill(1);
      else for (let record = 0; record < batch.count; record++) taken[record] = (taken[record] ?? 0) | (records[record] ?? 0);
    }
    const left = taken.map((one) => 1 - one);
    for (const route of this.routes) if (route.otherwise) wanted.push({ route, records: left });
    if (!this.routes.some(({ otherwise }) => otherwise)) this.unrouted += left.reduce((sum, one) => sum + one, 0);
    return each(
      wanted.flatMap(({ route, records }) => {
        const part = records === undefined ? batch : pick(batch, records);
        return part.count === 0 && batch.count > 0 ? [] : [{ route, part }];
      }),
      batch,
    );
  }

  #copy(batch: Batch): Full {
    return each(
      this.routes.map((route) => ({ route, part: batch })),
      batch,
    );
  }
}

function each(parts: readonly { readonly route: LiveRoute; readonly part: Batch }[], whole: Batch): Full {
  for (let more = 1; more < parts.length; more++) {
    whole.hold();
    whole.receipt.hold();
  }
  if (parts.length === 0) {
    whole.free();
    whole.receipt.release();
  }
  return all(parts.map(({ route, part }) => along(route, part)));
}

function along(route: LiveRoute, batch: Batch): Full {
  if (batch.kind === 'metrics' || route.chain === undefined) return deliver(route, batch);
  const changed = route.chain.apply(batch);
  if (changed instanceof Promise) return changed.then((later) => (later === undefined ? undefined : deliver(route, later)));
  return changed === undefined ? undefined : deliver(route, changed);
}

/** To every sink of the route that takes what it is. */
export function deliver({ outlets }: LiveRoute, batch: Batch): Full {
  const taking = outlets.filter(({ takes }) => takes === 'both' || takes === batch.kind);
  const [first] = taking;
  if (first === undefined || (batch.kind === 'logs' && batch.count === 0)) {
    batch.free();
    batch.receipt.release();
    return undefined;
  }
  for (let more = 1; more < taking.length; more++) {
    batch.hold();
    batch.receipt.hold();
  }
  if (batch.kind === 'logs') for (const { taps } of taking) for (const tap of taps) tap(batch);
  return taking.length === 1 ? first.outlet.push(batch) : all(taking.map(({ outlet }) => outlet.push(batch)));
}

function all(full: readonly Full[]): Full {
  const waiting = full.filter((one) => one !== undefined);
  return waiting.length === 0 ? undefined : waiting.length === 1 ? waiting[0] : Promise.all(waiting).then(() => undefined);
}
