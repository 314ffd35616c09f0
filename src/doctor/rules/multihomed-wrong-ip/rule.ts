import type { Workload } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

export const multihomedWrongIp: Rule = {
  id: 'R20',
  name: 'multihomed-wrong-ip',
  title: 'a proxy may pick the address of its target on a network that it is not on',
  severity: 'warning',
  onByDefault: true,
  *check(context: RuleContext): Iterable<DraftFinding> {
    const proxies = context.model.workloads.filter((workload) => /(^|\/)traefik(:|@|$)/.test(workload.image?.value ?? ''));
    for (const proxy of proxies) for (const target of context.model.workloads) yield* judge(context, proxy, target);
  },
};

/** Traefik takes the first network of the target unless a label names one (traefik#6597 and others). */
function* judge({ lookup }: RuleContext, proxy: Workload, target: Workload): Iterable<DraftFinding> {
  const enabled = target.labels.find(({ name, value }) => name === 'traefik.enable' && value === 'true');
  const chosen = [...target.labels, ...proxy.labels].some(
    ({ name }) => name === 'traefik.docker.network' || name === 'traefik.swarm.network',
  );
  const global = [...proxy.environment.map(({ name }) => name), ...(proxy.command?.values.map(({ value }) => value) ?? [])];
  if (enabled === undefined || chosen || target.id === proxy.id) return;
  if (global.some((text) => /providers[._]docker[._]network/i.test(text))) return;
  const own = new Set((lookup.endpointsOf.get(proxy.namespaceId) ?? []).map((endpoint) => endpoint.networkId));
  const theirs = lookup.endpointsOf.get(target.namespaceId) ?? [];
  const shared = theirs.filter((endpoint) => own.has(endpoint.networkId));
  const apart = theirs.filter((endpoint) => !own.has(endpoint.networkId));
  const [first] = shared;
  if (first === undefined || apart[0] === undefined) return;
  yield {
    subject: target.name,
    message: `${target.name} is on ${theirs.length} networks and ${proxy.name} only on ${shared.map((endpoint) => endpoint.networkId).join(', ')} of them, but no label says whose address to use.`,
    evidence: [
      { label: 'offered to the proxy here', origin: enabled.origin },
      { label: 'a network that the proxy is not on', origin: apart[0].origin },
    ],
    symptom: 'gateway timeout, on some starts only',
    fixes: [{ title: `add the label traefik.docker.network=${first.networkId} to ${target.name}`, applicability: 'manual', changes: [] }],
  };
}
