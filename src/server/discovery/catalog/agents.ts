/** Nodes and services of agents, as they report them themselves. Each agent has a node of its own, which nobody else may touch. */
import type { Labels } from '../../../core/labels.ts';
import type { Log } from '../../../observe/log.ts';
import type { ServiceReport } from '../../../protocol/services.ts';
import type { LivenessState } from '../../fleet/agent.ts';
import type { Catalog } from './catalog.ts';
import { readService, type ServiceDefinition } from './definitions.ts';
import type { Check, Node } from './model.ts';
import type { Writes } from './writes.ts';

export interface AgentNode {
  /** The agent's name in the fleet. */
  readonly name: string;
  /** Where the agent is reached from elsewhere: its own report, or what its connection came from. */
  readonly address: string;
  /** The agent's labels: selectable in http_sd and shown as metadata of the node. */
  readonly labels?: Labels;
  /** `http://192.0.2.7:8080/metrics` when the agent serves its own metrics. */
  readonly metricsUrl?: string;
}

const livenessCheckId = 'agentLiveness';

const alive: Readonly<Record<LivenessState, boolean>> = {
  online: true,
  suspect: true,
  // Never heard of since it enrolled: whatever an earlier life of it registered is not known to be there.
  enrolled: false,
  offline: false,
  stopped: false,
  expired: false,
};

export interface AgentParts {
  readonly catalog: Catalog;
  readonly writes: Writes;
  readonly log: Log;
}

export function agentWrites({ catalog, writes, log }: AgentParts) {
  const nodeOf = new Map<string, string>();
  for (const node of catalog.nodes()) if (node.agentUid !== undefined) nodeOf.set(node.agentUid, node.name);

  /** The agent's own name, unless it is somebody else's already. */
  const freeName = (uid: string, name: string): string => {
    const holder = catalog.nodeNamed(name);
    if (holder === undefined || holder.agentUid === uid) return name;
    const other = `${name}-${uid.slice(-8)}`;
    if (nodeOf.get(uid) !== other) log.event('discovery.agent-node-renamed', { uid, name, node: other });
    return other;
  };

  const putServices = (uid: string, node: string, services: readonly ServiceReport[]) => {
    const wanted = new Map<string, ServiceDefinition>();
    for (const reported of services) {
      const service = serviceOf(reported);
      if (typeof service === 'string') log.event('discovery.agent-service-refused', { uid, problem: service });
      else wanted.set(service.id, service);
    }
    for (const { id } of catalog.servicesOf(node)) if (!wanted.has(id)) writes.dropService(node, id, 'the agent has it no longer');
    for (const service of wanted.values()) {
      const outcome = writes.registerService(node, service, { replaceChecks: true });
      if (!outcome.ok) log.event('discovery.agent-service-refused', { uid, problem: outcome.problem });
    }
  };

  /** The name under which the agent's node is in the catalog now. */
  const putNode = (uid: string, wanted: AgentNode): string => {
    const name = freeName(uid, wanted.name);
    const before = nodeOf.get(uid);
    const known = before === undefined ? undefined : catalog.node(before);
    const moving = before !== undefined && before !== name ? catalog.servicesOf(before) : [];
    if (before !== undefined && before !== name) writes.dropNode(before, `the agent is called ${name} now`);
    writes.putNode(nodeFor(uid, { ...wanted, name }, known?.checks ?? [liveness('online')]));
    for (const service of moving) writes.putService(name, service);
    nodeOf.set(uid, name);
    return name;
  };

  return {
    setNode(uid: string, node: AgentNode): void {
      putNode(uid, node);
    },
    setServices(uid: string, node: AgentNode, services: readonly ServiceReport[]): void {
      // Whoever reports services need not know the labels: what setNode said of them stays.
      const known = catalog.node(nodeOf.get(uid) ?? '');
      const kept = known?.metricsUrl === undefined ? {} : { metricsUrl: known.metricsUrl };
      putServices(uid, putNode(uid, { labels: known?.meta ?? {}, ...kept, ...node }), services);
    },
    setLiveness(uid: string, state: LivenessState): void {
      const node = catalog.node(nodeOf.get(uid) ?? '');
      if (node === undefined) return;
      const { status, output } = liveness(state);
      writes.setStatus({ node: node.name, serviceId: '', checkId: livenessCheckId }, status, output);
    },
    remove(uid: string): void {
      writes.dropNode(nodeOf.get(uid) ?? '', 'the agent is no longer part of the fleet');
      nodeOf.delete(uid);
    },
  };
}

const liveness = (state: LivenessState): Check => ({
  id: livenessCheckId,
  name: 'Agent alive',
  notes: 'judged by the heartbeats that the agent sends to this server',
  type: '',
  status: alive[state] ? 'passing' : 'critical',
  output: alive[state] ? '' : `the agent is ${state}`,
});

function nodeFor(uid: string, { name, address, labels, metricsUrl }: AgentNode, checks: readonly Check[]): Node {
  const node: Node = { name, id: uid, address, taggedAddresses: {}, meta: { ...labels }, checks, agentUid: uid };
  return metricsUrl === undefined ? node : { ...node, metricsUrl };
}

/** Read like any registration, so that the same bounds hold; the text says what is wrong. */
function serviceOf({ id, name, address, port, tags, meta, check: { status, output } }: ServiceReport) {
  const check = { CheckID: `service:${id}`, Name: `Service '${name}' check`, Status: status, Output: output };
  const read = readService({ ID: id, Name: name, Address: address, Port: port, Tags: tags, Meta: meta, Check: check });
  return read.ok ? read.value : `${id}: ${read.problem}`;
}
