/**
 * Prometheus' HTTP service discovery (prometheus: docs/http_sd.md): the whole list every time, 200 and application/json, `[]` when
 * there is none. On any error Prometheus keeps the targets that it has.
 *
 * `?service=` (any of several), `?tag=` (all of several), `?selector=` (labels of agents and metadata of services), `?health=`
 * (`healthy` by default, `passing`, `any`). The agents' own metrics are the service `fairlead-agent`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Labels, matches, parseSelector, type Selector } from '../../core/labels.ts';
import type { Log } from '../../observe/log.ts';
import { type Handler, type Refused, refuse } from '../http/exchange.ts';
import { type Authorise, inFlight, remoteOf, tokenOf } from './access.ts';
import { addressOf, healthOf, type Instance, instanceHealth, type Node, type Texts } from './catalog/model.ts';
import type { DiscoveryRegistry } from './registry.ts';

export interface HttpSdParts {
  readonly registry: DiscoveryRegistry;
  readonly authorise: Authorise;
  readonly log: Log;
  readonly maxPerClient?: number;
}

export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Labels;
}

export const agentServiceName = 'fairlead-agent';

const healths = ['healthy', 'passing', 'any'] as const;
const argumentNames = ['service', 'tag', 'selector', 'health', 'token'];

export interface Wanted {
  readonly services: readonly string[];
  readonly tags: readonly string[];
  readonly selector: Selector;
  readonly health: (typeof healths)[number];
}

export function readWanted(args: URLSearchParams): Wanted | { readonly problem: string; readonly hint: string } {
  const unknown = [...args.keys()].find((name) => !argumentNames.includes(name));
  if (unknown !== undefined) return { problem: `"${unknown}" is no argument`, hint: `there are ${argumentNames.slice(0, -1).join(', ')}` };
  const health = healths.find((one) => one === (args.get('health') ?? 'healthy'));
  if (health === undefined) return { problem: `"${args.get('health')}" is no health`, hint: `there are ${healths.join(', ')}` };
  const parsed = parseSelector(args.get('selector') ?? '');
  if (!parsed.ok) return { problem: `selector: ${parsed.problem}`, hint: 'for example selector=env=prod,tier!=test' };
  return { services: args.getAll('service'), tags: args.getAll('tag'), selector: parsed.selector, health };
}

/** Groups with the same labels are one group; in the order of the catalog, so that the answer only changes with its content. */
export function targetGroups(
  { catalog, datacenter }: Pick<DiscoveryRegistry, 'catalog' | 'datacenter'>,
  wanted: Wanted,
): readonly TargetGroup[] {
  const names = wanted.services.length === 0 ? catalog.serviceNames() : new Set(wanted.services);
  const groups = new Map<string, { targets: string[]; labels: Labels }>();
  const add = (target: string, labels: Labels) => {
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? { targets: [], labels };
    groups.set(key, group);
    if (!group.targets.includes(target)) group.targets.push(target);
  };
  for (const name of names)
    for (const instance of catalog.instances(name))
      if (isWanted(instance, wanted)) add(`${bracketed(addressOf(instance))}:${instance.service.port}`, labelsOf(instance, datacenter));
  if ((wanted.services.length === 0 || wanted.services.includes(agentServiceName)) && wanted.tags.length === 0)
    for (const node of catalog.nodes()) {
      const url = urlOf(node);
      if (url !== undefined && isHealthWanted(healthOf(node.checks), wanted) && matches(wanted.selector, node.meta))
        add(url.host.includes(':') ? url.host : `${url.host}:${url.protocol === 'https:' ? 443 : 80}`, agentLabels(node, url, datacenter));
    }
  return [...groups.values()];
}

const isHealthWanted = (health: string, { health: wanted }: Wanted): boolean =>
  wanted === 'any' || health === 'passing' || (wanted === 'healthy' && health === 'warning');

function isWanted(instance: Instance, wanted: Wanted): boolean {
  const { node, service } = instance;
  // Nobody can scrape port 0: a registration without a port is a name, not a target.
  if (service.port === 0 || !wanted.tags.every((tag) => service.tags.includes(tag))) return false;
  return isHealthWanted(instanceHealth(instance), wanted) && matches(wanted.selector, { ...node.meta, ...service.meta });
}

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

function labelsOf(instance: Instance, datacenter: string): Labels {
  const { node, service } = instance;
  return {
    __meta_fairlead_service: service.name,
    __meta_fairlead_service_id: service.id,
    __meta_fairlead_service_address: addressOf(instance),
    __meta_fairlead_service_port: String(service.port),
    // With commas around, so that a pattern for one tag needs no special case at the ends: ".*,web,.*".
    __meta_fairlead_tags: service.tags.length === 0 ? '' : `,${service.tags.join(',')},`,
    __meta_fairlead_health: instanceHealth(instance),
    ...metaLabels('service_meta', service.meta),
    ...nodeLabels(node, datacenter),
  };
}

function agentLabels(node: Node, url: URL, datacenter: string): Labels {
  return {
    __scheme__: url.protocol.replace(':', ''),
    __metrics_path__: url.pathname,
    __meta_fairlead_service: agentServiceName,
    __meta_fairlead_health: healthOf(node.checks),
    ...nodeLabels(node, datacenter),
  };
}

const nodeLabels = (node: Node, datacenter: string): Labels => ({
  __meta_fairlead_node: node.name,
  __meta_fairlead_node_address: node.address,
  __meta_fairlead_datacenter: datacenter,
  ...(node.agentUid === undefined ? {} : { __meta_fairlead_agent_uid: node.agentUid }),
  ...metaLabels('label', node.meta),
});

/** Label names take letters, digits and underscores only; two keys that become the same name: the later one wins, as in Prometheus. */
const metaLabels = (kind: string, meta: Texts): Labels =>
  Object.fromEntries(
    Object.entries(meta).map(([key, value]) => [`__meta_fairlead_${kind}_${key.replaceAll(/[^A-Za-z0-9_]/g, '_')}`, value]),
  );

/** What an agent reported is not to be trusted with more than an address to scrape: no user names, only HTTP. */
function urlOf({ metricsUrl }: Node): URL | undefined {
  if (metricsUrl === undefined || !URL.canParse(metricsUrl)) return undefined;
  const url = new URL(metricsUrl);
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' ? url : undefined;
}

export function createHttpSdHandler({ registry, authorise, log, maxPerClient = 50 }: HttpSdParts): Handler {
  const active = inFlight(maxPerClient, 1_000);
  const handle = async (request: IncomingMessage, response: ServerResponse, args: URLSearchParams): Promise<number> => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refused(response, { status: 405, code: 'method-not-allowed', message: `${request.method} is not for this address; use GET` });
    if ((await authorise(tokenOf(request, args.get('token') ?? undefined))) === undefined)
      return refused(response, {
        status: 403,
        code: 'forbidden',
        message: 'a token of role reader is needed',
        hint: 'set authorization.credentials',
      });
    const wanted = readWanted(args);
    if ('problem' in wanted) return refused(response, { status: 400, code: 'bad-argument', message: wanted.problem, hint: wanted.hint });
    const body = JSON.stringify(targetGroups(registry, wanted));
    // Prometheus takes exactly these two spellings of the type.
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? undefined : body);
    return 200;
  };
  return async (request, response) => {
    const remote = remoteOf(request);
    const count = (status: number) => registry.metrics.requests.inc({ api: 'http_sd', status: `${Math.floor(status / 100)}xx` });
    if (!active.enter(remote))
      return void count(
        refused(response, { status: 429, code: 'too-many-requests', message: 'too many requests at once', retryAfterMs: 1_000 }),
      );
    response.once('close', () => active.leave(remote));
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    try {
      count(await handle(request, response, new URLSearchParams(query)));
    } catch (cause) {
      log.event('discovery.failed', { method: request.method, path }, cause);
      count(refused(response, { status: 500, code: 'internal', message: 'the targets could not be listed' }));
    }
  };
}

function refused(response: ServerResponse, what: Refused): number {
  refuse(response, what);
  return what.status;
}
