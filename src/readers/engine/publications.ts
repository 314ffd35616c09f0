import type { Publication } from '../../network/model.ts';
import type { InspectedContainer } from './inspected.ts';
import { booleanOf, fieldAt, type Place, warn } from './json-place.ts';
import { formatBinding, fulfils, joinFamilies, type PortBinding, readBindings } from './ports.ts';

/**
 * The ports that lead from the host into the container. A running container's are what the engine did
 * (`NetworkSettings.Ports`); a stopped one's are what it was asked to do (`HostConfig.PortBindings`).
 *
 * `cannotPublish`: the network mode or the networks let nothing be published. The wish is then kept as declared, since
 * the reach engine knows why it came to nothing. A wish that came to nothing for no known reason is only a warning:
 * as a publication it would be a lie.
 */
export function readPublications(container: InspectedContainer, namespaceId: string, cannotPublish: boolean): readonly Publication[] {
  if (container.mode.startsWith('container:')) return []; // the engine refuses it; the owner publishes
  const wishes = joinFamilies(readBindings(fieldAt(container.place, 'HostConfig', 'PortBindings')));
  const facts = joinFamilies(readBindings(fieldAt(container.place, 'NetworkSettings', 'Ports')));
  const publication = (binding: PortBinding, knowledge: Publication['knowledge']): Publication => ({
    ...binding,
    workloadId: container.name,
    namespaceId,
    mode: 'host', // the ingress of a swarm is a network of the service, not of the container
    knowledge,
  });
  if (!container.running || (cannotPublish && facts.length === 0)) return wishes.map((wish) => publication(wish, 'declared'));
  reportDrift(container.place, wishes, facts);
  return facts.map((fact) => publication(fact, 'observed'));
}

function reportDrift(place: Place, wishes: readonly PortBinding[], facts: readonly PortBinding[]): void {
  for (const wish of wishes) {
    if (facts.some((fact) => fulfils(fact, wish))) continue;
    const instead = facts.filter((fact) => fact.containerPort === wish.containerPort && fact.transport === wish.transport);
    const done = instead.length === 0 ? 'publishes nothing for it' : `publishes ${instead.map(formatBinding).join(', ')} instead`;
    warnDrift(
      place,
      wish,
      `${formatBinding(wish)} was asked for (HostConfig.PortBindings), but the engine ${done} (NetworkSettings.Ports)`,
    );
  }
  if (booleanOf(fieldAt(place, 'HostConfig', 'PublishAllPorts')) === true) return;
  for (const fact of facts) {
    if (wishes.some((wish) => wish.containerPort === fact.containerPort && wish.transport === fact.transport)) continue;
    warnDrift(
      place,
      fact,
      `the engine publishes ${formatBinding(fact)} (NetworkSettings.Ports), which nobody asked for (HostConfig.PortBindings)`,
    );
  }
}

function warnDrift(place: Place, binding: PortBinding, text: string): void {
  const at: Place = { value: undefined, path: binding.origin.path, within: place.within };
  warn(at, 'inspect-port-drift', `${place.within.object}: ${text}`, 'recreate the container, and look into the log of the engine');
}
