import type { Origin } from '../../core/origin.ts';
import { plainBridge } from '../../network/bridge.ts';
import { DEFAULT_BRIDGE, type GatewayMode, gatewayModes, type Network, type Subnet } from '../../network/model.ts';
import { type Attachment, subnetsOf } from './endpoints.ts';
import { booleanOf, entriesOf, field, gap, itemsOf, originOf, type Place, settingsOf, textOf } from './json-place.ts';

/** An inspected network. Host and none are namespaces, and `config-only` networks carry no traffic. */
export interface InspectedNetwork {
  readonly place: Place;
  readonly id: string;
  readonly name: string;
  readonly isNetwork: boolean;
  /** Ids (64 digits) of the containers that were attached to it. */
  readonly containerIds: readonly string[];
}

export function readInspectedNetwork(value: unknown, source: string): InspectedNetwork {
  const name = typeof value === 'object' && value !== null && 'Name' in value && typeof value.Name === 'string' ? value.Name : '';
  const place: Place = { value, path: '', within: { source, object: `network ${name}`, problems: [] } };
  const driver = textOf(field(place, 'Driver'));
  return {
    place,
    id: textOf(field(place, 'Id')) ?? '',
    name,
    isNetwork: driver !== 'host' && driver !== 'null' && booleanOf(field(place, 'ConfigOnly')) !== true,
    containerIds: entriesOf(field(place, 'Containers')).map(([id]) => id),
  };
}

/** `hidden`: containers are attached that the input does not show. */
export function readNetwork(network: InspectedNetwork, hidden: boolean, attachments: readonly Attachment[]): Network {
  const { place } = network;
  const option = (name: string) => field(field(place, 'Options'), name);
  const bridge = (name: string) => option(`com.docker.network.bridge.${name}`);
  const internal = field(place, 'Internal');
  const hostBinding = textOf(bridge('host_binding_ipv4'));
  const mtu = readMtu(option('com.docker.network.driver.mtu'));
  const parent = textOf(option('parent'));
  return {
    id: network.name,
    key: textOf(field(field(place, 'Labels'), 'com.docker.compose.network')) ?? network.name,
    origin: originOf(place),
    driver: textOf(field(place, 'Driver')) ?? 'bridge',
    external: hidden,
    ...(booleanOf(internal) === true ? { internal: originOf(internal) } : {}),
    icc: flag(bridge('enable_icc'), true),
    gatewayMode4: readGatewayMode(bridge('gateway_mode_ipv4')),
    gatewayMode6: readGatewayMode(bridge('gateway_mode_ipv6')),
    masquerade: flag(bridge('enable_ip_masquerade'), true).value,
    // 0.0.0.0 stands on every default bridge and is what the engine does anyway.
    ...(hostBinding === undefined || hostBinding === '0.0.0.0' ? {} : { hostBinding4: hostBinding }),
    ...(mtu === undefined ? {} : { mtu: { value: mtu, origin: originOf(option('com.docker.network.driver.mtu')) } }),
    ipv4: booleanOf(field(place, 'EnableIPv4')) ?? true, // listed since 28; before it could not be turned off
    ipv6: booleanOf(field(place, 'EnableIPv6')) ?? false,
    attachable: booleanOf(field(place, 'Attachable')) ?? false,
    ...(parent === undefined ? {} : { parent }),
    subnets: readSubnets(place, attachments),
    options: settingsOf(field(place, 'Options')),
  };
}

/** Driver options are text, and the engine reads them as Go's ParseBool does. */
function flag(place: Place, standard: boolean): { readonly value: boolean; readonly origin: Origin } {
  const text = textOf(place);
  const origin: Origin =
    text === undefined ? { kind: 'default', text: `default of the bridge driver: ${place.path} is ${standard}` } : originOf(place);
  return { value: text === undefined ? standard : /^(1|t|T|true|TRUE|True)$/.test(text), origin };
}

function readGatewayMode(place: Place): { readonly value: GatewayMode; readonly origin: Origin } {
  const text = textOf(place);
  const value = gatewayModes.find((mode) => mode === text);
  if (value !== undefined) return { value, origin: originOf(place) };
  if (text !== undefined)
    gap(place, 'inspect-gateway-mode', `gateway mode "${text}" is not known`, `taken as nat; known are ${gatewayModes.join(', ')}`);
  return { value: 'nat', origin: { kind: 'default', text: 'default of the bridge driver: gateway mode nat' } };
}

function readMtu(place: Place): number | undefined {
  const value = Number(textOf(place) ?? 0);
  return Number.isInteger(value) && value > 0 ? value : undefined; // 0 means that the driver decides
}

/** Where the engine does not list a gateway that it chose itself, an attached container knows it. */
function readSubnets(place: Place, attachments: readonly Attachment[]): readonly Subnet[] {
  const seen = attachments.flatMap(subnetsOf);
  return itemsOf(field(field(place, 'IPAM'), 'Config')).flatMap((item) => {
    const cidr = textOf(field(item, 'Subnet'));
    if (cidr === undefined) return [];
    const ipRange = textOf(field(item, 'IPRange'));
    // Engines before 1.10 wrote the gateway as a CIDR.
    const gateway = textOf(field(item, 'Gateway'))?.replace(/\/.*$/, '') ?? seen.find((one) => one.cidr === cidr)?.gateway;
    const subnet: Subnet = {
      cidr,
      ...(ipRange === undefined ? {} : { ipRange }),
      ...(gateway === undefined ? {} : { gateway }),
      auxiliary: settingsOf(field(item, 'AuxiliaryAddresses')).map((setting) => setting.value),
      knowledge: 'observed',
      origin: originOf(field(item, 'Subnet')),
    };
    return [subnet];
  });
}

/** A network of which only attachments were seen. Driver, `internal` and `icc` are then the engine's defaults, and a gap says so. */
export function networkFromAttachments(name: string, attachments: readonly Attachment[]): Network {
  const subnets = attachments.flatMap(subnetsOf);
  const first = attachments[0];
  const origin: Origin = first === undefined ? { kind: 'default', text: `network ${name}` } : originOf(first.place);
  if (first !== undefined && name !== DEFAULT_BRIDGE)
    gap(
      first.place,
      'inspect-network-missing',
      `network ${name} is not in this input, so that its driver and options are unknown`,
      `add the output of: docker network inspect ${name}`,
    );
  const standard = <T>(value: T, what: string) => ({
    value,
    origin: { kind: 'default', text: `default of the bridge driver: ${what}` } as const,
  });
  return plainBridge(name, origin, {
    external: true,
    icc: standard(true, 'icc is on'),
    gatewayMode4: standard<GatewayMode>('nat', 'gateway mode nat'),
    gatewayMode6: standard<GatewayMode>('nat', 'gateway mode nat'),
    ipv6: subnets.some((subnet) => subnet.cidr.includes(':')),
    subnets: subnets.filter((subnet, at) => subnets.findIndex((other) => other.cidr === subnet.cidr) === at),
  });
}
