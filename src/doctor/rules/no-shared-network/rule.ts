import type { Workload } from '../../../network/model.ts';
import type { Change, DraftFinding, FixPlan, Rule, RuleContext } from '../../rule.ts';
import { type Claim, claimedBy, isBlockedBy } from '../claims.ts';
import { belongTogether, dialName, meantBy, namedNetworks, ownerOf } from '../places.ts';
import { redial } from '../redial.ts';
import { dialledHere, dials, linkSubject, reasonsOf, symptomWords } from '../words.ts';

export const noSharedNetwork: Rule = {
  id: 'R05',
  name: 'no-shared-network',
  title: 'a container dials another one that it shares no network with',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const claim of claimedBy(context, 'R05')) yield finding(context, claim);
  },
};

function finding(context: RuleContext, claim: Claim): DraftFinding {
  const { link, verdict, step, certain } = claim;
  const client = context.lookup.workload.get(link.workloadId);
  const target = targetOf(context, claim);
  const owner = target === undefined ? undefined : ownerOf(context, target);
  if (
    client !== undefined &&
    target !== undefined &&
    owner !== undefined &&
    owner.id !== target.id &&
    dialName(context, client, target) !== undefined
  )
    return nameless(context, claim, client, target, owner);
  const places = target === undefined ? [] : endpointsOf(context, target).slice(0, 2);
  const own = client === undefined ? [] : endpointsOf(context, client).slice(0, 2);
  return {
    subject: linkSubject(context, link),
    ...(certain ? {} : { severity: 'warning' as const }),
    message: `${dials(context, link)}, but ${networksWords(context, client)} and ${networksWords(context, target)}: they share none.`,
    evidence: [
      dialledHere(link),
      ...own.map((endpoint) => ({ label: `${client?.name} is on ${endpoint.networkId}`, origin: endpoint.origin })),
      ...places.map((endpoint) => ({ label: `${target?.name} is on ${endpoint.networkId}`, origin: endpoint.origin })),
    ],
    reasons: reasonsOf(verdict),
    symptom: symptomWords(step.symptom ?? verdict.symptom),
    verdict,
    fixes: client === undefined || target === undefined ? [] : fixes(context, claim, ownerOf(context, client), ownerOf(context, target)),
  };
}

/** The target sits in the network of another container, which is the one that has a name there. */
function nameless(context: RuleContext, claim: Claim, client: Workload, target: Workload, owner: Workload): DraftFinding {
  const { link, verdict, step } = claim;
  const host = dialName(context, client, target) ?? owner.name;
  const written = redial(context, link, { host });
  return {
    subject: linkSubject(context, link),
    message: `${dials(context, link)}, but ${target.name} has no name of its own: it is in the network of ${owner.name}.`,
    evidence: [
      dialledHere(link),
      { label: `${target.name} joins the network of ${owner.name}`, origin: target.networkMode?.origin ?? target.origin },
    ],
    reasons: reasonsOf(verdict),
    symptom: symptomWords(step.symptom ?? verdict.symptom),
    verdict,
    fixes:
      written === undefined
        ? []
        : [
            {
              title: `dial ${owner.name}, whose network ${target.name} is in: ${written.text}`,
              applicability: written.literal ? 'safe' : 'suggestion',
              changes: written.changes,
              turns: { ...verdict.question, host, intended: target.id },
            },
          ],
  };
}

const endpointsOf = (context: RuleContext, workload: Workload) => context.lookup.endpointsOf.get(workload.namespaceId) ?? [];

/** By name, or by an address that somebody fixed. */
function targetOf(context: RuleContext, { link }: Claim): Workload | undefined {
  const named = meantBy(context, link);
  if (named !== undefined) return named;
  const endpoint = context.model.endpoints.find(
    ({ ipv4, ipv6 }) => ipv4?.value.split('/')[0] === link.host || ipv6?.value.split('/')[0] === link.host,
  );
  return endpoint === undefined ? undefined : context.lookup.workload.get(endpoint.workloadId);
}

function networksWords(context: RuleContext, workload: Workload | undefined): string {
  if (workload === undefined) return 'its target is elsewhere';
  const networks = [...new Set(endpointsOf(context, workload).map((endpoint) => endpoint.networkId))];
  if (networks.length === 0) return `${workload.name} is on no network`;
  const names = networks.map((id) => (id === 'bridge' ? 'the default bridge' : id));
  return `${workload.name} is on ${names.join(' and ')}`;
}

function fixes(context: RuleContext, claim: Claim, client: Workload, target: Workload): readonly FixPlan[] {
  const { verdict } = claim;
  const port = companion(context, claim, target);
  const theirs = namedNetworks(context, target).filter((network) => network.driver === 'bridge' || network.driver === 'overlay');
  const own = namedNetworks(context, client)[0];
  const [network] = theirs.filter((candidate) => candidate.internal === undefined).concat(theirs);
  const join: Change | undefined =
    network !== undefined
      ? { kind: 'attach-network', workloadId: client.id, networkId: network.id }
      : own === undefined
        ? undefined
        : { kind: 'move-to-network', workloadId: target.id, networkId: own.id };
  if (join === undefined) return [];
  return [
    {
      title:
        network === undefined
          ? `put ${target.name} on ${join.networkId}, where ${client.name} is`
          : `attach ${client.name} to ${join.networkId}, where ${target.name} is`,
      applicability: belongTogether(client, target) ? 'safe' : 'suggestion',
      changes: [join, ...port.changes],
      turns: { ...verdict.question, port: port.port },
    },
  ];
}

/** The same line may dial the published port as well: without that corrected too, the network alone would not help. */
function companion(
  context: RuleContext,
  { link, verdict }: Claim,
  target: Workload,
): { readonly port: number; readonly changes: readonly Change[] } {
  const asWritten = { port: verdict.question.port, changes: [] };
  if (!isBlockedBy(verdict, 'host-port-is-not-container-port')) return asWritten;
  const published = (context.lookup.publicationsOf.get(target.namespaceId) ?? []).find(
    (item) => item.hostPort === link.port && item.transport === link.transport,
  );
  const written = published === undefined ? undefined : redial(context, link, { port: published.containerPort });
  return published === undefined || written === undefined ? asWritten : { port: published.containerPort, changes: written.changes };
}
