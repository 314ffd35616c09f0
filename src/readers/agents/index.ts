/** Given the workloads that other readers produced: what agents dial, what they listen on, and what they register. */
import type { Problem } from '../../core/problem.ts';
import type { Endpoint, Link, Listener, Publication, Registration, Workload } from '../../network/model.ts';
import type { Files } from '../files.ts';
import type { ModelPart } from '../reader.ts';
import type { Names } from './context.ts';
import { createContext } from './context.ts';
import { exposedListeners } from './exposed.ts';
import { startsClient } from './process.ts';
import type { AgentFacts, ListenerDraft } from './program.ts';
import { programs } from './programs/index.ts';

export type AgentsPart = Pick<ModelPart, 'links' | 'listeners' | 'registrations' | 'problems'>;

export function readAgents(files: Files, part: ModelPart): AgentsPart {
  const publicationsOf = Map.groupBy(part.publications, (publication) => publication.workloadId);
  const endpointsOf = Map.groupBy(part.endpoints, (endpoint) => endpoint.workloadId);
  const names = new Set(part.endpoints.flatMap((endpoint) => endpoint.names.map(({ name }) => name)));
  const byId = new Map(part.workloads.map((workload) => [workload.id, workload]));
  const workloadOf = new Map(
    part.endpoints.flatMap(({ names, workloadId }) => {
      const workload = byId.get(workloadId);
      return workload === undefined ? [] : names.map(({ name }) => [name, workload] as const);
    }),
  );
  // All sockets of such a namespace were seen: what else somebody assumes or declares is not there.
  const observed = new Set(part.namespaces.filter((namespace) => namespace.listenersComplete).map(({ id }) => id));
  const links: Link[] = [];
  const listeners: Listener[] = [];
  const registrations: Registration[] = [];
  const problems: Problem[] = [];
  for (const workload of part.workloads) {
    const found = readWorkload(workload, files, { all: names, workloadOf, own: ownNames(workload, endpointsOf.get(workload.id) ?? []) });
    const own = observed.has(workload.namespaceId) ? [] : listenersOf(workload, found, publicationsOf.get(workload.id) ?? []);
    for (const listener of own) listeners.push({ namespaceId: workload.namespaceId, workloadId: workload.id, ...listener });
    const id = idMaker(workload.id);
    for (const link of uniqueLinks(found)) links.push({ id: id(link.setting), workloadId: workload.id, ...link });
    for (const registration of found.flatMap((facts) => facts.registrations)) {
      registrations.push({ id: id(`${registration.registry}:${registration.service}`), workloadId: workload.id, ...registration });
    }
    problems.push(...found.flatMap((facts) => facts.problems));
  }
  return { links, listeners, registrations, problems };
}

/** `shop/agent#AGENT_ENDPOINT`, and `…~2` for the second link of one setting: the same after a fix as before it. */
function idMaker(workloadId: string): (name: string) => string {
  const used = new Map<string, number>();
  return (name) => {
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return `${workloadId}#${name}${count === 1 ? '' : `~${count}`}`;
  };
}

/**
 * What the container itself resolves to its own address. With several networks that is one of several addresses, and in a
 * shared namespace somebody else's: then nothing is said.
 */
function ownNames(workload: Workload, endpoints: readonly Endpoint[]): ReadonlySet<string> {
  const [endpoint] = endpoints;
  if (endpoint === undefined || endpoints.length > 1 || workload.namespaceId !== workload.id) return new Set();
  const { hostname, replicas } = workload;
  const names = replicas > 1 ? [] : endpoint.names.map(({ name }) => name);
  return new Set(hostname === undefined ? names : [...names, hostname]);
}

function readWorkload(workload: Workload, files: Files, names: Names): readonly AgentFacts[] {
  const asked = programs.filter((program) => program.matches(workload));
  if (asked.length === 0) return [];
  const context = createContext(workload, files, names);
  const found = asked.map((program) => program.read(workload, context));
  return startsClient(context.words) ? found.map(withoutDefaults) : found;
}

function withoutDefaults(facts: AgentFacts): AgentFacts {
  return { ...facts, listeners: facts.listeners.filter(({ origin }) => origin.kind !== 'default'), listenersKnown: false };
}

function listenersOf(workload: Workload, found: readonly AgentFacts[], publications: readonly Publication[]): readonly ListenerDraft[] {
  const known = mergeListeners(found);
  const all = found.some((facts) => facts.listenersKnown);
  if (all || (known.length > 0 && !found.some((facts) => facts.listenersOpen === true))) return known;
  return mergeListeners([{ listeners: known }, { listeners: exposedListeners(workload, publications) }]);
}

/** What an earlier program says of a port holds; a later one only adds ports. */
function mergeListeners(found: readonly Pick<AgentFacts, 'listeners'>[]): readonly ListenerDraft[] {
  const merged: ListenerDraft[] = [];
  for (const { listeners } of found) {
    const known = new Set(merged.map(({ port, transport }) => `${port}/${transport}`));
    merged.push(...listeners.filter(({ port, transport }) => !known.has(`${port}/${transport}`)));
  }
  return merged;
}

/** The same string found twice (a variable that a configuration file uses too, a target listed twice by an anchor) is one link. */
function uniqueLinks(found: readonly AgentFacts[]): readonly AgentFacts['links'][number][] {
  const seen = new Set<string>();
  return found
    .flatMap((facts) => facts.links)
    .filter((link) => {
      const origin = link.hostOrigin ?? link.origin;
      const place = origin.kind === 'file' ? `${origin.file}:${origin.span.start}` : JSON.stringify(origin);
      const key = `${place}|${link.host}|${link.port}/${link.transport}|${link.host === undefined ? link.raw : ''}`;
      return seen.has(key) ? false : seen.add(key) !== undefined;
    });
}
