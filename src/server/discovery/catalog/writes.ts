/** Everything that changes the catalog: the change in memory, its timers, its record in the store, its line in the log. */
import type { Log } from '../../../observe/log.ts';
import type { DiscoveryMetrics } from '../metrics.ts';
import type { Catalog } from './catalog.ts';
import type { CheckPlace, CheckRuntime } from './checks.ts';
import type { CatalogRegistration, CheckDefinition, ServiceDefinition } from './definitions.ts';
import type { Journal } from './journal.ts';
import { boundedOutput, limits } from './limits.ts';
import { type Check, type CheckStatus, type Node, nodeMaintenance, type Service, serviceMaintenance } from './model.ts';
import { fitsKey, nodeKey, serviceKey } from './records.ts';

export type Outcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly status: 400 | 403 | 404 | 429 | 500; readonly problem: string };

export interface WriteParts {
  readonly catalog: Catalog;
  readonly checks: CheckRuntime;
  readonly journal: Pick<Journal, 'put'>;
  readonly log: Log;
  readonly metrics: DiscoveryMetrics;
  readonly localNode: string;
}

export type Writes = ReturnType<typeof catalogWrites>;

const done: Outcome = { ok: true };
const refused = (status: 400 | 403 | 404 | 429 | 500, problem: string): Outcome => ({ ok: false, status, problem });

export function catalogWrites({ catalog, checks, journal, log, metrics, localNode }: WriteParts) {
  const track = (node: string, serviceId: string, before: readonly Check[], after: readonly Check[]) => {
    for (const gone of before) if (!after.some(({ id }) => id === gone.id)) checks.forget({ node, serviceId, checkId: gone.id });
    for (const check of after) checks.track({ node, serviceId, checkId: check.id }, check);
  };

  const restoreNode = (node: Node) => {
    const before = catalog.node(node.name)?.checks ?? [];
    const changed = catalog.putNode(node);
    track(node.name, '', before, node.checks);
    return changed;
  };
  const putNode = (node: Node) => {
    if (restoreNode(node)) journal.put(nodeKey(node.name), JSON.stringify(node));
  };

  const restoreService = (node: string, service: Service) => {
    // The node's record is written in the same commit as its first service; only a catalog edited by hand has one without the other.
    if (catalog.node(node) === undefined) return false;
    const before = catalog.service(node, service.id)?.checks ?? [];
    const changed = catalog.putService(node, service);
    track(node, service.id, before, service.checks);
    return changed;
  };
  const putService = (node: string, service: Service) => {
    if (restoreService(node, service)) journal.put(serviceKey(node, service.id), JSON.stringify(service));
  };

  const dropService = (node: string, id: string, reason: string): boolean => {
    const service = catalog.service(node, id);
    if (service === undefined || !catalog.removeService(node, id)) return false;
    track(node, id, service.checks, []);
    journal.put(serviceKey(node, id), undefined);
    log.event('discovery.deregistered', { node, id, reason });
    return true;
  };

  const dropNode = (name: string, reason: string): boolean => {
    const node = catalog.node(name);
    if (node === undefined) return false;
    for (const { id } of catalog.servicesOf(name)) dropService(name, id, reason);
    track(name, '', node.checks, []);
    catalog.removeNode(name);
    journal.put(nodeKey(name), undefined);
    log.event('discovery.node-removed', { node: name, reason });
    return true;
  };

  const checkAt = ({ node, serviceId, checkId }: CheckPlace): Check | undefined => {
    const list = serviceId === '' ? catalog.node(node)?.checks : catalog.service(node, serviceId)?.checks;
    return list?.find(({ id }) => id === checkId);
  };

  /** Puts the checks of a service or, with an empty id, of the node. */
  const putChecks = (node: string, serviceId: string, change: (known: readonly Check[]) => readonly Check[]) => {
    const at = catalog.node(node);
    if (at === undefined) return;
    if (serviceId === '') return putNode({ ...at, checks: change(at.checks) });
    const service = catalog.service(node, serviceId);
    if (service !== undefined) putService(node, { ...service, checks: change(service.checks) });
  };

  const setStatus = (place: CheckPlace, status: CheckStatus, output: string) => {
    const known = checkAt(place);
    if (known === undefined || known.status === status) return;
    const service = place.serviceId === '' ? 'the node' : place.serviceId;
    metrics.transitions.inc({ status });
    log.event('discovery.check-changed', { check: place.checkId, service, node: place.node, from: known.status, to: status });
    putChecks(place.node, place.serviceId, (list) =>
      list.map((check) => (check.id === place.checkId ? { ...check, status, output: boundedOutput(output) } : check)),
    );
  };

  const notOwned = (node: string): Outcome | undefined =>
    catalog.node(node)?.agentUid === undefined
      ? undefined
      : refused(403, `Permission denied: node "${node}" belongs to an agent, and only the agent itself registers there`);

  const room = (node: string, serviceId: string): Outcome | undefined => {
    if (!fitsKey(node, serviceId)) return refused(400, 'the names of node and service are too long together');
    if (catalog.service(node, serviceId) !== undefined) return undefined;
    if (catalog.serviceCount >= limits.services) return refused(429, `the catalog is full: ${limits.services} services`);
    if (catalog.servicesOf(node).length >= limits.servicesPerNode)
      return refused(429, `node "${node}" has ${limits.servicesPerNode} services`);
    return undefined;
  };

  const registerService = (node: string, definition: ServiceDefinition, options: { readonly replaceChecks: boolean }): Outcome => {
    const full = room(node, definition.id);
    if (full !== undefined) return full;
    const taken = definition.checks.find(({ id }) => (checks.find(node, id)?.serviceId ?? definition.id) !== definition.id);
    if (taken !== undefined) return refused(400, `check ID "${taken.id}" is used by another service of node "${node}"`);
    const known = catalog.service(node, definition.id);
    const merged = mergeChecks(
      known?.checks ?? [],
      definition.checks,
      options.replaceChecks ? serviceMaintenance(definition.id) : undefined,
    );
    if (merged.length > limits.checksPerService) return refused(400, `a service has at most ${limits.checksPerService} checks`);
    putService(node, { ...definition, checks: merged });
    for (const { id, output } of definition.checks) if (output !== '') checks.note({ node, serviceId: definition.id, checkId: id }, output);
    if (known === undefined) log.event('discovery.registered', { service: definition.name, id: definition.id, node });
    return done;
  };

  /** Looked at before anything is changed: a registration is taken whole or not at all. */
  const wrongChecks = ({ node, service, checks: wanted }: CatalogRegistration): Outcome | undefined => {
    for (const { id, serviceId } of wanted) {
      if (serviceId !== '' && serviceId !== service?.id && catalog.service(node, serviceId) === undefined)
        return refused(400, `ServiceID "${serviceId}" does not exist`);
      if ((checks.find(node, id)?.serviceId ?? serviceId) !== serviceId)
        return refused(400, `check ID "${id}" is used by another service of node "${node}"`);
      const list = serviceId === '' ? catalog.node(node)?.checks : catalog.service(node, serviceId)?.checks;
      if ((list?.length ?? 0) + wanted.length > limits.checksPerNode) return refused(429, 'there are too many checks already');
    }
    return undefined;
  };

  return {
    restoreNode,
    restoreService,
    putNode,
    putService,
    dropService,
    dropNode,
    checkAt,
    setStatus,
    registerService,
    deregisterService(node: string, id: string, reason: string): Outcome {
      const owned = notOwned(node);
      if (owned !== undefined) return owned;
      if (dropService(node, id, reason)) return done;
      return refused(404, `Unknown service ID "${id}". Ensure that the service ID is passed, not the service name.`);
    },
    registerCheck(definition: CheckDefinition): Outcome {
      const { serviceId } = definition;
      if (serviceId !== '' && catalog.service(localNode, serviceId) === undefined)
        return refused(400, `ServiceID "${serviceId}" does not exist`);
      const at = checks.find(localNode, definition.id);
      if (at !== undefined && at.serviceId !== serviceId) return refused(400, `check ID "${definition.id}" is used by another service`);
      const list = serviceId === '' ? catalog.node(localNode)?.checks : catalog.service(localNode, serviceId)?.checks;
      const most = serviceId === '' ? limits.checksPerNode : limits.checksPerService;
      if (at === undefined && (list?.length ?? 0) >= most) return refused(429, `there are ${most} checks already`);
      putChecks(localNode, serviceId, (known) => mergeChecks(known, [definition], undefined));
      return done;
    },
    deregisterCheck(node: string, checkId: string): Outcome {
      const owned = notOwned(node);
      const place = checks.find(node, checkId);
      if (owned !== undefined) return owned;
      if (place === undefined) return refused(404, unknownCheck(checkId));
      putChecks(node, place.serviceId, (known) => known.filter(({ id }) => id !== checkId));
      return done;
    },
    report(checkId: string, result: CheckStatus, output: string): Outcome {
      const place = checks.find(localNode, checkId);
      const check = place === undefined ? undefined : checkAt(place);
      if (place === undefined || check === undefined) return refused(404, unknownCheck(checkId));
      if (check.type !== 'ttl') return refused(500, `CheckID "${checkId}" does not have associated TTL`);
      setStatus(place, checks.report(place, check, result, boundedOutput(output)), output);
      return done;
    },
    /** No result came in time. What the check said last stays readable behind it. */
    expire(place: CheckPlace): void {
      const check = checkAt(place);
      if (check === undefined) return;
      const last = checks.output(place, check);
      const output = last === '' ? 'TTL expired' : `TTL expired (last output before timeout follows): ${last}`;
      checks.report(place, check, 'critical', output);
      setStatus(place, 'critical', output);
    },
    reap(place: CheckPlace): void {
      const reason = `check "${place.checkId}" stayed critical`;
      if (place.serviceId !== '' && dropService(place.node, place.serviceId, reason)) metrics.reaped.inc();
    },
    setMaintenance({
      serviceId = '',
      on,
      reason,
    }: {
      readonly serviceId?: string;
      readonly on: boolean;
      readonly reason: string;
    }): Outcome {
      if (serviceId !== '' && catalog.service(localNode, serviceId) === undefined)
        return refused(404, `Unknown service ID "${serviceId}". Ensure that the service ID is passed, not the service name.`);
      const id = serviceId === '' ? nodeMaintenance : serviceMaintenance(serviceId);
      const name = serviceId === '' ? 'Node Maintenance Mode' : 'Service Maintenance Mode';
      const notes = reason === '' ? 'Maintenance mode is enabled, but no reason was given.' : reason.slice(0, limits.notesChars);
      const check: Check = { id, name, notes, type: '', status: 'critical', output: '' };
      putChecks(localNode, serviceId, (known) => [...known.filter((other) => other.id !== id), ...(on ? [check] : [])]);
      return done;
    },
    registerInCatalog(registration: CatalogRegistration, newId: () => string): Outcome {
      const { node: name, service } = registration;
      const owned = notOwned(name);
      if (owned !== undefined) return owned;
      const known = catalog.node(name);
      const other = catalog.nodeNamed(name);
      if (known === undefined && other !== undefined) return refused(400, `node "${name}" differs from "${other.name}" only in case`);
      if (known === undefined && catalog.nodeCount >= limits.nodes) return refused(429, `the catalog is full: ${limits.nodes} nodes`);
      if (known === undefined && registration.address === '') return refused(400, 'Must provide address if SkipNodeUpdate is not set');
      const full = room(name, service?.id ?? '');
      if (full !== undefined) return full;
      const wrong = wrongChecks(registration);
      if (wrong !== undefined) return wrong;
      const { address, meta, taggedAddresses } = registration;
      if (known === undefined || !registration.skipNodeUpdate)
        putNode({ name, id: registration.id || known?.id || newId(), address, meta, taggedAddresses, checks: known?.checks ?? [] });
      if (service !== undefined) {
        const outcome = registerService(name, service, { replaceChecks: false });
        if (!outcome.ok) return outcome;
      }
      for (const check of registration.checks) putChecks(name, check.serviceId, (list) => mergeChecks(list, [check], undefined));
      return done;
    },
    removeNode(node: string, reason: string): Outcome {
      const owned = notOwned(node);
      if (owned !== undefined) return owned;
      if (node === localNode) return refused(400, `node "${node}" is this server itself`);
      dropNode(node, reason); // as in Consul, taking out what is not there is no error
      return done;
    },
  };
}

const unknownCheck = (id: string) => `Unknown check ID "${id}". Ensure that the check ID is passed, not the check name.`;

/**
 * Known checks keep their status when a definition does not give one; a new one without is critical until it is heard of.
 * With `keepOnly`, known checks that are not defined again go, except that one: replace-existing-checks.
 */
function mergeChecks(known: readonly Check[], wanted: readonly CheckDefinition[], keepOnly: string | undefined): readonly Check[] {
  const kept = known.filter(({ id }) => !wanted.some((one) => one.id === id) && (keepOnly === undefined || id === keepOnly));
  const fresh = wanted.map(({ serviceId: _, status, ...definition }): Check => {
    const before = known.find(({ id }) => id === definition.id);
    const next = status ?? before?.status ?? 'critical';
    // While the status stays, so does the stored output: a remark that changes with every report must not wake watchers.
    return { ...definition, status: next, output: before?.status === next ? before.output : definition.output };
  });
  return [...kept, ...fresh];
}
