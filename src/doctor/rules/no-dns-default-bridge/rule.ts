import type { Workload } from '../../../network/model.ts';
import { DEFAULT_BRIDGE } from '../../../network/model.ts';
import type { Change, DraftFinding, FixPlan, Rule, RuleContext } from '../../rule.ts';
import { type Claim, claimedBy } from '../claims.ts';
import { belongTogether, meantBy, namedNetworks, ownerOf } from '../places.ts';
import { dialledHere, dials, linkSubject, reasonsOf, symptomWords } from '../words.ts';

export const noDnsDefaultBridge: Rule = {
  id: 'R04',
  name: 'no-dns-default-bridge',
  title: 'a container on the default bridge dials another one by its name',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const claim of claimedBy(context, 'R04')) yield finding(context, claim);
  },
};

function finding(context: RuleContext, claim: Claim): DraftFinding {
  const { link, verdict, step, certain } = claim;
  const workload = context.lookup.workload.get(link.workloadId);
  const place = workload?.networkMode?.origin ?? workload?.origin;
  return {
    subject: linkSubject(context, link),
    ...(certain ? {} : { severity: 'warning' as const }),
    message: `${dials(context, link)} by name, but ${workload?.name ?? link.workloadId} is on the default bridge, where containers have no names.`,
    evidence: [dialledHere(link), ...(place === undefined ? [] : [{ label: 'on the default bridge', origin: place }])],
    reasons: reasonsOf(verdict),
    symptom: symptomWords(step.symptom ?? verdict.symptom),
    verdict,
    fixes: fixes(context, claim, workload),
  };
}

/** Used where the input has no network of its own that could be shared. */
const NEW_NETWORK = 'agent_network';

function fixes(context: RuleContext, { link, verdict }: Claim, workload: Workload | undefined): readonly FixPlan[] {
  const target = meantBy(context, link);
  if (workload === undefined || target === undefined) return [];
  const client = ownerOf(context, workload);
  const server = ownerOf(context, target);
  const joined = namedNetworks(context, server)[0]?.id;
  const networkId = joined ?? commonNetwork(context, client);
  const changes: Change[] = [client, ...(joined === undefined ? [server] : [])].map((one) => ({
    kind: 'move-to-network',
    workloadId: one.id,
    networkId,
  }));
  const who = joined === undefined ? `${client.name} and ${server.name}` : client.name;
  return [
    {
      title: `put ${who} on the network ${networkId}, which has names`,
      applicability: belongTogether(client, server) ? 'safe' : 'suggestion',
      changes,
      turns: verdict.question,
    },
  ];
}

/** The project's own network for a Compose service; for scripts one that the script makes, or a new one. */
function commonNetwork(context: RuleContext, client: Workload): string {
  if (client.project !== undefined) return `${client.project}_default`;
  const made = context.model.networks.find(
    (network) => network.id !== DEFAULT_BRIDGE && !network.external && network.driver === 'bridge' && network.internal === undefined,
  );
  return made?.id ?? NEW_NETWORK;
}
