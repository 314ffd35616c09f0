import type { Publication } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

/** Ports that swarm itself needs on every host: data path (VXLAN), gossip, cluster management. */
const swarmPorts: readonly (readonly [number, Publication['transport'], string])[] = [
  [4789, 'udp', 'the VXLAN data path'],
  [7946, 'tcp', 'the gossip between nodes'],
  [7946, 'udp', 'the gossip between nodes'],
  [2377, 'tcp', 'cluster management'],
];

export const overlayPorts: Rule = {
  id: 'R15',
  name: 'overlay-ports',
  title: 'a published port takes one that overlay networks need',
  severity: 'warning',
  onByDefault: true,
  *check({ model, lookup }: RuleContext): Iterable<DraftFinding> {
    const overlay = model.networks.find((network) => network.driver === 'overlay');
    if (overlay === undefined) return;
    for (const publication of model.publications) {
      const taken = swarmPorts.find(([port, transport]) => publication.hostPort === port && publication.transport === transport);
      if (taken === undefined) continue;
      const name = lookup.workload.get(publication.workloadId)?.name ?? publication.workloadId;
      yield {
        subject: name,
        message: `${name} publishes ${taken[0]}/${taken[1]}, which the overlay network ${overlay.id} needs for ${taken[2]}.`,
        evidence: [
          { label: 'published here', origin: publication.hostPortOrigin ?? publication.origin },
          { label: 'overlay network', origin: overlay.origin },
        ],
        symptom: 'names resolve on the overlay, but packets between hosts are lost',
        fixes: [
          {
            title: 'publish another port, or move the data path with docker swarm init --data-path-port',
            applicability: 'manual',
            changes: [],
          },
        ],
      };
    }
  },
};
