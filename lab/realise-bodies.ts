import { imageTag } from './names.ts';
import type { Attachment, TopologyContainer, TopologyNetwork } from './topology.ts';

/** Bodies of the engine's API (docs.docker.com/engine/api). Older engines ignore fields that they do not know. */
export function networkBody(network: TopologyNetwork): object {
  const v4 = { Subnet: network.subnet, Gateway: network.gateway, ...(network.ipRange === undefined ? {} : { IPRange: network.ipRange }) };
  const v6 =
    network.subnet6 === undefined
      ? []
      : [{ Subnet: network.subnet6, ...(network.gateway6 === undefined ? {} : { Gateway: network.gateway6 }) }];
  return {
    Name: network.name,
    CheckDuplicate: true,
    Driver: network.driver,
    Internal: network.internal ?? false,
    EnableIPv6: network.subnet6 !== undefined,
    IPAM: { Driver: 'default', Config: [v4, ...v6] },
    Options: {
      ...(network.icc === false ? { 'com.docker.network.bridge.enable_icc': 'false' } : {}),
      ...(network.driver === 'macvlan' ? { parent: 'eth0' } : {}),
      ...network.options,
    },
  };
}

export function endpointBody(attachment: Attachment, container: TopologyContainer): object {
  return {
    IPAMConfig: {
      ...(attachment.ip === undefined ? {} : { IPv4Address: attachment.ip }),
      ...(attachment.ip6 === undefined ? {} : { IPv6Address: attachment.ip6 }),
    },
    Aliases: attachment.aliases ?? [],
    ...(container.links === undefined ? {} : { Links: container.links }),
    ...(attachment.gwPriority === undefined ? {} : { GwPriority: attachment.gwPriority }),
  };
}

export function containerBody(container: TopologyContainer, cmd: readonly string[], peerFolder: string): object {
  const { mode } = container;
  const first = mode.kind === 'networks' ? mode.attachments[0] : undefined;
  const networkMode = first !== undefined ? first.network : mode.kind === 'container' ? `container:${mode.of}` : mode.kind;
  const ports = [
    ...(container.publish ?? []).map((one) => `${one.containerPort}/${one.transport}`),
    ...(container.expose ?? []).map((port) => `${port}/tcp`),
  ];
  return {
    Image: imageTag,
    Cmd: cmd,
    Env: ['UV_THREADPOOL_SIZE=64'], // one thread per pending getaddrinfo(3), or slow names hold up the others
    ...(container.hostname === undefined ? {} : { Hostname: container.hostname }),
    ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
    HostConfig: {
      NetworkMode: networkMode,
      Binds: [`${peerFolder}:/peer`],
      PortBindings: portBindings(container),
      ExtraHosts: container.extraHosts ?? [],
      Links: container.links ?? [],
      Dns: container.dns ?? [],
      ...(mode.kind === 'networks' || mode.kind === 'default' ? { Sysctls: { 'net.ipv4.icmp_ratelimit': '0' } } : {}), // see lan.ts
    },
    ...(first === undefined ? {} : { NetworkingConfig: { EndpointsConfig: { [first.network]: endpointBody(first, container) } } }),
  };
}

function portBindings(container: TopologyContainer): object {
  const published = Object.groupBy(container.publish ?? [], (one) => `${one.containerPort}/${one.transport}`);
  const entries = Object.entries(published).map(([port, all = []]) => [
    port,
    all.map((one) => ({ HostIp: one.hostIp ?? '', HostPort: String(one.hostPort) })),
  ]);
  return Object.fromEntries(entries);
}
