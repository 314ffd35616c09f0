import type { Network, Workload } from '../../../network/model.ts';
import { DEFAULT_BRIDGE } from '../../../network/model.ts';
import type { DraftFinding, FixPlan, Rule, RuleContext } from '../../rule.ts';
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

function fixes(context: RuleContext, { link, verdict }: Claim, workload: Workload | undefined): readonly FixPlan[] {
  const target = meantBy(context, link);
  if (workload === undefined || target === undefined) return [];
  const client = ownerOf(context, workload);
  const server = ownerOf(context, target);
  const joined = namedNetworks(context, server)[0];
  const applicability = belongTogether(client, server) ? 'safe' : 'suggestion';
  if (joined !== undefined) {
    // A network that a script makes further down is joined there; the default bridge may stay.
    const kind = existsFor(joined, [client]) ? 'move-to-network' : 'attach-network';
    const title = `put ${client.name} on the network ${joined.id}, where ${server.name} is known by its name`;
    return [{ title, applicability, changes: [{ kind, workloadId: client.id, networkId: joined.id }], turns: verdict.question }];
  }
  const networkId = commonNetwork(context, client, server);
  const changes = [client, server].map((one) => ({ kind: 'move-to-network', workloadId: one.id, networkId }) as const);
  return [
    {
      title: `put ${client.name} and ${server.name} on the network ${networkId}, which has names`,
      applicability,
      changes,
      turns: verdict.question,
    },
  ];
}

/** The project's own network for a Compose service; for scripts one that the script has made by then, or a new one. */
function commonNetwork(context: RuleContext, client: Workload, server: Workload): string {
  if (client.project !== undefined) return `${client.project}_default`;
  const made = context.model.networks.find(
    (network) =>
      network.id !== DEFAULT_BRIDGE &&
      !network.external &&
      network.driver === 'bridge' &&
      network.internal === undefined &&
      isBesides(network, client) &&
      existsFor(network, [client, server]),
  );
  return made?.id ?? unusedName(context, `${server.name}-net`);
}

/** Made in the same text, or seen on the engine. Another text's network may be there or not when this one is run. */
function isBesides({ origin }: Network, client: Workload): boolean {
  return origin.kind === 'observed' || (origin.kind === 'file' && client.origin.kind === 'file' && origin.file === client.origin.file);
}

/** A script runs in order: a network is there for the commands below the one that makes it. */
function existsFor({ origin }: Network, workloads: readonly Workload[]): boolean {
  return workloads.every(
    (workload) =>
      origin.kind !== 'file' ||
      workload.declaredBy !== 'docker-run' ||
      workload.origin.kind !== 'file' ||
      workload.origin.file !== origin.file ||
      origin.span.start < workload.origin.span.start,
  );
}

function unusedName(context: RuleContext, name: string): string {
  let unused = name;
  for (let count = 2; context.lookup.network.has(unused); count += 1) unused = `${name}-${count}`;
  return unused;
}
