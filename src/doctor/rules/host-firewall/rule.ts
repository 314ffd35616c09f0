import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';
import type { Claim } from '../claims.ts';
import { claimedBy } from '../claims.ts';
import { dialledHere, dials, linkSubject, reasonsOf, symptomWords } from '../words.ts';

export const hostFirewall: Rule = {
  id: 'R16',
  name: 'host-firewall',
  title: "the host's firewall does not admit the containers' subnet",
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const claim of claimedBy(context, 'R16')) yield finding(context, claim);
  },
};

function finding(context: RuleContext, { link, verdict, step }: Claim): DraftFinding {
  const subnet = subnetOf(context, link.workloadId);
  return {
    subject: linkSubject(context, link),
    message: `${dials(context, link)}, but ${step.text}.`,
    evidence: [dialledHere(link)],
    reasons: reasonsOf(verdict),
    symptom: symptomWords(verdict.symptom),
    verdict,
    fixes: [
      {
        title: `admit the subnet, for example: ufw allow from ${subnet} to any port ${link.port ?? ''} proto ${link.transport}`,
        applicability: 'manual',
        changes: [],
      },
    ],
  };
}

function subnetOf({ lookup }: RuleContext, workloadId: string): string {
  const workload = lookup.workload.get(workloadId);
  const [endpoint] = lookup.endpointsOf.get(workload?.namespaceId ?? '') ?? [];
  // The engine chooses the subnet of a network that declares none; it knows which.
  const ask = `$(docker network inspect ${endpoint?.networkId ?? 'bridge'} --format '{{(index .IPAM.Config 0).Subnet}}')`;
  return lookup.network.get(endpoint?.networkId ?? '')?.subnets[0]?.cidr ?? ask;
}
