import { isLoopback, parseAddress } from '../../../core/address.ts';
import type { Question, Verdict } from '../../../network/answer.ts';
import type { Publication, Registration, Workload } from '../../../network/model.ts';
import { HOST_NAMESPACE } from '../../../network/model.ts';
import type { DraftFinding, FixPlan, Rule, RuleContext } from '../../rule.ts';
import { hostPort, isLoopbackHost, nameOf, reasonsOf, symptomWords } from '../words.ts';

export const registeredAddress: Rule = {
  id: 'R19',
  name: 'registered-address',
  title: 'a registered or advertised address is one that its clients cannot use',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const registration of context.model.registrations) {
      const workload = workloadOf(context, registration);
      const finding =
        registration.audience === 'host'
          ? forTheHost(context, registration, workload)
          : registration.audience === 'containers'
            ? forContainers(context, registration, workload)
            : publishedOtherwise(context, registration, workload);
      if (finding !== undefined) yield finding;
    }
  },
};

/** The container that a registration speaks of: named by it, else the one service that is called so. */
function workloadOf({ model, lookup }: RuleContext, registration: Registration): Workload | undefined {
  const stated = lookup.workload.get(registration.workloadId ?? '');
  if (stated !== undefined) return stated;
  const called = model.workloads.filter(
    (workload) => workload.name === registration.service || workload.containerName === registration.service,
  );
  return called.length === 1 ? called[0] : undefined;
}

/** Clients on the host, or beyond it, are told an address of the inside. */
function forTheHost(context: RuleContext, registration: Registration, workload: Workload | undefined): DraftFinding | undefined {
  const question: Question = {
    from: { kind: 'host' },
    host: registration.address,
    port: registration.port,
    transport: 'tcp',
    ...(workload === undefined ? {} : { intended: workload.id }),
  };
  const verdict = context.ask(question);
  if (verdict.kind !== 'unreachable') return undefined;
  return {
    ...draft(context, registration, workload, verdict),
    message: `${owner(context, registration, workload)} tells clients outside of its network to dial ${shown(registration)}, but ${verdict.blocking[0]?.text ?? 'that cannot be reached from the host'}.`,
    fixes: workload === undefined ? [] : hostFixes(context, registration, workload),
  };
}

function hostFixes(context: RuleContext, registration: Registration, workload: Workload): readonly FixPlan[] {
  const published = publicationsOf(context, workload).find(
    (item) => item.hostPort === registration.port || item.containerPort === registration.port,
  );
  const { addressOrigin } = registration;
  if (
    published?.hostPort === undefined ||
    published.hostPort !== registration.port ||
    addressOrigin?.kind !== 'file' ||
    !addressOrigin.exact
  )
    return [{ title: 'advertise the address of the host and a port that is published', applicability: 'manual', changes: [] }];
  return [
    {
      title: `advertise localhost:${published.hostPort} to clients on this host (its name or address to those of other machines)`,
      applicability: 'suggestion',
      changes: [{ kind: 'replace', origin: addressOrigin, text: 'localhost' }],
      turns: { from: { kind: 'host' }, host: 'localhost', port: published.hostPort, transport: 'tcp' },
    },
  ];
}

/** Clients in other containers are sent to themselves, or to a name or port that they cannot reach. */
function forContainers(context: RuleContext, registration: Registration, workload: Workload | undefined): DraftFinding | undefined {
  if (workload === undefined) return undefined;
  for (const client of clientsOf(context, registration, workload)) {
    const verdict = context.ask({
      from: { kind: 'workload', workloadId: client.id },
      host: registration.address,
      port: registration.port,
      transport: 'tcp',
      intended: workload.id,
    });
    const sentToItself = isLoopbackHost(registration.address) && verdict.kind !== 'reachable';
    if (verdict.kind !== 'unreachable' && !sentToItself) continue;
    const why = sentToItself ? `there it is ${client.name} itself` : (verdict.blocking[0]?.text ?? 'it cannot be reached');
    return {
      ...draft(context, registration, workload, verdict),
      message: `${owner(context, registration, workload)} tells ${client.name} to dial ${shown(registration)}, but ${why}.`,
      fixes: containerFixes(context, registration, workload, client),
    };
  }
  return undefined;
}

/** Containers that dial the one that advertises, and so are handed the advertised address, on the port of that listener. */
function clientsOf(context: RuleContext, registration: Registration, workload: Workload): readonly Workload[] {
  const ids = context.links
    .filter(({ link, verdict }) => verdict?.answeredBy === workload.id && link.evaluator === 'container' && link.port === registration.port)
    .map(({ link }) => link.workloadId)
    .filter((id) => context.lookup.workload.get(id)?.namespaceId !== workload.namespaceId);
  return [...new Set(ids)].flatMap((id) => context.lookup.workload.get(id) ?? []);
}

function containerFixes(context: RuleContext, registration: Registration, workload: Workload, client: Workload): readonly FixPlan[] {
  const networks = new Set((context.lookup.endpointsOf.get(client.namespaceId) ?? []).map((endpoint) => endpoint.networkId));
  const names = (context.lookup.endpointsOf.get(workload.namespaceId) ?? [])
    .filter((endpoint) => networks.has(endpoint.networkId))
    .flatMap((endpoint) => endpoint.names);
  const name = (names.find(({ kind }) => kind === 'service') ?? names[0])?.name;
  const { addressOrigin } = registration;
  if (name === undefined || addressOrigin?.kind !== 'file' || !addressOrigin.exact) return [];
  return [
    {
      title: `advertise ${hostPort(name, registration.port)} to containers, and a listener of its own to clients outside`,
      applicability: 'suggestion',
      changes: [{ kind: 'replace', origin: addressOrigin, text: name }],
      turns: {
        from: { kind: 'workload', workloadId: client.id },
        host: name,
        port: registration.port,
        transport: 'tcp',
        intended: workload.id,
      },
    },
  ];
}

/** A registry's port is the container's, and the host publishes it on another one. */
function publishedOtherwise(context: RuleContext, registration: Registration, workload: Workload | undefined): DraftFinding | undefined {
  if (workload === undefined || workload.namespaceId === HOST_NAMESPACE || isInside(context, registration, workload)) return undefined;
  const publications = publicationsOf(context, workload).filter((item) => item.transport === 'tcp');
  if (publications.some((item) => item.hostPort === registration.port)) return undefined;
  const published = publications.find((item) => item.containerPort === registration.port);
  if (published === undefined) return undefined;
  const { portOrigin } = registration;
  const address = parseAddress(registration.address);
  const loopback = address !== undefined && isLoopback(address);
  const outside = published.hostPort === undefined ? 'on a port that the engine picks anew at each start' : `on ${published.hostPort}`;
  return {
    subject: registration.service,
    message: `${registration.service} is registered in ${registryName(registration)} as ${shown(registration)}, but the host publishes port ${registration.port} of ${workload.name} ${outside}.`,
    evidence: [
      { label: 'registered here', origin: portOrigin ?? registration.origin },
      { label: 'published here', origin: published.hostPortOrigin ?? published.origin },
    ],
    symptom: `connection refused on ${hostPort(loopback ? 'localhost' : registration.address, registration.port)}`,
    fixes: portFixes(registration, workload, published),
  };
}

/** The address is the container's own (by name or number), which is right for clients on its networks. */
function isInside({ lookup }: RuleContext, registration: Registration, workload: Workload): boolean {
  const endpoints = lookup.endpointsOf.get(workload.namespaceId) ?? [];
  return endpoints.some(
    (endpoint) =>
      [endpoint.ipv4?.value, endpoint.ipv6?.value].some((ip) => ip?.split('/')[0] === registration.address) ||
      endpoint.names.some(({ name }) => name === registration.address),
  );
}

function portFixes(registration: Registration, workload: Workload, published: Publication): readonly FixPlan[] {
  const { hostPortOrigin } = published;
  const same = `${registration.port}:${published.containerPort}`;
  const plans: FixPlan[] = [];
  if (hostPortOrigin?.kind === 'file' && hostPortOrigin.exact)
    plans.push({
      title: `publish the port under its own number: ${same}`,
      applicability: 'suggestion',
      changes: [{ kind: 'replace', origin: hostPortOrigin, text: String(registration.port) }],
    });
  const { portOrigin } = registration;
  if (published.hostPort !== undefined && portOrigin?.kind === 'file' && portOrigin.exact)
    plans.push({
      title: `register ${workload.name} on ${published.hostPort}`,
      applicability: 'suggestion',
      changes: [{ kind: 'replace', origin: portOrigin, text: String(published.hostPort) }],
    });
  return plans.length > 0 ? plans : [{ title: `publish ${same}, or register the published port`, applicability: 'manual', changes: [] }];
}

function publicationsOf({ lookup }: RuleContext, workload: Workload): readonly Publication[] {
  return lookup.publicationsOf.get(workload.namespaceId) ?? [];
}

const registryName = ({ registry }: Registration): string => (registry === 'consul' ? 'Consul' : registry);

const shown = (registration: Registration): string => hostPort(registration.address, registration.port);

function owner(context: RuleContext, registration: Registration, workload: Workload | undefined): string {
  return workload === undefined ? registration.service : nameOf(context, workload.id);
}

function draft(context: RuleContext, registration: Registration, workload: Workload | undefined, verdict: Verdict) {
  const evidence = [{ label: 'advertised here', origin: registration.addressOrigin ?? registration.origin }] as const;
  return {
    subject: owner(context, registration, workload),
    evidence,
    reasons: reasonsOf(verdict),
    symptom: symptomWords(verdict.symptom),
    verdict,
  };
}
