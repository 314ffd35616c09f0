import { type Cidr, formatCidr, parseAddress, parseCidr } from '../../core/address.ts';
import type { Origin } from '../../core/origin.ts';
import { declared, type Known, observed } from '../../network/fact.ts';
import { DEFAULT_BRIDGE, type Endpoint, type EndpointName, type Subnet } from '../../network/model.ts';
import type { InspectedContainer } from './inspected.ts';
import { entriesOf, field, fieldAt, isRecord, numberOf, originOf, type Place, textOf, textsOf } from './json-place.ts';

/** One entry of `NetworkSettings.Networks`. Host and none are listed there too, but are no networks. */
export interface Attachment {
  readonly networkName: string;
  readonly place: Place;
}

export function attachmentsOf(container: InspectedContainer): readonly Attachment[] {
  return entriesOf(fieldAt(container.place, 'NetworkSettings', 'Networks'))
    .filter(([name, place]) => name !== 'host' && name !== 'none' && isRecord(place.value))
    .map(([networkName, place]) => ({ networkName, place }));
}

/** `networkId` is the name in the model of the network that the engine means by `attachment`. */
export function readEndpoint(container: InspectedContainer, attachment: Attachment, networkId: string): Endpoint {
  const { place } = attachment;
  const ipv4 = readIp(place, 'IPAddress', 'IPv4Address');
  const ipv6 = readIp(place, 'GlobalIPv6Address', 'IPv6Address');
  const mac = field(place, 'MacAddress');
  const macText = textOf(mac);
  return {
    id: `${container.name}@${networkId}`,
    namespaceId: container.name,
    networkId,
    workloadId: container.name,
    names: networkId === DEFAULT_BRIDGE ? [] : readNames(container, place),
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
    ...(macText === undefined ? {} : { mac: observed(macText, originOf(mac)) }),
    gatewayPriority: numberOf(field(place, 'GwPriority')) ?? 0,
    origin: originOf(place),
  };
}

/** The address that the endpoint has, else (stopped) the one that was asked for. */
function readIp(place: Place, fact: string, wish: string): Known<string> | undefined {
  const has = field(place, fact);
  const address = textOf(has);
  if (address !== undefined) return observed(address, originOf(has));
  const asked = fieldAt(place, 'IPAMConfig', wish);
  const wanted = textOf(asked);
  return wanted === undefined ? undefined : declared(wanted, originOf(asked));
}

/**
 * The names that the embedded DNS gives. Engines since 25.0 list them (`DNSNames`); earlier ones answer the container's
 * name, its short id, and `Aliases`, into which they had already put a host name that differs.
 */
function readNames(container: InspectedContainer, place: Place): readonly EndpointName[] {
  const exact = textsOf(field(place, 'DNSNames'));
  const nameOrigin = originOf(field(container.place, 'Name'));
  const texts =
    exact.length > 0
      ? exact
      : [
          { value: container.name, origin: nameOrigin },
          ...textsOf(field(place, 'Aliases')),
          ...(container.id === '' ? [] : [{ value: container.id.slice(0, 12), origin: originOf(field(container.place, 'Id')) }]),
        ];
  const seen = new Map<string, Origin>();
  for (const { value, origin } of texts) if (!seen.has(value)) seen.set(value, origin);
  const service = textOf(fieldAt(container.place, 'Config', 'Labels', 'com.docker.compose.service'));
  const hostname = textOf(fieldAt(container.place, 'Config', 'Hostname'));
  return [...seen].map(([name, origin]) => ({ name, kind: kindOf(name, container, service, hostname), origin }));
}

function kindOf(
  name: string,
  container: InspectedContainer,
  service: string | undefined,
  hostname: string | undefined,
): EndpointName['kind'] {
  if (name === container.name) return 'container';
  if (name === service) return 'service';
  if (container.id !== '' && name === container.id.slice(0, 12)) return 'short-id';
  return name === hostname ? 'hostname' : 'alias';
}

/** The subnets that an attachment gives away: all that is known of a network that was not inspected itself. */
export function subnetsOf(attachment: Attachment): readonly Subnet[] {
  const { place } = attachment;
  return [
    ...subnetOf(place, 'IPAddress', 'IPPrefixLen', 'Gateway'),
    ...subnetOf(place, 'GlobalIPv6Address', 'GlobalIPv6PrefixLen', 'IPv6Gateway'),
  ];
}

function subnetOf(place: Place, addressKey: string, prefixKey: string, gatewayKey: string): readonly Subnet[] {
  const address = textOf(field(place, addressKey));
  const prefix = numberOf(field(place, prefixKey));
  const cidr = address === undefined || prefix === undefined ? undefined : parseCidr(`${address}/${prefix}`);
  if (cidr === undefined) return [];
  const gateway = textOf(field(place, gatewayKey));
  const known = gateway === undefined || parseAddress(gateway) === undefined ? {} : { gateway };
  return [
    { cidr: formatCidr(withoutHost(cidr)), ...known, auxiliary: [], knowledge: 'observed', origin: originOf(field(place, addressKey)) },
  ];
}

const withoutHost = (cidr: Cidr): Cidr => ({ base: cidr.base, prefix: cidr.prefix });
