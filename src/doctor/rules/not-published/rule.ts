import type { Workload } from '../../../network/model.ts';
import { HOST_NAMESPACE } from '../../../network/model.ts';
import type { DraftFinding, FixPlan, Rule, RuleContext } from '../../rule.ts';
import { type Claim, claimedBy } from '../claims.ts';
import { dialName, ownerOf, workloadAt } from '../places.ts';
import { redial } from '../redial.ts';
import { dialledHere, dials, isLoopbackHost, linkSubject, reasonsOf, symptomWords } from '../words.ts';

export const notPublished: Rule = {
  id: 'R07',
  name: 'not-published',
  title: 'a port is dialled through the host, but its container does not publish it',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const claim of claimedBy(context, 'R07')) {
      const target = workloadAt(context, claim.step, claim.verdict.question.port);
      if (target !== undefined) yield finding(context, claim, target);
    }
  },
};

function finding(context: RuleContext, claim: Claim, target: Workload): DraftFinding {
  const { link, verdict, step } = claim;
  const { port } = verdict.question;
  const hostComplete = context.lookup.namespace.get(HOST_NAMESPACE)?.listenersComplete === true;
  const listener = (context.lookup.listenersIn.get(target.namespaceId) ?? []).find((item) => item.port === port);
  return {
    subject: linkSubject(context, link),
    // A process of the host that the input does not show may be meant.
    ...(claim.certain && hostComplete ? {} : { severity: 'warning' as const }),
    message: `${dials(context, link)}, but ${target.name} does not publish its port ${port}, and nothing else on the host is known to listen there.`,
    evidence: [
      dialledHere(link),
      { label: `${target.name} is declared here`, origin: listener?.origin.kind === 'file' ? listener.origin : target.origin },
    ],
    reasons: reasonsOf(verdict),
    symptom: symptomWords(step.symptom ?? verdict.symptom),
    verdict,
    fixes: [...byName(context, claim, target), ...publish(context, claim, target)],
  };
}

/** A neighbour needs no published port. */
function byName(context: RuleContext, { link }: Claim, target: Workload): readonly FixPlan[] {
  const client = context.lookup.workload.get(link.workloadId);
  const host = client === undefined || link.evaluator !== 'container' ? undefined : dialName(context, client, target);
  const written = host === undefined ? undefined : redial(context, link, { host });
  if (client === undefined || host === undefined || written === undefined) return [];
  return [
    {
      title: `dial ${target.name} by its name: ${written.text}`,
      applicability: 'suggestion',
      changes: written.changes,
      turns: { from: { kind: 'workload', workloadId: client.id }, host, port: link.port ?? 0, transport: link.transport },
    },
  ];
}

function publish(context: RuleContext, { link, verdict }: Claim, target: Workload): readonly FixPlan[] {
  const { port, transport } = verdict.question;
  // Who dials loopback is on the host itself: no other machine has to be let in.
  const onHost = link.evaluator !== 'container' || context.lookup.workload.get(link.workloadId)?.namespaceId === HOST_NAMESPACE;
  const local = onHost && link.host !== undefined && isLoopbackHost(link.host);
  const address = local ? '127.0.0.1:' : '';
  return [
    {
      title: `publish the port: ${address}${port}:${port}${transport === 'tcp' ? '' : `/${transport}`}`,
      applicability: local ? 'safe' : 'suggestion',
      changes: [
        {
          kind: 'publish',
          workloadId: ownerOf(context, target).id,
          ...(local ? { hostIp: '127.0.0.1' } : {}),
          hostPort: port,
          containerPort: port,
          transport,
        },
      ],
      turns: verdict.question,
    },
  ];
}
