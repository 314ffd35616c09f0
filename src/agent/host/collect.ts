/** Looks at the host once. Starts no program, opens no socket; what cannot be read is a gap. */
import { networkInterfaces } from 'node:os';
import type { HostLink, HostReport } from '../../protocol/host-report.ts';
import { type Environment, readContainer } from './container.ts';
import { type RuntimeInterfaces, readInterfaces } from './interfaces.ts';
import { type ListenerMemory, readListeners } from './listeners.ts';
import { readResolvers } from './resolvers.ts';
import { readRoutes } from './routes.ts';
import { readSystem } from './system.ts';
import { createTree } from './tree.ts';

export interface CollectOptions {
  /** `/`, or the root of a recorded tree. */
  readonly root: string;
  readonly interfaces: () => RuntimeInterfaces;
  readonly environment: Environment;
  readonly processes: boolean;
  /** Kept by the caller between two looks. */
  readonly memory: ListenerMemory;
  readonly planes: HostReport['planes'];
  readonly links: readonly HostLink[];
  readonly nowMs: number;
}

export const hereAndNow = { root: '/', interfaces: networkInterfaces } as const;

export async function collectHost(options: CollectOptions): Promise<HostReport> {
  const tree = createTree(options.root);
  const system = await readSystem(tree);
  const container = await readContainer(tree, options.environment, system.hostname);
  const interfaces = await readInterfaces(tree, attempt(options.interfaces, {}));
  const routes = await readRoutes(tree);
  const resolvers = await readResolvers(tree);
  const { listeners, complete } = await readListeners(tree, options.memory, options.processes);
  return {
    collectedAtMs: options.nowMs,
    ...system,
    ...(container === undefined ? {} : { container }),
    interfaces: [...interfaces],
    routes: [...routes],
    resolvers,
    listeners: [...listeners],
    listenersComplete: complete,
    planes: options.planes,
    links: options.links.slice(0, 1_024),
    gaps: tree.gaps.map(({ what, reason }) => ({ what: what.slice(0, 256), reason: reason.slice(0, 1_024) })),
  };
}

/** os.networkInterfaces throws where the system call is forbidden (some seccomp profiles). */
function attempt<T>(action: () => T, otherwise: T): T {
  try {
    return action();
  } catch {
    return otherwise;
  }
}

/** Text by which two looks are compared: all but the moment. */
export function fingerprint(report: HostReport): string {
  return JSON.stringify({ ...report, collectedAtMs: 0 });
}

/** Which parts differ, for the log. */
export function differences(before: HostReport, after: HostReport): readonly string[] {
  // The keys of an object literal type, which Object.keys gives as texts.
  const keys = Object.keys(after) as (keyof HostReport)[];
  return keys.filter((key) => key !== 'collectedAtMs' && JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}
