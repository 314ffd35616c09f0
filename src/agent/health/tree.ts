/** How the agent is, component by component: what OpAMP reports, what /health/ready asks and what a new configuration must not break. */
import type { Clock } from '../../core/clock.ts';
import type { HealthNode } from '../connection/connection.ts';
import type { ComponentState, HealthSink } from '../part.ts';

export interface HealthTree extends HealthSink {
  root(): HealthNode;
  /** Components as they were set, by path, in the order of their paths. */
  components(): readonly Component[];
  onChange(listener: () => void): () => void;
}

export interface Component extends ComponentState {
  readonly path: string;
  /** Wall clock of the last change of `healthy` or `status`. */
  readonly sinceMs: number;
}

const longestError = 1_000;
const deepest = 4;

export function createHealthTree(clock: Clock): HealthTree {
  const components = new Map<string, Component>();
  const listeners = new Set<() => void>();
  const begunMs = clock.now();
  let rootState = { healthy: true, sinceMs: begunMs };
  const changed = () => {
    const healthy = [...components.values()].every((one) => one.healthy);
    if (healthy !== rootState.healthy) rootState = { healthy, sinceMs: clock.now() };
    for (const listener of listeners) listener();
  };
  const sorted = () => [...components.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    set(path, { healthy, pending = false, status, lastError = '' }) {
      if (path === '' || path.split('/').length > deepest) throw new RangeError(`"${path}" is no component`);
      const before = components.get(path);
      const turned = before === undefined || before.healthy !== healthy || before.status !== status;
      const error = lastError.slice(0, longestError);
      if (!turned && before.lastError === error && before.pending === pending) return;
      components.set(path, { path, healthy, pending, status, lastError: error, sinceMs: turned ? clock.now() : before.sinceMs });
      changed();
    },
    remove(path) {
      if (components.delete(path)) changed();
    },
    root() {
      const all = sorted();
      const broken = all.filter((one) => !one.healthy);
      const [first] = broken;
      return {
        healthy: rootState.healthy,
        status: first === undefined ? 'running' : 'degraded',
        lastError: first === undefined ? '' : `${first.path}: ${first.lastError ?? first.status}`,
        sinceMs: rootState.sinceMs,
        components: nest(all, clock.now()),
      };
    },
    components: sorted,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** `links/a` and `links/b` → `links` with two components; `links` itself is as healthy as what is below it. */
function nest(components: readonly Component[], nowMs: number): Readonly<Record<string, HealthNode>> {
  const groups = Map.groupBy(components, ({ path }) => path.split('/')[0] ?? path);
  const nodes: Record<string, HealthNode> = {};
  for (const [name, members] of groups) {
    const own = members.find(({ path }) => path === name);
    const below = members.filter(({ path }) => path !== name).map((one) => ({ ...one, path: one.path.slice(name.length + 1) }));
    const broken = members.filter(({ healthy }) => !healthy);
    nodes[name] = {
      healthy: broken.length === 0,
      status: own?.status ?? (broken.length === 0 ? 'running' : `${broken.length} of ${members.length} not well`),
      lastError: own?.lastError ?? '',
      sinceMs: own?.sinceMs ?? Math.max(0, ...members.map(({ sinceMs }) => sinceMs), members.length === 0 ? nowMs : 0),
      components: nest(below, nowMs),
    };
  }
  return nodes;
}
