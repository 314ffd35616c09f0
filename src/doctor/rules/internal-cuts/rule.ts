import type { Network, Publication, Workload } from '../../../network/model.ts';
import { HOST_NAMESPACE } from '../../../network/model.ts';
import type { DraftFinding, FixPlan, Rule, RuleContext } from '../../rule.ts';
import { type Claim, claimedBy } from '../claims.ts';
import { namedNetworks, ownerOf, publicationAt } from '../places.ts';
import { dialledHere, dials, linkSubject, reasonsOf, symptomWords } from '../words.ts';

export const internalCuts: Rule = {
  id: 'R09',
  name: 'internal-cuts',
  title: 'a container that is only on internal networks publishes a port, or dials the outside',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    const claims = claimedBy(context, 'R09');
    const explained = new Set<string>();
    for (const claim of claims) {
      const published = publicationAt(context, claim.step);
      if (published !== undefined) explained.add(published.workloadId);
      yield brokenLink(context, claim, published);
    }
    for (const [workloadId, publications] of Map.groupBy(context.model.publications, (item) => item.workloadId)) {
      const workload = context.lookup.workload.get(workloadId);
      const network = workload === undefined || explained.has(workloadId) ? undefined : onlyInternal(context, workload);
      if (workload !== undefined && network !== undefined) yield deadPorts(context, workload, network, publications);
    }
  },
};

/** The internal network of a workload that is on no other; overlays publish through the ingress network all the same. */
function onlyInternal(context: RuleContext, workload: Workload): Network | undefined {
  if (workload.namespaceId === HOST_NAMESPACE) return undefined;
  const networks = namedNetworks(context, workload);
  const all = context.lookup.endpointsOf.get(workload.namespaceId) ?? [];
  const cut = networks.length === all.length && networks.every((network) => network.internal !== undefined && network.driver === 'bridge');
  return cut ? networks[0] : undefined;
}

function brokenLink(context: RuleContext, { link, verdict, step, certain }: Claim, published: Publication | undefined): DraftFinding {
  const cut = context.lookup.workload.get(published?.workloadId ?? link.workloadId);
  const network = cut === undefined ? undefined : onlyInternal(context, cut);
  const why =
    published === undefined
      ? `${cut?.name} is only on the internal network ${network?.id ?? ''}, which has no way out`
      : `${cut?.name} is only on the internal network ${network?.id ?? ''}, whose ports are not published`;
  return {
    subject: linkSubject(context, link),
    ...(certain ? {} : { severity: 'warning' as const }),
    message: `${dials(context, link)}, but ${why}.`,
    evidence: [dialledHere(link), ...internalHere(network)],
    reasons: reasonsOf(verdict),
    symptom: symptomWords(step.symptom ?? verdict.symptom),
    verdict,
    fixes: cut === undefined ? [] : [secondNetwork(context, cut, verdict.question)],
  };
}

const internalHere = (network: Network | undefined) =>
  network?.internal === undefined ? [] : [{ label: `${network.key} is internal`, origin: network.internal }];

function deadPorts(context: RuleContext, workload: Workload, network: Network, publications: readonly Publication[]): DraftFinding {
  const [first] = publications;
  const ports = publications.slice(0, 4).map((item) => String(item.hostPort ?? item.containerPort));
  const question =
    first?.hostPort === undefined
      ? undefined
      : ({ from: { kind: 'host' }, host: '127.0.0.1', port: first.hostPort, transport: first.transport } as const);
  const verdict = question === undefined ? undefined : context.ask(question);
  return {
    subject: `${workload.name} ports`,
    severity: 'warning',
    message: `${workload.name} publishes ${ports.join(', ')}${publications.length > 4 ? ', …' : ''}, but is only on the internal network ${network.id}, whose ports are not published.`,
    evidence: [{ label: 'published here', origin: first?.origin ?? workload.origin }, ...internalHere(network)],
    reasons: verdict === undefined ? [] : reasonsOf(verdict),
    symptom: symptomWords('refused'),
    ...(verdict === undefined ? {} : { verdict }),
    fixes: [secondNetwork(context, workload, question)],
  };
}

/** Which network may see the outside is a choice: the cut was meant. */
function secondNetwork(context: RuleContext, workload: Workload, question: Claim['verdict']['question'] | undefined): FixPlan {
  const owner = ownerOf(context, workload);
  const own = context.model.networks.filter(
    (network) =>
      owner.project !== undefined &&
      network.id === `${owner.project}_${network.key}` &&
      network.internal === undefined &&
      network.driver === 'bridge',
  );
  const network = own.find(({ key }) => key === 'default') ?? own[0];
  if (network === undefined)
    return { title: `attach ${owner.name} to a second network that is not internal`, applicability: 'manual', changes: [] };
  return {
    title: `attach ${owner.name} to ${network.id} as well, which is not internal`,
    applicability: 'suggestion',
    changes: [{ kind: 'attach-network', workloadId: owner.id, networkId: network.id }],
    ...(question === undefined ? {} : { turns: question }),
  };
}
