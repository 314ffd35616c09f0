/**
 * The network as the agents see it, in the same model that the doctor reads files into: what the map shows, what rules are
 * asked about, and what drift is measured against. Every fact is observed, and names the agent and the place in its report.
 */
import type { Cidr } from '../../core/address.ts';
import { formatCidr, isLoopback, parseAddress, parseCidr } from '../../core/address.ts';
import type { ObservedOrigin } from '../../core/origin.ts';
import { bareWorkload } from '../../network/bare-workload.ts';
import { plainBridge } from '../../network/bridge.ts';
import { defaultEnvironment } from '../../network/environment.ts';
import type { Endpoint, Link, Listener, Model, Namespace, Network, Workload } from '../../network/model.ts';
import { HOST_NAMESPACE } from '../../network/model.ts';
import type { HostReport } from '../../protocol/host-report.ts';

export interface ReportedHost {
  readonly uid: string;
  /** Unique in the fleet. */
  readonly name: string;
  readonly report: HostReport;
}

export function liveNetwork(hosts: readonly ReportedHost[]): Model {
  const namespaces = namespacesOf(hosts);
  return {
    environment: defaultEnvironment,
    // The model's own host is the one that the doctor runs on; agents live on machines of their own.
    namespaces: [{ id: HOST_NAMESPACE, kind: 'host', listenersComplete: false }, ...namespaces.values()],
    workloads: hosts.map(workload),
    networks: networksOf(hosts),
    endpoints: ownersOf(hosts).flatMap(endpoints),
    listeners: ownersOf(hosts).flatMap(listeners),
    publications: [],
    links: hosts.flatMap(links),
    registrations: [],
    problems: hosts.flatMap(gaps),
  };
}

const seen = (host: ReportedHost, path: string): ObservedOrigin => ({
  kind: 'observed',
  source: `agent ${host.name}`,
  object: 'host report',
  path,
});

/** Agents of one machine and one network namespace share ports and addresses (host mode, a pod). */
function namespaceId({ uid, report }: ReportedHost): string {
  const machine = report.bootId ?? report.machineId;
  return machine === undefined || report.networkNamespace === undefined ? `agent:${uid}` : `${machine}/${report.networkNamespace}`;
}

/** The first agent of each namespace speaks for it. */
function ownersOf(hosts: readonly ReportedHost[]): readonly ReportedHost[] {
  return [...new Map([...hosts].reverse().map((host) => [namespaceId(host), host])).values()].reverse();
}

function namespacesOf(hosts: readonly ReportedHost[]): ReadonlyMap<string, Namespace> {
  return new Map(
    ownersOf(hosts).map((host) => {
      const id = namespaceId(host);
      const addresses = addressesOf(host).map(({ address }) => address);
      const namespace: Namespace = {
        id,
        kind: host.report.container === undefined ? 'machine' : 'container',
        listenersComplete: host.report.listenersComplete,
        addresses,
      };
      return [id, namespace];
    }),
  );
}

function workload(host: ReportedHost): Workload {
  const { report, name } = host;
  const { container } = report;
  const text = (value: string, path: string) => ({ value, origin: seen(host, path) });
  return bareWorkload({
    id: name,
    name,
    declaredBy: 'agent',
    origin: seen(host, ''),
    namespaceId: namespaceId(host),
    hostname: report.hostname,
    ...(container?.name === undefined ? {} : { containerName: container.name }),
    ...(container?.image === undefined ? {} : { image: text(container.image, 'container.image') }),
    dns: {
      servers: report.resolvers.nameservers.map((value, at) => text(value, `resolvers.nameservers[${at}]`)),
      search: report.resolvers.search.map((value, at) => text(value, `resolvers.search[${at}]`)),
      options: report.resolvers.options.map((value, at) => text(value, `resolvers.options[${at}]`)),
    },
  });
}

interface Attachment {
  readonly address: string;
  readonly subnet: Cidr;
  readonly networkId: string;
  readonly path: string;
  readonly mac: string | undefined;
  readonly mtu: number | undefined;
}

/**
 * Addresses that others can reach, each with its network. Subnets of bridges inside a machine repeat on every machine
 * (172.17.0.0/16), so a container's network carries its machine; those of machines are taken as one network per subnet.
 */
function addressesOf({ report }: ReportedHost): readonly Attachment[] {
  const scope = report.container === undefined ? '' : `${report.bootId ?? report.machineId ?? report.hostname}/`;
  return report.interfaces.flatMap((one, at) =>
    one.loopback || one.state === 'down'
      ? []
      : one.addresses.flatMap(({ address, prefixLength }, index) => {
          const parsed = parseAddress(address);
          const subnet = parseCidr(`${address}/${prefixLength}`);
          // Link-local addresses (RFC 4291 §2.5.6) say nothing about who shares a network.
          if (parsed === undefined || subnet === undefined || isLoopback(parsed) || /^fe[89ab]/i.test(address)) return [];
          return [
            {
              address,
              subnet,
              networkId: `${scope}${formatCidr(subnet)}`,
              path: `interfaces[${at}].addresses[${index}]`,
              mac: one.mac,
              mtu: one.mtu,
            },
          ];
        }),
  );
}

function networksOf(hosts: readonly ReportedHost[]): readonly Network[] {
  const networks = new Map<string, Network>();
  for (const host of hosts) {
    for (const { networkId, subnet, path, mtu } of addressesOf(host)) {
      if (networks.has(networkId)) continue;
      const origin = seen(host, path);
      networks.set(
        networkId,
        plainBridge(networkId, origin, {
          // What carries it cannot be seen from inside; others than those who report may be on it.
          driver: host.report.container === undefined ? 'lan' : 'bridge',
          external: true,
          ipv6: formatCidr(subnet).includes(':'),
          subnets: [{ cidr: formatCidr(subnet), auxiliary: [], knowledge: 'observed', origin }],
          ...(mtu === undefined ? {} : { mtu: { value: mtu, origin } }),
        }),
      );
    }
  }
  return [...networks.values()];
}

function endpoints(host: ReportedHost): readonly Endpoint[] {
  const id = namespaceId(host);
  return [...Map.groupBy(addressesOf(host), ({ networkId }) => networkId)].map(([networkId, attachments]) => {
    const [first] = attachments;
    const origin = seen(host, first?.path ?? '');
    const known = (family: 4 | 6) => {
      const found = attachments.find(({ address }) => address.includes(':') === (family === 6));
      return found === undefined ? undefined : { knowledge: 'observed' as const, value: found.address, origin: seen(host, found.path) };
    };
    const [ipv4, ipv6] = [known(4), known(6)];
    return {
      id: `${id}@${networkId}`,
      namespaceId: id,
      networkId,
      workloadId: host.name,
      names: [],
      ...(ipv4 === undefined ? {} : { ipv4 }),
      ...(ipv6 === undefined ? {} : { ipv6 }),
      ...(first?.mac === undefined ? {} : { mac: { knowledge: 'observed' as const, value: first.mac, origin } }),
      gatewayPriority: 0,
      origin,
    };
  });
}

function listeners(host: ReportedHost): readonly Listener[] {
  return host.report.listeners.map(({ address, port, transport, v6Only }, at) => ({
    namespaceId: namespaceId(host),
    address,
    port,
    transport,
    ...(v6Only === undefined ? {} : { v6Only }),
    knowledge: 'observed',
    origin: seen(host, `listeners[${at}]`),
  }));
}

function links(host: ReportedHost): readonly Link[] {
  return host.report.links.map((link, at) => ({
    id: `${host.name}/${link.name}`,
    workloadId: host.name,
    evaluator: 'container',
    raw:
      link.host === undefined
        ? link.name
        : `${link.host.includes(':') ? `[${link.host}]` : link.host}${link.port === undefined ? '' : `:${link.port}`}`,
    host: link.host,
    port: link.port,
    transport: link.transport,
    application: 'other',
    plane: link.plane,
    purpose: link.purpose,
    setting: link.name,
    origin: seen(host, `links[${at}]`),
    generic: false,
  }));
}

function gaps(host: ReportedHost): Model['problems'] {
  return host.report.gaps.map(({ what, reason }, at) => ({
    severity: 'gap',
    code: 'host-report-gap',
    message: `the agent ${host.name} could not read ${what}: ${reason}`,
    hint: 'give the agent what it needs to read it, or leave it: answers that depend on it are undetermined',
    origin: seen(host, `gaps[${at}]`),
  }));
}
