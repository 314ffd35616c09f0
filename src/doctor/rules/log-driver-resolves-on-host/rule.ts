import type { Link, Publication } from '../../../network/model.ts';
import type { Change, DraftFinding, Rule, RuleContext } from '../../rule.ts';
import { type Claim, claimedBy } from '../claims.ts';

export const logDriverResolvesOnHost: Rule = {
  id: 'R21',
  name: 'log-driver-resolves-on-host',
  title: 'a logging driver is given a name that only containers can resolve',
  severity: 'error',
  onByDefault: true,
  *check(context: RuleContext): Iterable<DraftFinding> {
    for (const claim of claimedBy(context, 'R21')) yield* judge(context, claim);
  },
};

function* judge(context: RuleContext, { link, verdict }: Claim): Iterable<DraftFinding> {
  const name = context.lookup.workload.get(link.workloadId)?.name ?? link.workloadId;
  const target = context.model.workloads.find((workload) => workload.name === link.host || workload.containerName === link.host);
  const published = (context.lookup.publicationsOf.get(target?.namespaceId ?? '') ?? []).find(
    (publication) =>
      publication.containerPort === link.port && publication.transport === link.transport && publication.hostPort !== undefined,
  );
  yield {
    subject: name,
    message: `the logging driver of ${name} runs in the engine on the host, where "${link.host}" does not resolve.`,
    evidence: [
      { label: 'dialled by the engine', origin: link.hostOrigin ?? link.origin },
      ...(target === undefined ? [] : [{ label: 'the container that is meant', origin: target.origin }]),
    ],
    reasons: verdict.steps.map((step) => step.text),
    symptom: 'the container does not start: failed to initialize logging driver',
    verdict,
    fixes:
      published === undefined
        ? [
            {
              title: `publish port ${link.port} of ${link.host} on 127.0.0.1 and give the driver that address`,
              applicability: 'manual',
              changes: [],
            },
          ]
        : [throughPublished(link, published)],
  };
}

function throughPublished(link: Link, published: Publication) {
  const { hostOrigin, portOrigin } = link;
  const changes: Change[] = [];
  const hostIp = published.hostIp === undefined || published.hostIp === '0.0.0.0' ? '127.0.0.1' : published.hostIp;
  if (hostOrigin?.kind === 'file') changes.push({ kind: 'replace', origin: hostOrigin, text: hostIp });
  if (portOrigin?.kind === 'file' && published.hostPort !== link.port)
    changes.push({ kind: 'replace', origin: portOrigin, text: String(published.hostPort) });
  return {
    title: `give the driver the published port: ${hostIp}:${published.hostPort}`,
    applicability: 'safe' as const,
    changes,
    turns: { from: { kind: 'host' as const }, host: hostIp, port: published.hostPort ?? 0, transport: link.transport },
  };
}
