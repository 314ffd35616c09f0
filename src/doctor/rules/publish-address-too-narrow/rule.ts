import { type Origin, subOrigin } from '../../../core/origin.ts';
import type { Publication } from '../../../network/model.ts';
import type { Change, DraftFinding, FixPlan, Rule, RuleContext } from '../../rule.ts';
import { type Claim, claimedBy } from '../claims.ts';
import { dialName } from '../places.ts';
import { redial } from '../redial.ts';
import { dialledHere, dials, inContainer, linkSubject, nameOf, reasonsOf, symptomWords } from '../words.ts';

export const publishAddressTooNarrow: Rule = {
  id: 'R08',
  name: 'publish-address-too-narrow',
  title: 'a port is published on an address of the host that its client does not come to',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const claim of claimedBy(context, 'R08')) {
      const published = context.model.publications.find((item) => claim.step.origins.includes(item.origin));
      if (published !== undefined) yield finding(context, claim, published);
    }
  },
};

function finding(context: RuleContext, claim: Claim, published: Publication): DraftFinding {
  const { link, verdict, step, certain } = claim;
  const name = nameOf(context, published.workloadId);
  const address = published.hostIp ?? 'one address of the host';
  return {
    subject: linkSubject(context, link),
    ...(certain ? {} : { severity: 'warning' as const }),
    message: `${dials(context, link)}, but ${name} publishes ${published.hostPort ?? link.port} on ${address} only, ${where(context, claim)}.`,
    evidence: [
      { label: `published on ${address} only`, origin: published.origin },
      { ...dialledHere(link), label: 'dialled here' },
    ],
    reasons: reasonsOf(verdict),
    symptom: symptomWords(step.symptom ?? verdict.symptom),
    verdict,
    fixes: [...byName(context, claim, published), ...onAllAddresses(claim, published)],
  };
}

function where(context: RuleContext, { link, certain }: Claim): string {
  const client = context.lookup.workload.get(link.workloadId);
  const fromContainer = link.evaluator === 'container' && client !== undefined && inContainer(context, client);
  const address = fromContainer ? 'which is not where a container reaches the host' : 'which is not the address that it comes to';
  return certain ? address : `${address} on Linux`;
}

/** A neighbour on a common network needs no published port. */
function byName(context: RuleContext, { link }: Claim, published: Publication): readonly FixPlan[] {
  const client = context.lookup.workload.get(link.workloadId);
  const target = context.lookup.workload.get(published.workloadId);
  const host =
    client === undefined || target === undefined || link.evaluator !== 'container' ? undefined : dialName(context, client, target);
  const written = host === undefined ? undefined : redial(context, link, { host, port: published.containerPort });
  if (client === undefined || host === undefined || written === undefined) return [];
  return [
    {
      title: `dial ${target?.name ?? host} by its name: ${written.text}`,
      applicability: 'suggestion',
      changes: written.changes,
      turns: { from: { kind: 'workload', workloadId: client.id }, host, port: published.containerPort, transport: link.transport },
    },
  ];
}

/** A choice: other machines get in as well. */
function onAllAddresses({ verdict }: Claim, published: Publication): readonly FixPlan[] {
  const change = widen(published);
  if (change === undefined) return [];
  return [
    {
      title: `publish ${published.hostPort ?? verdict.question.port} on all addresses of the host`,
      applicability: 'suggestion',
      changes: [change],
      turns: verdict.question,
    },
  ];
}

/** In the short form the address is a part of the text, in Compose's long form it has a key of its own. */
function widen(published: Publication): Change | undefined {
  const { origin, workloadId, hostIp } = published;
  const place = addressPlace(published);
  if (place?.kind === 'file' && place.exact) return { kind: 'replace', origin: place, text: ANY };
  return hostIp === undefined || origin.kind !== 'file' || origin.exact
    ? undefined
    : { kind: 'set-publish-address', workloadId, origin, hostIp: ANY };
}

const ANY = '0.0.0.0';

/** The host's address stands at the start of the short form: `127.0.0.1:9090:9090`, `[::1]:9090:9090`. */
function addressPlace(published: Publication): Origin | undefined {
  const { hostIp, origin, hostPortOrigin } = published;
  if (hostIp === undefined || origin.kind !== 'file' || !origin.exact || hostPortOrigin?.kind !== 'file') return undefined;
  const length = hostPortOrigin.span.start - origin.span.start - 1;
  const written = hostIp.includes(':') ? `[${hostIp}]` : hostIp;
  return length === written.length ? subOrigin(origin, 0, length) : undefined;
}
