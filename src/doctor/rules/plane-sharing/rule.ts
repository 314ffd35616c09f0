import type { Link, Workload } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

export const planeSharing: Rule = {
  id: 'R31',
  name: 'plane-sharing',
  title: 'control and data of an agent travel over one network',
  severity: 'info',
  onByDefault: false,
  *check(context: RuleContext): Iterable<DraftFinding> {
    for (const workload of context.model.workloads) yield* judge(context, workload);
  },
};

function* judge(context: RuleContext, workload: Workload): Iterable<DraftFinding> {
  const links = context.lookup.linksOf.get(workload.id) ?? [];
  const control = links.find((link) => link.plane === 'control');
  const data = links.find((link) => link.plane === 'data');
  if (control === undefined || data === undefined) return;
  const shared = networksOf(context, workload, control).find((network) => networksOf(context, workload, data).includes(network));
  if (shared === undefined) return;
  yield {
    subject: workload.name,
    message: `${workload.name} reaches its control plane (${control.raw}) and its data plane (${data.raw}) over the same network ${shared}: a flood of data delays heartbeats.`,
    evidence: [
      { label: 'control', origin: control.origin },
      { label: 'data', origin: data.origin },
    ],
    symptom: 'heartbeats come late under load',
    fixes: [{ title: 'attach the agent to two networks, one for each plane', applicability: 'manual', changes: [] }],
  };
}

/** Networks that the agent shares with the target of a link. */
function networksOf({ lookup, model }: RuleContext, workload: Workload, link: Link): readonly string[] {
  const own = new Set((lookup.endpointsOf.get(workload.namespaceId) ?? []).map((endpoint) => endpoint.networkId));
  return model.endpoints
    .filter((endpoint) => own.has(endpoint.networkId) && endpoint.names.some(({ name }) => name === link.host))
    .map((endpoint) => endpoint.networkId);
}
