import { parseAddress } from '../../../core/address.ts';
import type { Link, Workload } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

/** What an HTTP proxy sees of an agent: everything that is HTTP underneath. */
const overHttp = new Set([
  'http',
  'https',
  'grpc',
  'otlp-http',
  'otlp-grpc',
  'loki',
  'prometheus',
  'elasticsearch',
  'influx',
  'consul',
  'zipkin',
  'jaeger',
]);

export const proxyEnv: Rule = {
  id: 'R22',
  name: 'proxy-env',
  title: 'a proxy is set without exceptions for the containers that are dialled',
  severity: 'warning',
  onByDefault: true,
  *check(context: RuleContext): Iterable<DraftFinding> {
    for (const workload of context.model.workloads) {
      const proxy = variable(workload, /^(https?|all)_proxy$/i);
      if (proxy === undefined) continue;
      const excepted = (variable(workload, /^no_proxy$/i)?.value ?? '').split(',').map((entry) => entry.trim());
      const links = (context.lookup.linksOf.get(workload.id) ?? []).filter(
        (link) => isInside(context, link) && !excepted.some((entry) => covers(entry, link.host ?? '')),
      );
      const hosts = [...new Set(links.flatMap((link) => link.host ?? []))];
      if (links[0] === undefined) continue;
      const noProxy = [
        ...excepted.filter((entry) => entry !== ''),
        ...hosts,
        ...(excepted.includes('localhost') ? [] : ['localhost', '127.0.0.1']),
      ].join(',');
      yield {
        subject: workload.name,
        message: `${workload.name} sends what is meant for ${hosts.join(', ')} to the proxy, which does not know ${hosts.length === 1 ? 'that container' : 'those containers'}.`,
        evidence: [
          { label: 'proxy set here', origin: proxy.origin },
          { label: 'dialled here', origin: links[0].origin },
        ],
        symptom: 'the proxy answers 502, 503 or 504, or cannot resolve the name',
        fixes: [
          {
            title: `set NO_PROXY=${noProxy}`,
            applicability: 'safe',
            changes: [{ kind: 'set-environment', workloadId: workload.id, name: 'NO_PROXY', value: noProxy }],
          },
        ],
      };
    }
  },
};

function variable(workload: Workload, name: RegExp) {
  return workload.environment.find((entry) => name.test(entry.name) && entry.value !== undefined && entry.value !== '');
}

function isInside({ model }: RuleContext, link: Link): boolean {
  if (link.evaluator !== 'container' || link.host === undefined || !overHttp.has(link.application) || link.host === 'localhost')
    return false;
  if (parseAddress(link.host) !== undefined) return false;
  return model.endpoints.some((endpoint) => endpoint.names.some(({ name }) => name === link.host));
}

/** `*`, a name, or a domain suffix with or without its dot, as curl and Go read it. */
function covers(entry: string, host: string): boolean {
  const suffix = entry.replace(/^\*?\./, '');
  return entry === '*' || host === suffix || host.endsWith(`.${suffix}`);
}
