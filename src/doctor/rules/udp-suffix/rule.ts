import type { Publication } from '../../../network/model.ts';
import type { DraftFinding, FixPlan, Rule, RuleContext } from '../../rule.ts';

/** Ports on which only UDP is spoken (IANA service names; statsd by convention). */
const udpOnly: ReadonlyMap<number, string> = new Map([
  [8125, 'StatsD'],
  [161, 'SNMP'],
  [162, 'SNMP traps'],
  [2055, 'NetFlow'],
  [4739, 'IPFIX'],
  [4789, 'VXLAN'],
  [6343, 'sFlow'],
  [123, 'NTP'],
  [69, 'TFTP'],
]);

export const udpSuffix: Rule = {
  id: 'R30',
  name: 'udp-suffix',
  title: 'a UDP service is published without /udp',
  severity: 'error',
  onByDefault: true,
  *check(context: RuleContext): Iterable<DraftFinding> {
    for (const publication of context.model.publications) yield* judge(context, publication);
  },
};

function* judge({ lookup }: RuleContext, publication: Publication): Iterable<DraftFinding> {
  if (publication.transport !== 'tcp') return;
  const samePort = (lookup.publicationsOf.get(publication.namespaceId) ?? []).filter(
    (other) => other.containerPort === publication.containerPort,
  );
  if (samePort.some((other) => other.transport === 'udp')) return;
  const listeners = (lookup.listenersIn.get(publication.namespaceId) ?? []).filter(
    (listener) => listener.port === publication.containerPort,
  );
  const udp = listeners.find((listener) => listener.transport === 'udp');
  // A TCP listener that is merely assumed from this very publication proves nothing.
  const tcp = listeners.find(
    (listener) => listener.transport === 'tcp' && !(listener.knowledge === 'assumed' && listener.origin.kind === 'file'),
  );
  const service = udpOnly.get(publication.containerPort);
  if (tcp !== undefined || (udp === undefined && service === undefined)) return;
  const name = lookup.workload.get(publication.workloadId)?.name ?? publication.workloadId;
  const what = service ?? 'what listens there';
  yield {
    subject: name,
    severity: udp === undefined ? 'warning' : 'error',
    message: `${name} publishes port ${publication.containerPort} for TCP only, but ${what} is UDP.`,
    evidence: [
      { label: 'published without /udp', origin: publication.origin },
      ...(udp === undefined ? [] : [{ label: 'listens here', origin: udp.origin }]),
    ],
    symptom: 'no error at all: datagrams are lost',
    fixes: fixes(publication),
  };
}

function fixes(publication: Publication): readonly FixPlan[] {
  const { workloadId, hostIp, hostPort, containerPort } = publication;
  if (hostPort === undefined) return [];
  return [
    {
      title: `publish ${hostPort}:${containerPort}/udp`,
      applicability: 'safe',
      changes: [{ kind: 'publish', workloadId, ...(hostIp === undefined ? {} : { hostIp }), hostPort, containerPort, transport: 'udp' }],
    },
  ];
}
