import type { Publication, Workload } from '../../../network/model.ts';
import { HOST_NAMESPACE } from '../../../network/model.ts';
import type { DraftFinding, FixPlan, Rule, RuleContext } from '../../rule.ts';
import { type Claim, claimedBy } from '../claims.ts';
import { meantBy, ownerOf } from '../places.ts';
import { redial } from '../redial.ts';
import { dialledHere, dials, linkSubject, nameOf, reasonsOf, symptomWords } from '../words.ts';

export const hostModePorts: Rule = {
  id: 'R10',
  name: 'host-mode-ports',
  title: "a container in the host's network publishes ports, or is dialled or dials by container names",
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const claim of claimedBy(context, 'R10')) if (claim.step.reason === 'name-in-host-mode') yield namedLink(context, claim);
    for (const [workloadId, publications] of Map.groupBy(context.model.publications, (item) => item.workloadId)) {
      const workload = context.lookup.workload.get(workloadId);
      if (workload?.namespaceId === HOST_NAMESPACE && workload.declaredBy !== 'engine') yield deadPorts(context, workload, publications);
    }
  },
};

function deadPorts(context: RuleContext, workload: Workload, publications: readonly Publication[]): DraftFinding {
  const mapped = publications.filter((item) => item.hostPort !== undefined && item.hostPort !== item.containerPort);
  const [wrong] = mapped;
  const broken = claimedBy(context, 'R10').filter(
    ({ step }) => step.reason === 'host-mode-discards-ports' && publications.some((item) => step.origins.includes(item.origin)),
  );
  const effect =
    wrong === undefined ? 'the program listens on the host directly' : `it is reached on ${wrong.containerPort}, not on ${wrong.hostPort}`;
  const mode = workload.networkMode;
  return {
    subject: `${workload.name} ports`,
    severity: broken.length > 0 ? 'error' : 'warning',
    message: `${workload.name} uses the host's network, so its published ports are discarded: ${effect}.`,
    evidence: [
      { label: 'published here, without effect', origin: publications[0]?.origin ?? workload.origin },
      ...(mode === undefined ? [] : [{ label: "the host's network", origin: mode.origin }]),
      ...broken.slice(0, 3).map(({ link }) => dialledHere(link, 'port')),
    ],
    reasons: [`a container in the host's network has the host's ports; there is nothing to map`, effect],
    ...(wrong === undefined ? {} : { symptom: symptomWords('refused') }),
    ...(broken[0] === undefined ? {} : { verdict: broken[0].verdict }),
    fixes: [
      {
        title: 'drop the published ports',
        // With equal numbers nothing changes but the warning; else somebody expects the mapped port.
        applicability: wrong === undefined ? 'safe' : 'suggestion',
        changes: [{ kind: 'drop-publications', workloadId: workload.id }],
      },
    ],
  };
}

function namedLink(context: RuleContext, { link, verdict, step, certain }: Claim): DraftFinding {
  const client = context.lookup.workload.get(link.workloadId);
  const target = meantBy(context, link);
  const inHost = client?.namespaceId === HOST_NAMESPACE ? client : target;
  const why =
    client?.namespaceId === HOST_NAMESPACE
      ? `${client.name} uses the host's network, where containers have no names`
      : `${target?.name ?? link.host} uses the host's network, so no network carries its name`;
  return {
    subject: linkSubject(context, link),
    ...(certain ? {} : { severity: 'warning' as const }),
    message: `${dials(context, link)}, but ${why}.`,
    evidence: [
      dialledHere(link),
      ...(inHost?.networkMode === undefined ? [] : [{ label: "the host's network", origin: inHost.networkMode.origin }]),
    ],
    reasons: reasonsOf(verdict),
    symptom: symptomWords(step.symptom ?? verdict.symptom),
    verdict,
    fixes: client === undefined || target === undefined ? [] : nameFixes(context, { link, verdict, step, certain }, client, target),
  };
}

const HOST_NAME = 'host.docker.internal';

function nameFixes(context: RuleContext, { link }: Claim, client: Workload, target: Workload): readonly FixPlan[] {
  const from = { kind: 'workload', workloadId: client.id } as const;
  if (client.namespaceId === HOST_NAMESPACE) {
    const both = target.namespaceId === HOST_NAMESPACE;
    const published = both ? undefined : publishedPort(context, target, link.port);
    const port = both ? link.port : published?.hostPort;
    const written = port === undefined ? undefined : redial(context, link, { host: 'localhost', port });
    if (port === undefined || written === undefined) return [];
    return [
      {
        title: `dial ${nameOf(context, target.id)} on the host: ${written.text}`,
        applicability: written.literal ? 'safe' : 'suggestion',
        changes: written.changes,
        turns: { from, host: 'localhost', port, transport: link.transport },
      },
    ];
  }
  const written = redial(context, link, { host: HOST_NAME });
  const owner = ownerOf(context, client);
  if (written === undefined) return [];
  const known = owner.extraHosts.some(({ name }) => name === HOST_NAME);
  return [
    {
      title: `dial the host by its name: ${written.text}`,
      applicability: 'suggestion',
      changes: [
        ...written.changes,
        ...(known ? [] : [{ kind: 'add-extra-host', workloadId: owner.id, name: HOST_NAME, address: 'host-gateway' } as const]),
      ],
      turns: { from, host: HOST_NAME, port: link.port ?? 0, transport: link.transport },
    },
  ];
}

/** Reached from the host by `localhost`. */
function publishedPort(context: RuleContext, target: Workload, port: number | undefined): Publication | undefined {
  const own = context.lookup.publicationsOf.get(target.namespaceId) ?? [];
  return own.find(
    (item) => item.containerPort === port && item.hostPort !== undefined && [undefined, '0.0.0.0', '127.0.0.1'].includes(item.hostIp),
  );
}
