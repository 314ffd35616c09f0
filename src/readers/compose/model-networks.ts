import { parseCidr } from '../../core/address.ts';
import type { Origin } from '../../core/origin.ts';
import { plainBridge } from '../../network/bridge.ts';
import type { GatewayMode, Network, Setting, Subnet } from '../../network/model.ts';
import { gatewayModes } from '../../network/model.ts';
import type { Entry, Node, ScalarNode } from './node.ts';
import { entriesAt, itemsAt, originOf, textAt } from './node.ts';
import type { ComposeProject } from './project.ts';

const byDefault = (text: string): Origin => ({ kind: 'default', text });

const prefix = 'com.docker.network.bridge.';

export function networkOf(key: string, entry: Entry, project: ComposeProject): Network {
  const node = entry.value;
  const options = entriesAt(node, 'driver_opts');
  const option = (name: string): ScalarNode | undefined => {
    const value = options.get(name)?.value;
    return value?.kind === 'scalar' ? value : undefined;
  };
  const internal = textAt(node, 'internal');
  const icc = option(`${prefix}enable_icc`);
  const mtu = option('com.docker.network.driver.mtu') ?? option('com.docker.network.mtu');
  const binding = option(`${prefix}host_binding_ipv4`)?.text;
  const parent = option('parent')?.text;
  return {
    id: project.networkIds.get(key) ?? `${project.name}_${key}`,
    key,
    // The implicit default network has no place of its own.
    origin:
      entry.key.end === 0 ? byDefault(`default of Compose: services without networks share ${project.name}_default`) : originOf(entry.key),
    driver: textAt(node, 'driver')?.text || 'bridge',
    external: textAt(node, 'external')?.value === true,
    ...(internal?.value === true ? { internal: originOf(internal.place) } : {}),
    icc:
      icc === undefined
        ? { value: true, origin: byDefault('default of the bridge driver: containers may talk to each other') }
        : { value: isTrue(icc), origin: originOf(icc.place) },
    gatewayMode4: gatewayMode(option(`${prefix}gateway_mode_ipv4`)),
    gatewayMode6: gatewayMode(option(`${prefix}gateway_mode_ipv6`)),
    masquerade: isTrue(option(`${prefix}enable_ip_masquerade`), true),
    ...(binding === undefined ? {} : { hostBinding4: binding }),
    ...(mtu === undefined ? {} : { mtu: { value: Number(mtu.text), origin: originOf(mtu.place) } }),
    ipv4: isTrue(textAt(node, 'enable_ipv4'), true),
    ipv6: isTrue(textAt(node, 'enable_ipv6'), false),
    attachable: isTrue(textAt(node, 'attachable'), false),
    ...(parent === undefined ? {} : { parent }),
    subnets: itemsAt(node, 'ipam', 'config').flatMap(subnetOf),
    options: [...options].flatMap(([name, { value }]): Setting[] =>
      value.kind === 'scalar' ? [{ name, value: value.text, origin: originOf(value.place) }] : [],
    ),
  };
}

/** Go's strconv.ParseBool, which the drivers use for their options. */
const isTrue = (node: ScalarNode | undefined, otherwise = false): boolean =>
  node === undefined ? otherwise : /^(?:1|t|true)$/i.test(node.text);

function gatewayMode(node: ScalarNode | undefined): { readonly value: GatewayMode; readonly origin: Origin } {
  const value = gatewayModes.find((mode) => mode === node?.text);
  if (node === undefined || value === undefined)
    return { value: 'nat', origin: byDefault('default of the bridge driver: gateway mode nat') };
  return { value, origin: originOf(node.place) };
}

function subnetOf(pool: Node): readonly Subnet[] {
  const cidr = textAt(pool, 'subnet');
  if (cidr === undefined || parseCidr(cidr.text) === undefined) return [];
  const ipRange = textAt(pool, 'ip_range')?.text;
  const gateway = textAt(pool, 'gateway')?.text;
  const auxiliary = [...entriesAt(pool, 'aux_addresses').values()].flatMap(({ value }) => (value.kind === 'scalar' ? [value.text] : []));
  return [
    {
      cidr: cidr.text,
      ...(ipRange === undefined ? {} : { ipRange }),
      ...(gateway === undefined ? {} : { gateway }),
      auxiliary,
      knowledge: 'declared',
      origin: originOf(cidr.place),
    },
  ];
}

/** Where docker0 comes from. */
export const dockerZero = byDefault('default of the engine: the bridge docker0');

/** A network that exists without being declared here; its subnet is the engine's to say. */
export function elsewhere(id: string, origin: Origin): Network {
  return plainBridge(id, origin, { external: true });
}
