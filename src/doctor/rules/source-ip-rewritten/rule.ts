import type { EnvironmentVariable, Workload } from '../../../network/model.ts';
import { HOST_NAMESPACE } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

/** Settings that list who may connect, by the image that reads them. */
const allowLists: readonly { readonly image: RegExp; readonly variables: readonly string[]; readonly port: number }[] = [
  { image: /zabbix[^:]*agent/, variables: ['ZBX_SERVER_HOST', 'ZBX_PASSIVESERVERS'], port: 10050 },
];

export const sourceIpRewritten: Rule = {
  id: 'R18',
  name: 'source-ip-rewritten',
  title: 'an allow-list names a client whose address the engine rewrites on the way',
  severity: 'warning',
  onByDefault: true,
  *check(context: RuleContext): Iterable<DraftFinding> {
    for (const workload of context.model.workloads) {
      const list = allowLists.find(({ image }) => image.test(workload.image?.value ?? ''));
      const variable = workload.environment.find(({ name, value }) => value !== undefined && list?.variables.includes(name));
      if (list !== undefined && variable !== undefined) yield* judge(context, workload, variable, list.port);
    }
  },
};

/** A client on the same host that shares no network comes through the published port, and with the gateway's address. */
function* judge(context: RuleContext, workload: Workload, variable: EnvironmentVariable, port: number): Iterable<DraftFinding> {
  const { lookup, model } = context;
  if (workload.namespaceId === HOST_NAMESPACE) return;
  const published = (lookup.publicationsOf.get(workload.namespaceId) ?? []).find((publication) => publication.containerPort === port);
  if (published === undefined) return;
  const own = new Set((lookup.endpointsOf.get(workload.namespaceId) ?? []).map((endpoint) => endpoint.networkId));
  for (const name of (variable.value ?? '').split(/[,;\s]+/)) {
    const client = model.workloads.find(
      (candidate) => candidate.id !== workload.id && (candidate.name === name || candidate.containerName === name),
    );
    if (client === undefined || client.namespaceId === HOST_NAMESPACE) continue;
    const theirs = lookup.endpointsOf.get(client.namespaceId) ?? [];
    if (theirs.length === 0 || theirs.some((endpoint) => own.has(endpoint.networkId))) continue;
    yield {
      subject: workload.name,
      message: `${workload.name} admits "${name}" only, but ${client.name} shares no network with it and comes through the published port with the address of the gateway.`,
      evidence: [
        { label: 'allow-list', origin: variable.origin },
        { label: 'the way in', origin: published.origin },
        { label: 'the client', origin: client.origin },
      ],
      symptom: 'the connection is accepted and closed at once',
      fixes: theirs.slice(0, 1).map((endpoint) => ({
        title: `attach ${workload.name} to ${endpoint.networkId}, where ${client.name} keeps its address`,
        applicability: 'suggestion' as const,
        changes: [{ kind: 'attach-network' as const, workloadId: workload.id, networkId: endpoint.networkId }],
      })),
    };
  }
}
