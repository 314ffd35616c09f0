import type { Publication } from '../../../network/model.ts';
import type { DraftFinding, FixPlan, Rule, RuleContext } from '../../rule.ts';
import { type Claim, claimedBy } from '../claims.ts';
import { publicationAt } from '../places.ts';
import { redial } from '../redial.ts';
import { dialledHere, dials, linkSubject, nameOf, reasonsOf, symptomWords } from '../words.ts';

export const hostPortBetweenContainers: Rule = {
  id: 'R06',
  name: 'host-port-between-containers',
  title: 'a container dials the port that the host publishes, or the host dials the port inside the container',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const claim of claimedBy(context, 'R06')) {
      const published = publicationAt(context, claim.step);
      if (published !== undefined) yield finding(context, claim, published);
    }
  },
};

function finding(context: RuleContext, claim: Claim, published: Publication): DraftFinding {
  const { link, verdict, step, certain } = claim;
  const name = nameOf(context, published.workloadId);
  // The obstacle is at the listener when the packet came to the container, and at the host's ports when it came to the host.
  const inside = step.stage === 'listener';
  const port = inside ? published.containerPort : published.hostPort;
  const why = inside
    ? `${link.port} is its port on the host; inside the network ${name} listens on ${published.containerPort}`
    : `${name}'s port ${link.port} is published ${published.hostPort === undefined ? 'on a port that the engine picks at start' : `as ${published.hostPort}`}`;
  return {
    subject: linkSubject(context, link),
    // That the host itself has nothing on the port is taken for granted, not known.
    ...(certain && inside ? {} : { severity: 'warning' as const }),
    message: `${dials(context, link)}, but ${why}.`,
    evidence: [
      dialledHere(link, 'port'),
      { label: inside ? 'the port on the host' : 'published here', origin: published.hostPortOrigin ?? published.origin },
    ],
    reasons: reasonsOf(verdict),
    symptom: symptomWords(verdict.symptom),
    verdict,
    fixes: port === undefined ? [] : fixes(context, claim, port),
  };
}

function fixes(context: RuleContext, { link, verdict, certain, step }: Claim, port: number): readonly FixPlan[] {
  const written = redial(context, link, { port });
  if (written === undefined) return [];
  return [
    {
      title: `dial port ${port}: ${written.text}`,
      applicability: written.literal && certain && step.stage === 'listener' ? 'safe' : 'suggestion',
      changes: written.changes,
      turns: { ...verdict.question, port },
    },
  ];
}
