import { contains, formatCidr, overlaps, parseAddress, parseCidr, sameAddress } from '../../../core/address.ts';
import type { Endpoint, Network, Subnet } from '../../../network/model.ts';
import type { DraftFinding, FixPlan, Rule, RuleContext } from '../../rule.ts';

/** The pools that the engine takes subnets from when none is declared (libnetwork ipamutils): 172.17–172.31 as /16, 192.168 as /20. */
const defaultPools = [...Array.from({ length: 15 }, (_, index) => `172.${17 + index}.0.0/16`), '192.168.0.0/16'].flatMap(
  (text) => parseCidr(text) ?? [],
);
/** The default bridge takes one of the 31. */
const POOLED_NETWORKS = 30;

export const subnetOverlap: Rule = {
  id: 'R13',
  name: 'subnet-overlap',
  title: 'networks or static addresses collide',
  severity: 'error',
  onByDefault: true,
  *check(context: RuleContext): Iterable<DraftFinding> {
    yield* overlappingSubnets(context);
    for (const network of context.model.networks) yield* staticAddresses(context, network);
    yield* startOrderRace(context);
    yield* exhaustedPools(context);
  },
};

interface Declared {
  readonly network: Network;
  readonly subnet: Subnet;
}

function declaredSubnets({ model }: RuleContext): readonly Declared[] {
  return model.networks.flatMap((network) =>
    network.subnets.filter((subnet) => subnet.knowledge !== 'assumed').map((subnet) => ({ network, subnet })),
  );
}

function* overlappingSubnets(context: RuleContext): Iterable<DraftFinding> {
  const all = declaredSubnets(context);
  for (const [index, first] of all.entries())
    for (const second of all.slice(index + 1)) {
      const a = parseCidr(first.subnet.cidr);
      const b = parseCidr(second.subnet.cidr);
      if (a === undefined || b === undefined || first.network.id === second.network.id || !overlaps(a, b)) continue;
      yield {
        subject: `${first.network.id}, ${second.network.id}`,
        message: `the subnets of ${first.network.id} (${first.subnet.cidr}) and ${second.network.id} (${second.subnet.cidr}) overlap, so the engine refuses to create the second one.`,
        evidence: [
          { label: 'this subnet', origin: second.subnet.origin },
          { label: 'overlaps this one', origin: first.subnet.origin },
        ],
        symptom: 'Pool overlaps with other one on this address space',
        fixes: freeSubnet(context, second, all),
      };
    }
}

/** The lowest /24 of 10.0.0.0/8 that is free in the model, unless addresses of the old subnet are written elsewhere. */
function freeSubnet({ model }: RuleContext, { network, subnet }: Declared, all: readonly Declared[]): readonly FixPlan[] {
  const pinned =
    subnet.gateway !== undefined ||
    subnet.ipRange !== undefined ||
    model.endpoints.some((endpoint) => endpoint.networkId === network.id && endpoint.ipv4 !== undefined);
  const used = all.flatMap((entry) => parseCidr(entry.subnet.cidr) ?? []);
  const free = Array.from({ length: 256 }, (_, third) => parseCidr(`10.200.${third}.0/24`)).find(
    (cidr) => cidr !== undefined && !used.some((other) => overlaps(cidr, other)),
  );
  if (free === undefined) return [];
  const title = `give ${network.id} the free subnet ${formatCidr(free)}`;
  if (pinned) return [{ title: `${title}, and its static addresses with it`, applicability: 'manual', changes: [] }];
  return [{ title, applicability: 'suggestion', changes: [{ kind: 'set-subnet', networkId: network.id, cidr: formatCidr(free) }] }];
}

function* staticAddresses({ lookup }: RuleContext, network: Network): Iterable<DraftFinding> {
  const pinned = (lookup.endpointsOn.get(network.id) ?? []).filter((endpoint) => endpoint.ipv4?.knowledge === 'declared');
  for (const [index, endpoint] of pinned.entries()) {
    const twin = pinned
      .slice(0, index)
      .find((other) => other.ipv4?.value === endpoint.ipv4?.value && other.namespaceId !== endpoint.namespaceId);
    if (twin !== undefined) yield duplicate(network, endpoint, twin);
    yield* outOfPlace(network, endpoint);
  }
}

function duplicate(network: Network, endpoint: Endpoint, twin: Endpoint): DraftFinding {
  const address = endpoint.ipv4?.value ?? '';
  return {
    subject: endpoint.workloadId,
    message: `${endpoint.workloadId} and ${twin.workloadId} both claim ${address} on ${network.id}; only one of them can start.`,
    evidence: [
      { label: 'claimed here', origin: endpoint.ipv4?.origin ?? endpoint.origin },
      { label: 'and here', origin: twin.ipv4?.origin ?? twin.origin },
    ],
    symptom: 'Address already in use',
  };
}

function* outOfPlace(network: Network, endpoint: Endpoint): Iterable<DraftFinding> {
  const address = parseAddress(endpoint.ipv4?.value ?? '');
  if (address === undefined || network.external) return;
  const evidence = [{ label: 'address chosen here', origin: endpoint.ipv4?.origin ?? endpoint.origin }] as const;
  const declared = network.subnets.filter((subnet) => subnet.knowledge !== 'assumed');
  const text = endpoint.ipv4?.value ?? '';
  if (declared.length === 0) {
    yield {
      subject: endpoint.workloadId,
      message: `${endpoint.workloadId} asks for the address ${text} on ${network.id}, which declares no subnet; the engine gives static addresses only on declared subnets.`,
      evidence: [...evidence, { label: 'network without a subnet', origin: network.origin }],
      symptom: 'user specified IP address is supported only when connecting to networks with user configured subnets',
    };
    return;
  }
  const home = declared.find((subnet) => holds(subnet, text));
  if (home === undefined)
    yield {
      subject: endpoint.workloadId,
      message: `${endpoint.workloadId} asks for the address ${text}, which is outside of ${declared.map((subnet) => subnet.cidr).join(', ')}, the subnet of ${network.id}.`,
      evidence: [...evidence, ...declared.map((subnet) => ({ label: 'subnet declared here', origin: subnet.origin }))],
      symptom: 'no configured subnet contains the address',
    };
  else if (isGateway(home, text))
    yield {
      subject: endpoint.workloadId,
      message: `${endpoint.workloadId} asks for the address ${text}, which is the gateway of ${network.id}.`,
      evidence: [...evidence, { label: 'subnet declared here', origin: home.origin }],
      symptom: 'Address already in use',
    };
}

function holds(subnet: Subnet, text: string): boolean {
  const cidr = parseCidr(subnet.cidr);
  const address = parseAddress(text);
  return cidr !== undefined && address !== undefined && contains(cidr, address);
}

function isGateway(subnet: Subnet, text: string): boolean {
  const address = parseAddress(text);
  const cidr = parseCidr(subnet.cidr);
  const gateway =
    subnet.gateway === undefined
      ? cidr === undefined
        ? undefined
        : { family: cidr.base.family, bits: cidr.base.bits + 1n }
      : parseAddress(subnet.gateway);
  return address !== undefined && gateway !== undefined && sameAddress(address, gateway);
}

/** An automatic network that is created first may take the very pool in which another one has its declared subnet. */
function* startOrderRace(context: RuleContext): Iterable<DraftFinding> {
  const automatic = context.model.networks.filter(
    (network) => network.driver === 'bridge' && !network.external && network.subnets.length === 0 && isUsed(context, network),
  );
  const [first] = automatic;
  if (first === undefined) return;
  for (const { network, subnet } of declaredSubnets(context)) {
    const cidr = parseCidr(subnet.cidr);
    if (
      cidr === undefined ||
      network.external ||
      subnet.knowledge !== 'declared' ||
      !defaultPools.some((pool) => contains(pool, cidr.base))
    )
      continue;
    yield {
      subject: network.id,
      severity: 'info',
      message: `${network.id} declares ${subnet.cidr} inside the pools from which the engine serves ${first.id}: whichever is created first may take it.`,
      evidence: [
        { label: 'declared inside a default pool', origin: subnet.origin },
        { label: 'gets its subnet from the same pools', origin: first.origin },
      ],
      symptom: 'Pool overlaps with other one on this address space, on some starts only',
    };
  }
}

function isUsed({ lookup }: RuleContext, network: Network): boolean {
  return (lookup.endpointsOn.get(network.id) ?? []).length > 0;
}

function* exhaustedPools(context: RuleContext): Iterable<DraftFinding> {
  const automatic = context.model.networks.filter(
    (network) => network.driver === 'bridge' && !network.external && network.subnets.length === 0,
  );
  const surplus = automatic[POOLED_NETWORKS];
  if (surplus === undefined) return;
  yield {
    subject: surplus.id,
    message: `${automatic.length} networks ask for automatic subnets, and the engine's default pools hold ${POOLED_NETWORKS} besides the default bridge's.`,
    evidence: [{ label: 'the first one that gets none', origin: surplus.origin }],
    symptom: 'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
  };
}
