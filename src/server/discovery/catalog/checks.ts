/** The part of checks that lives in memory: deadlines, counters, last outputs, and since when a check has been critical. */
import type { Clock } from '../../../core/clock.ts';
import type { Check, CheckStatus } from './model.ts';
import { createTtlClock } from './ttl.ts';
import { type Counters, judge, noCounters } from './ttl-check.ts';

/** Where a check hangs; an empty serviceId means the node itself. */
export interface CheckPlace {
  readonly node: string;
  readonly serviceId: string;
  readonly checkId: string;
}

export interface CheckRuntime extends Disposable {
  /** By node and check id: an id is used once on a node, as on a Consul agent. */
  find(node: string, checkId: string): CheckPlace | undefined;
  /** The check is there now, as it is: starts its full time when it is alive, counts for how long it is critical when it is not. */
  track(place: CheckPlace, check: Check): void;
  forget(place: CheckPlace): void;
  /** Takes a result in; the status that follows from it. */
  report(place: CheckPlace, check: Check, result: CheckStatus, output: string): CheckStatus;
  /** A remark that came without a result. */
  note(place: CheckPlace, output: string): void;
  output(place: CheckPlace, check: Check): string;
  /** Those that were critical for longer than their deregisterAfterMs. */
  overdue(): readonly CheckPlace[];
}

interface Entry {
  readonly place: CheckPlace;
  check: Check;
  counters: Counters;
  output: string | undefined;
  criticalSinceMs: number | undefined;
}

const keyOf = (node: string, checkId: string): string => `${node}\n${checkId}`;

export function createCheckRuntime(clock: Clock, expired: (place: CheckPlace) => void): CheckRuntime {
  const entries = new Map<string, Entry>();
  const ttlClock = createTtlClock(clock, (key) => {
    const entry = entries.get(key);
    if (entry !== undefined) expired(entry.place);
  });
  const schedule = (key: string, entry: Entry) => {
    const { check } = entry;
    if (check.status === 'critical') entry.criticalSinceMs ??= ttlClock.observedMs();
    else entry.criticalSinceMs = undefined;
    if (check.ttl === undefined || check.status === 'critical') ttlClock.stop(key);
    else ttlClock.renew(key, check.ttl.ttlMs);
  };
  return {
    find: (node, checkId) => entries.get(keyOf(node, checkId))?.place,
    track(place, check) {
      const key = keyOf(place.node, place.checkId);
      const entry = entries.get(key) ?? { place, check, counters: noCounters, output: undefined, criticalSinceMs: undefined };
      entry.check = check;
      entries.set(key, entry);
      schedule(key, entry);
    },
    forget(place) {
      const key = keyOf(place.node, place.checkId);
      ttlClock.stop(key);
      entries.delete(key);
    },
    report(place, check, result, output) {
      const key = keyOf(place.node, place.checkId);
      const entry = entries.get(key);
      if (entry === undefined || check.ttl === undefined) return result;
      const judged = judge(check.ttl, check.status, result, entry.counters);
      entry.counters = judged.counters;
      entry.output = output;
      // A result renews the time even when it does not change the status (consul: agent/checks/check.go).
      if (judged.status !== 'critical') ttlClock.renew(key, check.ttl.ttlMs);
      return judged.status;
    },
    note(place, output) {
      const entry = entries.get(keyOf(place.node, place.checkId));
      if (entry !== undefined) entry.output = output;
    },
    output: (place, check) => entries.get(keyOf(place.node, place.checkId))?.output ?? check.output,
    overdue() {
      const now = ttlClock.observedMs();
      const late = ({ check, criticalSinceMs }: Entry) =>
        check.deregisterAfterMs !== undefined && criticalSinceMs !== undefined && now - criticalSinceMs >= check.deregisterAfterMs;
      return [...entries.values()].filter(late).map(({ place }) => place);
    },
    [Symbol.dispose]() {
      ttlClock[Symbol.dispose]();
      entries.clear();
    },
  };
}
