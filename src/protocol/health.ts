/**
 * The health tree of an agent ↔ a flat list with paths. The root is `''`, what is below it `pipeline/kafka`; a `/` inside a name
 * is written `%2F`, `%` as `%25` and an empty name as `%`, so that a path names one component only.
 */
import { create } from '@bufbuild/protobuf';
import { type ComponentHealth, ComponentHealthSchema } from './opamp.ts';
import { shorten } from './shorten.ts';

export interface FlatHealth {
  readonly path: string;
  readonly healthy: boolean;
  readonly status: string;
  readonly lastError: string;
  /** Wall clock of the status; 0 when the agent does not say. */
  readonly sinceMs: number;
}

export interface HealthTree {
  readonly healthy: boolean;
  readonly status: string;
  readonly lastError: string;
  readonly sinceMs: number;
  readonly components: Readonly<Record<string, HealthTree>>;
}

export interface HealthLimits {
  readonly maxComponents: number;
  /** Characters of a path; what is longer is left out with what is below it. */
  readonly maxPathLength: number;
  /** Characters of a status or an error; longer ones are cut and end in `…`. */
  readonly maxTextLength: number;
}

/** A collector reports a component for each receiver, processor and exporter of each pipeline: some hundred at most. */
export const defaultHealthLimits: HealthLimits = { maxComponents: 1_000, maxPathLength: 512, maxTextLength: 1_024 };

/** The root first, then by path; the second part says how many components did not fit. */
export function flattenHealth(
  root: ComponentHealth,
  limits: HealthLimits = defaultHealthLimits,
): { readonly components: readonly FlatHealth[]; readonly dropped: number } {
  const components: FlatHealth[] = [];
  let dropped = 0;
  const visit = (node: ComponentHealth, path: string): void => {
    if (components.length >= limits.maxComponents || path.length > limits.maxPathLength) {
      dropped += 1;
      return;
    }
    components.push({
      path,
      healthy: node.healthy,
      status: shorten(node.status, limits.maxTextLength),
      lastError: shorten(node.lastError, limits.maxTextLength),
      sinceMs: toMs(node.statusTimeUnixNano),
    });
    for (const name of Object.keys(node.componentHealthMap).sort()) {
      const child = node.componentHealthMap[name];
      if (child !== undefined) visit(child, path === '' ? escaped(name) : `${path}/${escaped(name)}`);
    }
  };
  visit(root, '');
  return { components, dropped };
}

/** The start time is that of the agent for all components: ours run as long as it does. */
export function toComponentHealth(tree: HealthTree, startedAtMs: number): ComponentHealth {
  return create(ComponentHealthSchema, {
    healthy: tree.healthy,
    startTimeUnixNano: toNanoseconds(startedAtMs),
    lastError: tree.lastError,
    status: tree.status,
    statusTimeUnixNano: toNanoseconds(tree.sinceMs),
    componentHealthMap: Object.fromEntries(
      Object.entries(tree.components).map(([name, child]) => [name, toComponentHealth(child, startedAtMs)]),
    ),
  });
}

function toNanoseconds(ms: number): bigint {
  return BigInt(Math.max(0, Math.round(ms))) * 1_000_000n;
}

/** A fixed64 of nanoseconds ends in the year 2554, so that the milliseconds are always exact. */
function toMs(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000_000n);
}

function escaped(name: string): string {
  return name === '' ? '%' : name.replaceAll('%', '%25').replaceAll('/', '%2F');
}
