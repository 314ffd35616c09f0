import type { Endpoint, EndpointName } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

interface Carrier {
  readonly endpoint: Endpoint;
  readonly entry: EndpointName;
}

export const aliasCollision: Rule = {
  id: 'R24',
  name: 'alias-collision',
  title: 'two different containers carry one name on a network, and clients get either',
  severity: 'warning',
  onByDefault: true,
  *check(context: RuleContext): Iterable<DraftFinding> {
    const carriers = context.model.endpoints.flatMap((endpoint) => endpoint.names.map((entry): Carrier => ({ endpoint, entry })));
    const groups = Map.groupBy(carriers, ({ endpoint, entry }) => `${endpoint.networkId} ${entry.name}`);
    for (const group of groups.values()) {
      const namespaces = new Set(group.map(({ endpoint }) => endpoint.namespaceId));
      if (namespaces.size > 1) yield* judge(context, group);
    }
  },
};

/** One alias on several services of one project is how people share load; across projects it is an accident. */
function* judge(context: RuleContext, group: readonly Carrier[]): Iterable<DraftFinding> {
  const [first, second] = distinct(group);
  if (first === undefined || second === undefined) return;
  const owners = distinct(group).flatMap(({ endpoint }) => context.lookup.workload.get(endpoint.workloadId) ?? []);
  const projects = new Set(owners.map((workload) => workload.project));
  const deliberate = projects.size === 1 && group.every(({ entry }) => entry.kind === 'alias');
  const images = new Set(owners.map((workload) => workload.image?.value));
  if (deliberate && images.size === 1) return;
  const { name } = first.entry;
  const network = first.endpoint.networkId;
  yield {
    subject: name,
    severity: deliberate ? 'info' : 'warning',
    message: `on ${network} the name "${name}" belongs to ${owners.map((workload) => workload.id).join(' and ')}: each client gets one of them at random.`,
    evidence: [
      { label: 'carried here', origin: second.entry.origin },
      { label: 'and here', origin: first.entry.origin },
    ],
    symptom: 'requests reach the wrong server now and then',
    fixes: [{ title: `give each an alias of its own on ${network}, and dial that`, applicability: 'manual', changes: [] }],
  };
}

function distinct(group: readonly Carrier[]): readonly Carrier[] {
  return [...new Map(group.map((carrier) => [carrier.endpoint.namespaceId, carrier])).values()];
}
