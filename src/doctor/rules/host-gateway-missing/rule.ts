import type { Verdict } from '../../../network/answer.ts';
import type { Link } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';
import { ownerOf } from '../places.ts';
import { dialledHere, dials, linkSubject, symptomWords } from '../words.ts';

export const hostGatewayMissing: Rule = {
  id: 'R03',
  name: 'host-gateway-missing',
  title: 'a container dials host.docker.internal, which does not resolve on Linux without an extra host entry',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    const broken = context.links.flatMap(({ link, verdict }) => (verdict !== undefined && isMissing(verdict) ? [{ link, verdict }] : []));
    // One entry in /etc/hosts mends all links of a container to the name, so they are one finding.
    for (const group of Map.groupBy(broken, ({ link }) => `${link.workloadId} ${link.host?.toLowerCase()}`).values())
      yield finding(context, group);
  },
};

interface Broken {
  readonly link: Link;
  readonly verdict: Verdict;
}

/** In some world that fits what is known; in all of them when the platform is known to be Linux. */
function isMissing(verdict: Verdict): boolean {
  return verdict.worlds.some((world) => world.steps.some((step) => step.reason === 'host-gateway-missing'));
}

function finding(context: RuleContext, group: readonly Broken[]): DraftFinding {
  const [first] = group;
  if (first === undefined) throw new RangeError('a group has a member');
  const { link, verdict } = first;
  const workload = context.lookup.workload.get(link.workloadId);
  const onLinux = verdict.worlds.find((world) => world.steps.some((step) => step.reason === 'host-gateway-missing'));
  const others = group.length > 1 ? ` (and ${group.length - 1} more of its settings do)` : '';
  const host = link.host ?? '';
  return {
    subject: linkSubject(context, link),
    ...(verdict.kind === 'unreachable' ? {} : { severity: 'warning' as const }),
    message: `${dials(context, link)}${others}, but on Linux ${host} resolves only with an extra host entry, and the container has none.`,
    evidence: [dialledHere(link), ...group.slice(1, 6).map((one) => dialledHere(one.link))],
    reasons: (onLinux?.steps ?? verdict.steps).map((step) => step.text),
    symptom: symptomWords('nxdomain'),
    verdict,
    fixes:
      workload === undefined
        ? []
        : [
            {
              title: `add the host entry ${host}:host-gateway`,
              applicability: 'safe',
              changes: [{ kind: 'add-extra-host', workloadId: ownerOf(context, workload).id, name: host, address: 'host-gateway' }],
              turns: verdict.question,
            },
          ],
  };
}
