/** Why a port of the host is closed although a container offers it: published otherwise, without effect, or not at all. */
import { lookup } from '../network/lookup.ts';
import { HOST_NAMESPACE } from '../network/model.ts';
import type { HostTarget } from './host-path.ts';
import type { Journey } from './journey.ts';
import { originsOf } from './place.ts';
import type { ActivePublication, Idle } from './publish.ts';

/** Writes the reason; false when the input has none. */
export function explainAbsence(
  journey: Journey,
  to: HostTarget,
  active: readonly ActivePublication[],
  found: readonly (ActivePublication | Idle)[],
): boolean {
  const [narrow] = active;
  if (narrow !== undefined) {
    explainNarrow(journey, to, narrow);
    return true;
  }
  const idle = found.find((candidate): candidate is Idle => 'why' in candidate);
  if (idle !== undefined) {
    explainIdle(journey, idle);
    return true;
  }
  return explainUnpublished(journey);
}

function explainNarrow({ trace, port }: Journey, to: HostTarget, { publication, network }: ActivePublication): void {
  const loopback = publication.hostIp?.startsWith('127.') === true || publication.hostIp === '::1';
  const bound = publication.hostIp ?? network.hostBinding4 ?? 'another address';
  const text = `host port ${port} is published on ${bound} only, and the client comes to ${to.label}`;
  trace.block('nat', loopback ? 'publish-loopback-only' : 'publish-other-address', 'refused', text, [publication.origin]);
}

function explainIdle({ model, trace, port }: Journey, { publication, why }: Idle): void {
  const name = lookup(model).workload.get(publication.workloadId)?.name ?? publication.workloadId;
  const origins = [publication.origin];
  switch (why) {
    case 'host-mode':
      return trace.block(
        'nat',
        'host-mode-discards-ports',
        'refused',
        `${name} uses the host's network, where published ports are discarded`,
        origins,
      );
    case 'internal':
      return trace.block(
        'nat',
        'internal-no-publish',
        'refused',
        `${name} is only on internal networks, where ports are not published`,
        origins,
      );
    case 'routed':
      return trace.block(
        'nat',
        'not-published',
        'refused',
        `${name}'s network is in a gateway mode that maps no ports of the host`,
        origins,
      );
    case 'none':
      return trace.block('nat', 'not-published', 'refused', `${name} has no network that could publish ${port}`, origins);
    case 'stopped':
      return trace.block('nat', 'stopped', 'refused', `${name} is not running, so its ports are not published`, origins);
    default:
      return why satisfies never;
  }
}

/** A container listens on the port, but the host does not publish it under that number. */
function explainUnpublished({ model, trace, port, transport }: Journey): boolean {
  const inside = <T extends { readonly transport: string; readonly namespaceId: string }>(item: T): boolean =>
    item.transport === transport && item.namespaceId !== HOST_NAMESPACE;
  const other = model.publications.find((publication) => publication.containerPort === port && inside(publication));
  const listener = model.listeners.find((candidate) => candidate.port === port && inside(candidate));
  const workload = lookup(model).workload.get(other?.workloadId ?? listener?.workloadId ?? '');
  if (workload === undefined) return false;
  if (lookup(model).namespace.get(HOST_NAMESPACE)?.listenersComplete !== true)
    trace.assumptions.push(`no process of the host itself listens on ${port}`);
  if (other === undefined) {
    trace.block(
      'nat',
      'not-published',
      'refused',
      `${workload.name} listens on ${port}, but does not publish it`,
      originsOf(listener, workload),
    );
    return true;
  }
  const published = other.hostPort === undefined ? 'a port that the engine picks at start' : `host port ${other.hostPort}`;
  const text = `${workload.name}'s port ${port} is published as ${published}, not as ${port}`;
  trace.block('nat', 'host-port-is-not-container-port', 'refused', text, [other.hostPortOrigin ?? other.origin]);
  return true;
}
