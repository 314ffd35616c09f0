import type { Attachment, Question, Topology, TopologyContainer, TopologyNetwork } from '../topology.ts';

/**
 * The smallest topology, reached by leaving things out, for which `stillFails` holds. Costs one call per thing left out, and each call
 * may be a real engine at work: `limit` bounds them. Many things at once are tried first; then one after the other, until a whole
 * round leaves nothing out.
 */
export async function shrink(
  topology: Topology,
  keep: Question,
  stillFails: (smaller: Topology) => Promise<boolean>,
  limit = 40,
): Promise<Topology> {
  let best = topology;
  let calls = 0;
  const attempt = async (candidate: Topology): Promise<boolean> => {
    if (calls >= limit) return false;
    calls++;
    if (!(await stillFails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (const coarse of [withoutBystanders, withoutExtras]) await attempt(coarse(best, keep));
  for (let progress = true; progress && calls < limit; ) {
    progress = false;
    for (let index = 0; ; ) {
      const candidate = reductions(best, keep)[index];
      if (candidate === undefined || calls >= limit) break;
      if (await attempt(candidate))
        progress = true; // what was at this index has gone, and the next thing is in its place
      else index++;
    }
  }
  return best;
}

/** Only the containers that the question names, by themselves, by an address, a name or a published port, and those that they join. */
function withoutBystanders(topology: Topology, { from, to, port }: Question): Topology {
  const concerned = new Set(
    topology.containers
      .filter((one) => {
        const asks = 'container' in from && from.container === one.name;
        const isNamed = to.kind === 'container' ? to.container === one.name : to.kind === 'literal' && namesOf(one).includes(to.host);
        return asks || isNamed || one.publish?.some((each) => each.hostPort === port) || one.listeners.some((each) => each.port === port);
      })
      .flatMap((one) => [one.name, one.mode.kind === 'container' ? one.mode.of : one.name]),
  );
  return { ...topology, containers: topology.containers.filter((one) => concerned.has(one.name)) };
}

function namesOf({ name, mode }: TopologyContainer): readonly string[] {
  return [name, ...(mode.kind === 'networks' ? mode.attachments.flatMap((one) => one.aliases ?? []) : [])];
}

/** No ports but the one that is asked for, and what its publication leads to. */
function withoutExtras(topology: Topology, { port }: Question): Topology {
  const leadsTo = new Set([
    port,
    ...topology.containers
      .flatMap((one) => one.publish ?? [])
      .filter((one) => one.hostPort === port)
      .map((one) => one.containerPort),
  ]);
  return {
    ...topology,
    containers: topology.containers.map(({ publish, ...rest }) => {
      const kept = publish?.filter((one) => one.hostPort === port) ?? [];
      return { ...rest, listeners: rest.listeners.filter((one) => leadsTo.has(one.port)), ...(kept.length > 0 ? { publish: kept } : {}) };
    }),
    host: { ...topology.host, listeners: topology.host.listeners.filter((one) => one.port === port) },
    remote: { listeners: topology.remote.listeners.filter((one) => one.port === port) },
  };
}

/** Every topology with one thing less, the biggest things first; the question's own containers stay. */
export function reductions(topology: Topology, keep: Question): readonly Topology[] {
  const wanted = new Set([
    ...('container' in keep.from ? [keep.from.container] : []),
    ...(keep.to.kind === 'container' ? [keep.to.container] : []),
  ]);
  const wantedNetwork = keep.to.kind === 'container' || keep.to.kind === 'gateway' ? keep.to.network : undefined;
  return [
    ...topology.containers.filter((one) => !wanted.has(one.name)).flatMap((one) => withoutContainer(topology, one.name, wanted)),
    ...topology.networks.filter((one) => one.name !== wantedNetwork).flatMap((one) => withoutNetwork(topology, one.name, wanted)),
    ...topology.containers.flatMap((one) => smallerContainers(one).map((smaller) => replaceContainer(topology, smaller))),
    ...topology.networks.flatMap((one) => plainerNetworks(one).map((plainer) => replaceNetwork(topology, plainer))),
    ...without(topology.host.firewall).map((firewall) => ({ ...topology, host: { ...topology.host, firewall } })),
    ...without(topology.host.listeners).map((listeners) => ({ ...topology, host: { ...topology.host, listeners } })),
    ...without(topology.remote.listeners).map((listeners) => ({ ...topology, remote: { listeners } })),
  ];
}

function without<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.map((_, index) => items.filter((__, other) => other !== index));
}

/** Containers that join it go with it; nothing when one of them is wanted. */
function withoutContainer(topology: Topology, name: string, wanted: ReadonlySet<string>): readonly Topology[] {
  const gone = topology.containers.filter((one) => one.name === name || (one.mode.kind === 'container' && one.mode.of === name));
  if (gone.some((one) => wanted.has(one.name))) return [];
  return [{ ...topology, containers: topology.containers.filter((one) => !gone.includes(one)) }];
}

/** Containers that are on no other network go with it, and those that join them. */
function withoutNetwork(topology: Topology, name: string, wanted: ReadonlySet<string>): readonly Topology[] {
  const gone = new Set<string>();
  const containers = topology.containers.flatMap((one) => {
    if (one.mode.kind === 'container' && gone.has(one.mode.of)) gone.add(one.name);
    if (gone.has(one.name)) return [];
    if (one.mode.kind !== 'networks') return [one];
    const [first, ...others] = one.mode.attachments.filter((attachment) => attachment.network !== name);
    if (first !== undefined) return [{ ...one, mode: { ...one.mode, attachments: [first, ...others] as const } }];
    gone.add(one.name);
    return [];
  });
  if ([...gone].some((one) => wanted.has(one))) return [];
  return [{ ...topology, networks: topology.networks.filter((one) => one.name !== name), containers }];
}

function smallerContainers(container: TopologyContainer): readonly TopologyContainer[] {
  const { publish, extraHosts, mode, ...rest } = container;
  const attachments: readonly Attachment[] = mode.kind === 'networks' ? mode.attachments : [];
  const withAttachments = (changed: readonly Attachment[]): readonly TopologyContainer[] => {
    const [first, ...others] = changed;
    return first === undefined ? [] : [{ ...container, mode: { kind: 'networks', attachments: [first, ...others] } }];
  };
  return [
    ...without(attachments).flatMap((fewer) => withAttachments(fewer)),
    ...without(container.listeners).map((listeners) => ({ ...container, listeners })),
    ...without(publish ?? []).map((fewer) => ({
      ...rest,
      mode,
      ...(extraHosts ? { extraHosts } : {}),
      ...(fewer.length > 0 ? { publish: fewer } : {}),
    })),
    ...(extraHosts === undefined ? [] : [{ ...rest, mode, ...(publish ? { publish } : {}) }]),
    ...attachments.flatMap(({ aliases, ...plain }, index) =>
      aliases === undefined ? [] : withAttachments(attachments.map((one, other) => (other === index ? plain : one))),
    ),
  ];
}

function plainerNetworks(network: TopologyNetwork): readonly TopologyNetwork[] {
  const { internal, icc, ...plain } = network;
  return [
    ...(internal === undefined ? [] : [{ ...plain, ...(icc === undefined ? {} : { icc }) }]),
    ...(icc === undefined ? [] : [{ ...plain, ...(internal === undefined ? {} : { internal }) }]),
  ];
}

function replaceContainer(topology: Topology, container: TopologyContainer): Topology {
  return { ...topology, containers: topology.containers.map((one) => (one.name === container.name ? container : one)) };
}

function replaceNetwork(topology: Topology, network: TopologyNetwork): Topology {
  return { ...topology, networks: topology.networks.map((one) => (one.name === network.name ? network : one)) };
}
