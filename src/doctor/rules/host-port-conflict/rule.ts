import { isUnspecified, parseAddress, sameAddress } from '../../../core/address.ts';
import type { Origin } from '../../../core/origin.ts';
import type { Transport, Workload } from '../../../network/model.ts';
import { HOST_NAMESPACE } from '../../../network/model.ts';
import type { DraftFinding, FixPlan, Rule, RuleContext } from '../../rule.ts';
import { belongTogether } from '../places.ts';

export const hostPortConflict: Rule = {
  id: 'R11',
  name: 'host-port-conflict',
  title: 'two users of one port of the host',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    const users = [...publishedPorts(context), ...hostListeners(context)];
    for (const user of users) yield* replicas(user);
    for (const rivals of Map.groupBy(users, (user) => `${user.port}/${user.transport}`).values()) yield* conflicts(context, rivals);
  },
};

/** Every replica of a service publishes the same fixed port, and only the first one gets it. */
function* replicas(user: User): Iterable<DraftFinding> {
  const { workload, port, transport } = user;
  if (workload === undefined || workload.replicas < 2 || !user.published) return;
  yield {
    subject: workload.name,
    message: `${workload.name} runs ${workload.replicas} times and publishes the fixed host port ${port}/${transport}, which only the first of them gets.`,
    evidence: [{ label: 'published here', origin: user.portOrigin ?? user.origin }],
    symptom: `Bind for 0.0.0.0:${port} failed: port is already allocated`,
    fixes: [
      {
        title: `publish a range of ${workload.replicas} ports, ${port}-${port + workload.replicas - 1}, or leave the host port out`,
        applicability: 'manual',
        changes: [],
      },
    ],
  };
}

/** Something that binds a port of the host. */
interface User {
  readonly workload: Workload | undefined;
  /** Undefined: all addresses of both families. */
  readonly address: string | undefined;
  readonly port: number;
  readonly transport: Transport;
  readonly published: boolean;
  readonly origin: Origin;
  readonly portOrigin: Origin | undefined;
  /** Its port is a program's default; `configured` when a configuration that was not read may say otherwise. */
  readonly knowledge: 'told' | 'assumed' | 'configured';
}

/** What an engine reports has been bound already: only what is declared can still collide. */
function publishedPorts(context: RuleContext): readonly User[] {
  return context.model.publications.flatMap((item) => {
    const workload = context.lookup.workload.get(item.workloadId);
    // A range leaves the choice to the engine, which takes a free one; in host mode the port is discarded (R10).
    if (item.hostPort === undefined || item.hostPortTo !== undefined || item.namespaceId === HOST_NAMESPACE) return [];
    if (workload === undefined || workload.declaredBy === 'engine' || takesNoEffect(context, workload)) return [];
    const { hostPort: port, transport, origin } = item;
    return [
      {
        workload,
        address: item.hostIp,
        port,
        transport,
        published: true,
        origin,
        portOrigin: item.hostPortOrigin,
        knowledge: 'told' as const,
      },
    ];
  });
}

/** Only on internal networks, or on networks that map no ports (R09): nothing is bound. */
function takesNoEffect(context: RuleContext, workload: Workload): boolean {
  const networks = (context.lookup.endpointsOf.get(workload.namespaceId) ?? []).flatMap(
    (endpoint) => context.lookup.network.get(endpoint.networkId) ?? [],
  );
  return networks.length > 0 && networks.every((network) => network.internal !== undefined);
}

function hostListeners(context: RuleContext): readonly User[] {
  return (context.lookup.listenersIn.get(HOST_NAMESPACE) ?? []).flatMap((listener) => {
    const workload = listener.workloadId === undefined ? undefined : context.lookup.workload.get(listener.workloadId);
    if (workload?.declaredBy === 'engine') return [];
    const both = listener.address === '::' && listener.v6Only !== true;
    return [
      {
        workload,
        address: both ? undefined : listener.address,
        port: listener.port,
        transport: listener.transport,
        published: false,
        origin: listener.origin,
        portOrigin: undefined,
        knowledge:
          listener.knowledge !== 'assumed'
            ? ('told' as const)
            : hasConfiguration(workload)
              ? ('configured' as const)
              : ('assumed' as const),
      },
    ];
  });
}

function hasConfiguration(workload: Workload | undefined): boolean {
  return [...(workload?.command?.values ?? []), ...(workload?.entrypoint?.values ?? [])].some(({ value }) => /conf/i.test(value));
}

/** Each later user against the first that it collides with: two users are one finding, three are two. */
function* conflicts(context: RuleContext, users: readonly User[]): Iterable<DraftFinding> {
  for (const [index, later] of users.entries()) {
    const earlier = users.slice(0, index).find((user) => collide(user, later));
    if (earlier === undefined) continue;
    // Blame what is written in a file: a service of the host was there first.
    yield later.published || !earlier.published ? finding(context, earlier, later) : finding(context, later, earlier);
  }
}

function collide(one: User, other: User): boolean {
  // Two sockets of one program (IPv4 and IPv6, or one that is told twice) are no conflict.
  if (!one.published && !other.published && one.workload === other.workload) return false;
  if (one.address === undefined || other.address === undefined) return true;
  const a = parseAddress(one.address);
  const b = parseAddress(other.address);
  if (a === undefined || b === undefined || a.family !== b.family) return false;
  return isUnspecified(a) || isUnspecified(b) || sameAddress(a, b);
}

function finding(context: RuleContext, first: User, second: User): DraftFinding {
  const port = `${second.port}/${second.transport}`;
  const guessed = first.knowledge === 'configured' || second.knowledge === 'configured';
  const weak = first.knowledge === 'assumed' || second.knowledge === 'assumed' || !sameHands(first, second);
  return {
    subject: `host port ${port}`,
    ...(guessed ? { severity: 'info' as const } : weak ? { severity: 'warning' as const } : {}),
    message: `${describe(second)} ${show(second)} of the host, which ${describe(first)} already${first.address === second.address ? '' : ` (${show(first)})`}: only one of them can start.`,
    evidence: [
      { label: second.published ? 'published here' : 'listens here', origin: second.portOrigin ?? second.origin },
      { label: first.published ? 'published here as well' : 'listens here as well', origin: first.portOrigin ?? first.origin },
    ],
    reasons: [`${describe(first)} ${show(first)}`, `${describe(second)} ${show(second)}`, 'an address and port of the host has one owner'],
    symptom: second.published
      ? `the container does not start ("Bind for ${second.address ?? '0.0.0.0'}:${second.port} failed: port is already allocated", or "address already in use")`
      : 'the later one does not start ("address already in use")',
    fixes: freePort(context, second),
  };
}

function sameHands(first: User, second: User): boolean {
  if (first.workload === undefined || second.workload === undefined) return true;
  return belongTogether(first.workload, second.workload);
}

function describe(user: User): string {
  const who = user.workload?.name ?? 'a service of the host';
  return user.published ? `${who} publishes` : `${who} listens on`;
}

const show = (user: User): string =>
  user.address === undefined || user.address === '0.0.0.0' || user.address === '::'
    ? `port ${user.port}/${user.transport}`
    : `${user.address.includes(':') ? `[${user.address}]` : user.address}:${user.port}/${user.transport}`;

/** The next port that nobody in the input uses. Who dials the old one has to follow, so it is a suggestion. */
function freePort(context: RuleContext, user: User): readonly FixPlan[] {
  if (!user.published || user.portOrigin?.kind !== 'file' || !user.portOrigin.exact) return [];
  const taken = new Set([
    ...context.model.publications.map((item) => item.hostPort),
    ...(context.lookup.listenersIn.get(HOST_NAMESPACE) ?? []).map((listener) => listener.port),
  ]);
  let port = user.port + 1;
  while (taken.has(port)) port += 1;
  if (port > 65_535) return [];
  return [
    {
      title: `publish ${user.workload?.name ?? 'it'} on ${port}, which is free`,
      applicability: 'suggestion',
      changes: [{ kind: 'replace', origin: user.portOrigin, text: String(port) }],
    },
  ];
}
