/**
 * Which inputs run on one host. A repository holds many stacks that never run together; joining them would report port
 * conflicts and shared aliases that nobody will ever see. So inputs are joined only where one of them needs another.
 */
import { dirname } from 'node:path';
import { HOST_NAMESPACE } from '../network/model.ts';
import type { Input } from './discover.ts';
import type { ReadPart } from './index.ts';
import type { ModelPart } from './reader.ts';

/** Groups in the order of their first input. */
export function groupByHost(parts: readonly ReadPart[]): readonly (readonly ReadPart[])[] {
  if (parts.length < 2) return parts.length === 0 ? [] : [parts];
  const group = parts.map((_, index) => index);
  const root = (index: number): number => {
    const next = group[index] ?? index;
    return next === index ? index : root(next);
  };
  const offering = new Map<string, number[]>();
  parts.forEach(({ part }, index) => {
    for (const key of offersOf(part)) offering.set(key, [...(offering.get(key) ?? []), index]);
  });
  const needing = new Map<string, number>();
  parts.forEach(({ part, input }, index) => {
    const join = speaksOf(input);
    parts.forEach((other, at) => {
      if (join(other.input)) group[root(at)] = root(index);
    });
    for (const key of needsOf(part)) {
      for (const other of [...(offering.get(key) ?? []), needing.get(key) ?? index]) group[root(other)] = root(index);
      needing.set(key, index);
    }
  });
  return [...Map.groupBy(parts, (_, index) => root(index)).values()];
}

/**
 * What an engine or a registry says is about the one host that the user looks at, and so is all that was named with it.
 * A JSON that a search came across speaks of the inputs beside it.
 */
function speaksOf(input: Input | undefined): (other: Input | undefined) => boolean {
  if (input === undefined) return () => true;
  if (input.kind !== 'json') return () => false;
  return input.found === true ? (other) => other !== undefined && folderOf(other) === folderOf(input) : () => true;
}

const folderOf = (input: Input): string => dirname(input.kind === 'compose' ? (input.paths[0] ?? '.') : input.path);

function offersOf(part: ModelPart): ReadonlySet<string> {
  return new Set([
    ...part.networks.filter((network) => !network.external).map((network) => `network ${network.id}`),
    ...part.workloads.flatMap((workload) => [workload.id, workload.containerName ?? workload.id]).map((id) => `container ${id}`),
    ...part.publications.map((publication) => `host port ${publication.hostPort}`),
  ]);
}

function needsOf(part: ModelPart): ReadonlySet<string> {
  return new Set([
    ...part.networks.filter((network) => network.external).map((network) => `network ${network.id}`),
    ...foreignNamespaces(part),
    ...hostPorts(part),
  ]);
}

/** `network_mode: container:x` where x is a container of another input. */
function foreignNamespaces(part: ModelPart): readonly string[] {
  const own = new Set(part.workloads.map((workload) => workload.id));
  const used = part.workloads.map((workload) => workload.namespaceId);
  return used.filter((id) => id !== HOST_NAMESPACE && !own.has(id)).map((id) => `container ${id}`);
}

const namesOfHost = new Set(['host.docker.internal', 'gateway.docker.internal', '172.17.0.1']);

/** The port of its host that an agent dials, where its own input does not publish it. */
function hostPorts(part: ModelPart): readonly string[] {
  const own = new Set(part.publications.map((publication) => publication.hostPort));
  return part.links
    .filter(({ host, port }) => host !== undefined && namesOfHost.has(host) && !own.has(port))
    .map(({ port }) => `host port ${port}`);
}
