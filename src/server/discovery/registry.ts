/**
 * The registry: services and nodes with their checks, durable in the store, with indexes that blocking queries wait for.
 *
 * - What was acknowledged (a promise that resolved) is durable. Statuses of TTL checks live in memory; their transitions are stored.
 * - After a restart every check that was alive gets its full time again: nobody is critical because the server was away.
 * - Indexes never go back, across restarts too, because Prometheus never forgets the highest one that it saw. A block of indexes is
 *   reserved in the store before the first of it is used; a restart begins after the block.
 */
import type { Registry as MetricsRegistry } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import { formatDuration } from '../../core/duration.ts';
import { uuidv7 } from '../../core/uuid.ts';
import type { Log } from '../../observe/log.ts';
import type { ServiceReport } from '../../protocol/services.ts';
import type { LivenessState } from '../fleet/agent.ts';
import type { Store } from '../store/store.ts';
import { type AgentNode, agentWrites } from './catalog/agents.ts';
import { type Catalog, createCatalog, type Topic } from './catalog/catalog.ts';
import { createCheckRuntime } from './catalog/checks.ts';
import type { CatalogRegistration, CheckDefinition, ServiceDefinition } from './catalog/definitions.ts';
import { createJournal } from './catalog/journal.ts';
import type { Check, CheckStatus, Node } from './catalog/model.ts';
import { indexKey, load } from './catalog/records.ts';
import { createWatchers } from './catalog/watchers.ts';
import { catalogWrites, type Outcome } from './catalog/writes.ts';
import { type DiscoveryMetrics, discoveryMetrics } from './metrics.ts';

export interface RegistryParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  /** Default `dc1`, as Consul's. */
  readonly datacenter?: string;
  /** The node that services are on when nobody says which: this server, as others reach it. */
  readonly node: { readonly name: string; readonly address: string };
}

export interface DiscoveryRegistry extends AsyncDisposable {
  readonly datacenter: string;
  readonly localNode: string;
  readonly catalog: Omit<Catalog, 'putNode' | 'putService' | 'removeNode' | 'removeService'>;
  readonly metrics: DiscoveryMetrics;
  readonly clock: Clock;
  readonly watchers: number;
  /** Resolves at once unless `index` is the topic's own; then when that changes, after `ms`, or when the signal aborts. */
  wait(topic: Topic, index: number, ms: number, signal: AbortSignal): Promise<void>;
  /** The last output, which is not part of what is watched: a heartbeat with another remark wakes nobody. */
  output(node: string, check: Check): string;
  registerService(service: ServiceDefinition, options: { readonly replaceChecks: boolean }): Promise<Outcome>;
  deregisterService(node: string, id: string, reason: string): Promise<Outcome>;
  registerCheck(check: CheckDefinition): Promise<Outcome>;
  deregisterCheck(node: string, checkId: string): Promise<Outcome>;
  /** A result of a TTL check on the local node. */
  report(checkId: string, result: CheckStatus, output: string): Promise<Outcome>;
  setMaintenance(what: { readonly serviceId?: string; readonly on: boolean; readonly reason: string }): Promise<Outcome>;
  registerInCatalog(registration: CatalogRegistration): Promise<Outcome>;
  removeNode(node: string, reason: string): Promise<Outcome>;
  /** The agent as a node: its name, address, labels and where its own metrics are. */
  setAgentNode(uid: string, node: AgentNode): void;
  /**
   * All services of this agent from now on; what it had before and is not named any more is gone. Stored soon after: an agent
   * reports everything when it connects, so nobody needs to wait for the disk.
   */
  setAgentServices(uid: string, node: AgentNode, services: readonly ServiceReport[]): void;
  /** Services of an agent that is offline, stopped or expired are critical; those of a suspect one are still served. */
  setAgentLiveness(uid: string, state: LivenessState): void;
  /** The agent is no longer part of the fleet. */
  removeAgent(uid: string): void;
}

const indexBlock = 1_000_000;
/** Consul's period for services that stay critical. */
const reapEveryMs = 30_000;

export async function createRegistry(parts: RegistryParts): Promise<DiscoveryRegistry> {
  const { store, clock, log } = parts;
  const metrics = discoveryMetrics(parts.registry);
  const loaded = await load(store);
  let reserved = loaded.index + indexBlock;
  await store.commit({ changes: [{ kind: 'put', key: indexKey, value: String(reserved) }] });

  const journal = createJournal({
    store,
    clock,
    failed(cause) {
      metrics.storeFailures.inc();
      log.event('discovery.not-stored', {}, cause);
    },
  });
  const watchers = createWatchers(clock);
  const catalog = createCatalog(loaded.index + 1, (topics, index) => {
    if (index > reserved - indexBlock / 2) {
      reserved += indexBlock;
      journal.put(indexKey, String(reserved));
    }
    watchers.wake(topics);
  });
  const checks = createCheckRuntime(clock, (place) => {
    const ttlMs = writes.checkAt(place)?.ttl?.ttlMs ?? 0;
    metrics.expiries.inc();
    log.event('discovery.ttl-expired', { check: place.checkId, node: place.node, ttl: formatDuration(ttlMs) });
    writes.expire(place);
  });
  const writes = catalogWrites({ catalog, checks, journal, log, metrics, localNode: parts.node.name });
  for (const node of loaded.nodes) writes.restoreNode(node);
  for (const { node, service } of loaded.services) writes.restoreService(node, service);
  writes.putNode(localNode(catalog.node(parts.node.name), parts.node, clock));
  await journal.settled();
  log.event('discovery.loaded', { nodes: catalog.nodeCount, services: catalog.serviceCount });

  const agents = agentWrites({ catalog, writes, log });
  const reap = () => {
    for (const place of checks.overdue()) writes.reap(place);
    cancelReaper = clock.after(reapEveryMs, reap);
  };
  let cancelReaper = clock.after(reapEveryMs, reap);
  let open = true;

  /** What a request changed has to be durable before it is answered. */
  const durable = async (outcome: Outcome): Promise<Outcome> => {
    if (outcome.ok) await journal.settled();
    return outcome;
  };
  const gauges = () => {
    metrics.nodes.set(catalog.nodeCount);
    metrics.services.set(catalog.serviceCount);
    metrics.watchers.set(watchers.size);
  };
  Object.assign(metrics.nodes, { collect: gauges });

  return {
    datacenter: parts.datacenter ?? 'dc1',
    localNode: parts.node.name,
    catalog,
    metrics,
    clock,
    get watchers() {
      return watchers.size;
    },
    async wait(topic, index, ms, signal) {
      if (open && index === catalog.indexOf(topic)) await watchers.wait(topic, ms, signal);
    },
    output: (node, check) => checks.output({ node, serviceId: '', checkId: check.id }, check),
    registerService: (service, options) => durable(writes.registerService(parts.node.name, service, options)),
    deregisterService: (node, id, reason) => durable(writes.deregisterService(node, id, reason)),
    registerCheck: (check) => durable(writes.registerCheck(check)),
    deregisterCheck: (node, checkId) => durable(writes.deregisterCheck(node, checkId)),
    report: (checkId, result, output) => durable(writes.report(checkId, result, output)),
    setMaintenance: (what) => durable(writes.setMaintenance(what)),
    registerInCatalog: (registration) => durable(writes.registerInCatalog(registration, () => uuidv7(clock.now()))),
    removeNode: (node, reason) => durable(writes.removeNode(node, reason)),
    setAgentNode: agents.setNode,
    setAgentServices: agents.setServices,
    setAgentLiveness: agents.setLiveness,
    removeAgent: agents.remove,
    async [Symbol.asyncDispose]() {
      open = false;
      cancelReaper();
      checks[Symbol.dispose]();
      watchers[Symbol.dispose]();
      await journal[Symbol.asyncDispose]();
    },
  };
}

function localNode(known: Node | undefined, wanted: RegistryParts['node'], clock: Clock): Node {
  const { agentUid: _, ...node } = known ?? { id: uuidv7(clock.now()), taggedAddresses: {}, meta: {}, checks: [] };
  return { ...node, name: wanted.name, address: wanted.address };
}
