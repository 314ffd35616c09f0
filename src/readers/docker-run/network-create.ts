import { type Cidr, contains, formatCidr, overlaps, parseAddress, parseCidr } from '../../core/address.ts';
import type { Origin } from '../../core/origin.ts';
import { plainBridge } from '../../network/bridge.ts';
import { type GatewayMode, gatewayModes, type Network, type Setting, type Subnet } from '../../network/model.ts';
import { settingOf } from './container.ts';
import { GivenFlags } from './given.ts';
import type { ParsedFlags } from './parse-flags.ts';
import type { ReadContext } from './read-context.ts';
import type { Remarks } from './remarks.ts';
import { parseBoolean, parseInteger } from './values.ts';
import { Text } from './word.ts';

const BRIDGE = 'com.docker.network.bridge.';
const MTU = 'com.docker.network.driver.mtu';

/** What a `docker network create` asks for; undefined when it names no network. */
export function readNetworkCreate(
  parsed: ParsedFlags,
  context: ReadContext,
): { readonly network: Network; readonly name: Text } | undefined {
  const { source, remarks } = context;
  const [word] = parsed.operands;
  if (word === undefined) return undefined;
  const name = new Text(source, word);
  const given = new GivenFlags(parsed.flags);
  const options = given.all('opt').map((text) => ({ ...settingOf(text), text }));
  const option = (key: string) => options.findLast((candidate) => candidate.name === key);
  const subnets = readSubnets(given, remarks);
  const driver = given.last('driver')?.value ?? 'bridge';
  const ipv6 = given.isSet('ipv6');
  const internal = given.isSet('internal') ? (given.last('internal')?.origin ?? name.origin) : undefined;
  const mtu = mtuOf(option(MTU) ?? option('mtu'), remarks);
  const hostBinding = option(`${BRIDGE}host_binding_ipv4`)?.value;
  const parent = option('parent')?.value;
  const ipv4Flag = given.last('ipv4');
  return {
    name,
    network: {
      id: name.value,
      key: name.value,
      origin: name.origin,
      driver,
      external: false,
      icc: booleanOption(
        option(`${BRIDGE}enable_icc`),
        true,
        'default of the engine: containers on one bridge may talk to each other',
        remarks,
      ),
      gatewayMode4: gatewayModeOf(option(`${BRIDGE}gateway_mode_ipv4`), remarks),
      gatewayMode6: gatewayModeOf(option(`${BRIDGE}gateway_mode_ipv6`), remarks),
      masquerade: booleanOption(option(`${BRIDGE}enable_ip_masquerade`), true, '', remarks).value,
      ipv4: ipv4Flag === undefined || given.isSet('ipv4'),
      ipv6,
      attachable: given.isSet('attachable'),
      subnets,
      options: options.map(({ name: key, value, origin }) => ({ name: key, value, origin })),
      ...(internal === undefined ? {} : { internal }),
      ...(mtu === undefined ? {} : { mtu }),
      ...(hostBinding === undefined ? {} : { hostBinding4: hostBinding }),
      ...(parent === undefined ? {} : { parent }),
    },
  };
}

type Option = Setting & { readonly text: Text };

function booleanOption(option: Option | undefined, otherwise: boolean, text: string, remarks: Remarks): Network['icc'] {
  if (option === undefined) return { value: otherwise, origin: { kind: 'default', text } };
  const value = parseBoolean(option.value);
  if (!option.text.known) remarks.unknown(option.text, `the network option ${option.name}`);
  else if (value === undefined)
    remarks.error('docker-invalid-value', `the network option ${option.name} is "${option.value}"`, 'write true or false', option.origin);
  return { value: value ?? otherwise, origin: option.origin };
}

function gatewayModeOf(option: Option | undefined, remarks: Remarks): Network['gatewayMode4'] {
  if (option === undefined) return { value: 'nat', origin: { kind: 'default', text: 'default of the engine: gateway mode nat' } };
  const value: GatewayMode | undefined = gatewayModes.find((mode) => mode === option.value);
  if (value === undefined && option.text.known)
    remarks.error(
      'docker-invalid-value',
      `"${option.value}" is no gateway mode`,
      `write ${gatewayModes.join(', ')} (nat-unprotected and isolated since version 28, routed since 27)`,
      option.origin,
    );
  return { value: value ?? 'nat', origin: option.origin };
}

function mtuOf(option: Option | undefined, remarks: Remarks): Network['mtu'] {
  if (option === undefined || !option.text.known) return undefined;
  const value = parseInteger(option.value);
  if (value !== undefined && value >= 0) return { value, origin: option.origin };
  remarks.error(
    'docker-invalid-value',
    `the MTU "${option.value}" is not a whole number`,
    'write the number of bytes: 1450',
    option.origin,
  );
  return undefined;
}

interface Draft {
  readonly cidr: Cidr;
  readonly text: Text;
  gateway?: string;
  ipRange?: string;
  readonly auxiliary: string[];
}

/** Lists may be given at once: `--subnet a,b`. */
const listed = (given: GivenFlags, name: string): readonly Text[] => given.all(name).flatMap((text) => text.split(','));

/** Pairs each gateway, range and auxiliary address with the subnet that holds it, and refuses what fits none, as the CLI does. */
function readSubnets(given: GivenFlags, remarks: Remarks): readonly Subnet[] {
  const drafts: Draft[] = [];
  for (const text of listed(given, 'subnet')) {
    const draft = readSubnet(text, drafts, remarks);
    if (draft !== undefined) drafts.push(draft);
  }
  const unknownSubnet = listed(given, 'subnet').some((text) => !text.known);
  for (const text of listed(given, 'gateway')) placeGateway(text, drafts, unknownSubnet, remarks);
  for (const text of listed(given, 'ip-range')) placeRange(text, drafts, unknownSubnet, remarks);
  for (const text of given.all('aux-address')) placeAuxiliary(text, drafts, unknownSubnet, remarks);
  return drafts.map(({ text, gateway, ipRange, auxiliary }) => ({
    cidr: text.value,
    auxiliary,
    knowledge: 'declared',
    origin: text.origin,
    ...(gateway === undefined ? {} : { gateway }),
    ...(ipRange === undefined ? {} : { ipRange }),
  }));
}

function readSubnet(text: Text, earlier: readonly Draft[], remarks: Remarks): Draft | undefined {
  if (!text.known) {
    remarks.unknown(text, 'the subnet of a network');
    return undefined;
  }
  const cidr = parseCidr(text.value);
  if (cidr === undefined) {
    const hint =
      parseAddress(text.value) === undefined ? 'write for example 172.30.0.0/24' : `add the length of the prefix: ${text.value}/24`;
    remarks.error('docker-invalid-subnet', `"${text.value}" is no subnet`, hint, text.origin);
    return undefined;
  }
  if (cidr.hostBits)
    remarks.warning(
      'docker-subnet-host-bits',
      `the subnet ${text.value} has host bits set; since version 28 the engine refuses it`,
      `write ${formatCidr(cidr)}`,
      text.origin,
    );
  const other = earlier.find((draft) => overlaps(draft.cidr, cidr));
  if (other !== undefined) {
    remarks.error(
      'docker-overlapping-subnets',
      `the subnets ${other.text.value} and ${text.value} of one network overlap`,
      'give each part of the network a range of its own',
      text.origin,
    );
    return undefined;
  }
  return { cidr, text, auxiliary: [] };
}

function placeGateway(text: Text, drafts: readonly Draft[], unknownSubnet: boolean, remarks: Remarks): void {
  const address = parseAddress(text.value);
  const home = address === undefined ? undefined : drafts.find((draft) => contains(draft.cidr, address));
  if (!text.known) remarks.unknown(text, 'the gateway of a network');
  else if (address === undefined)
    remarks.error('docker-invalid-address', `the gateway "${text.value}" is no IP address`, 'write an address of the subnet', text.origin);
  else if (home === undefined) outside(`the gateway ${text.value}`, text, drafts, unknownSubnet, remarks);
  else if (home.gateway !== undefined)
    remarks.error(
      'docker-two-gateways',
      `the subnet ${home.text.value} has two gateways, ${home.gateway} and ${text.value}`,
      'keep one gateway for each subnet',
      text.origin,
    );
  else home.gateway = text.value;
}

function placeRange(text: Text, drafts: readonly Draft[], unknownSubnet: boolean, remarks: Remarks): void {
  const range = parseCidr(text.value);
  const home =
    range === undefined ? undefined : drafts.find((draft) => contains(draft.cidr, range.base) && draft.cidr.prefix <= range.prefix);
  if (!text.known) remarks.unknown(text, 'the address range of a network');
  else if (range === undefined)
    remarks.error(
      'docker-invalid-subnet',
      `the range "${text.value}" is no CIDR`,
      'write a part of the subnet: 172.30.0.128/25',
      text.origin,
    );
  else if (home === undefined) outside(`the range ${text.value}`, text, drafts, unknownSubnet, remarks);
  else home.ipRange = text.value;
}

function placeAuxiliary(text: Text, drafts: readonly Draft[], unknownSubnet: boolean, remarks: Remarks): void {
  for (const entry of text.split(',')) {
    const { after } = entry.cut('=');
    const address = after === undefined ? undefined : parseAddress(after.value);
    const home = address === undefined ? undefined : drafts.find((draft) => contains(draft.cidr, address));
    if (!entry.known) remarks.unknown(entry, 'an auxiliary address');
    else if (after === undefined || address === undefined)
      remarks.error(
        'docker-invalid-address',
        `--aux-address "${entry.value}" is no NAME=ADDRESS`,
        'write for example router=172.30.0.5',
        entry.origin,
      );
    else if (home === undefined) outside(`the auxiliary address ${after.value}`, after, drafts, unknownSubnet, remarks);
    else home.auxiliary.push(after.value);
  }
}

function outside(what: string, text: Text, drafts: readonly Draft[], unknownSubnet: boolean, remarks: Remarks): void {
  if (unknownSubnet) return;
  const subnets = drafts.map((draft) => draft.text.value).join(', ');
  const message = drafts.length === 0 ? `${what} has no subnet to lie in` : `${what} lies outside of ${subnets}`;
  remarks.error(
    'docker-outside-subnet',
    message,
    drafts.length === 0 ? 'add --subnet' : 'choose an address inside, or correct the subnet',
    text.origin,
  );
}

/** The bridge docker0, which every engine has and nobody creates. */
export function defaultBridge(id: string): Network {
  return plainBridge(id, { kind: 'default', text: 'default of the engine: containers without --network are on the bridge docker0' });
}

/** A network that something refers to and this input does not make. */
export function externalNetwork(name: Text): Network {
  const taken: Origin = { kind: 'default', text: 'taken for a plain bridge: this input does not say how the network is made' };
  return plainBridge(name.value, taken, { origin: name.origin, external: true });
}
