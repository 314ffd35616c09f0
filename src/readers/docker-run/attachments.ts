import { parseAddress } from '../../core/address.ts';
import type { Attachment } from './container.ts';
import { isCsvKeyValue, keyValues } from './csv.ts';
import type { GivenFlags } from './given.ts';
import type { Remarks } from './remarks.ts';
import { parseInteger } from './values.ts';
import type { Text } from './word.ts';

const FIELDS = 'fields are name, alias, ip, ip6, link-local-ip, mac-address, driver-opt and gw-priority';

interface Draft {
  network: Text;
  aliases: Text[];
  ipv4?: Text | undefined;
  ipv6?: Text | undefined;
  mac?: Text | undefined;
  gatewayPriority: number;
}

/**
 * The networks of a container: every `--network`, short or long form; `--ip`, `--network-alias` and their like belong to the first,
 * which may not set the same thing itself (docker/cli, applyContainerOptions).
 */
export function readAttachments(given: GivenFlags, remarks: Remarks): readonly Attachment[] {
  const drafts = given.all('network').flatMap((text) => readNetwork(text, remarks));
  const first = drafts[0];
  const aliases = given.all('network-alias');
  const address = {
    ipv4: readIp(given.last('ip'), 4, remarks),
    ipv6: readIp(given.last('ip6'), 6, remarks),
    mac: readMac(given.last('mac-address'), remarks),
  };
  for (const text of given.all('link-local-ip')) readLinkLocal(text, remarks);
  checkDouble(first, aliases[0], address, remarks);
  if (first !== undefined) {
    first.aliases.push(...aliases);
    first.ipv4 = address.ipv4 ?? first.ipv4;
    first.ipv6 = address.ipv6 ?? first.ipv6;
    first.mac = address.mac ?? first.mac;
  }
  checkModes(drafts, aliases, remarks);
  if (first === undefined && (address.ipv4 ?? address.ipv6) !== undefined)
    refuseAddressOnBridge(address.ipv4 ?? address.ipv6, remarks, '; version 20.10 ignores it, later ones refuse it');
  return drafts.map(finish);
}

function finish({ network, aliases, ipv4, ipv6, mac, gatewayPriority }: Draft): Attachment {
  return {
    network,
    aliases,
    gatewayPriority,
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
    ...(mac === undefined ? {} : { mac }),
  };
}

function readNetwork(text: Text, remarks: Remarks): readonly Draft[] {
  if (!isCsvKeyValue(text.value)) {
    if (text.value === '')
      remarks.error('docker-invalid-network', '--network is empty', 'name a network, or leave the flag out', text.origin);
    return text.value === '' ? [] : [{ network: text, aliases: [], gatewayPriority: 0 }];
  }
  const fields = keyValues(text);
  const name = fields.find((field) => field.key === 'name')?.value;
  const draft: Draft = { network: name ?? text, aliases: [], gatewayPriority: 0 };
  for (const { key, value, text: field } of fields) {
    if (value === undefined) return refuseNetwork(remarks, field, `"${field.value}" is no field`, `write key=value; ${FIELDS}`);
    if (!setField(draft, key, value, remarks)) return refuseNetwork(remarks, field, `it has no field "${key}"`, FIELDS);
  }
  if (name === undefined) return refuseNetwork(remarks, text, 'it names no network', 'write name=NETWORK,…');
  return [draft];
}

/** False for a field that docker does not know. */
function setField(draft: Draft, key: string, value: Text, remarks: Remarks): boolean {
  switch (key) {
    case 'name':
    case 'driver-opt':
      return true;
    case 'link-local-ip':
      readLinkLocal(value, remarks);
      return true;
    case 'alias':
      draft.aliases.push(value);
      return true;
    case 'ip': {
      const ip = readIp(value, 4, remarks);
      if (ip !== undefined) draft.ipv4 = ip;
      return true;
    }
    case 'ip6': {
      const ip = readIp(value, 6, remarks);
      if (ip !== undefined) draft.ipv6 = ip;
      return true;
    }
    case 'mac-address': {
      const mac = readMac(value, remarks);
      if (mac !== undefined) draft.mac = mac;
      return true;
    }
    case 'gw-priority': {
      const priority = parseInteger(value.value);
      if (!value.known) remarks.unknown(value, 'the priority of a gateway');
      else if (priority === undefined)
        remarks.error(
          'docker-invalid-value',
          `gw-priority "${value.value}" is not a whole number`,
          'write for example gw-priority=1',
          value.origin,
        );
      else draft.gatewayPriority = priority;
      return true;
    }
    default:
      return false;
  }
}

export function readIp(text: Text | undefined, family: 4 | 6, remarks: Remarks): Text | undefined {
  if (text === undefined) return undefined;
  if (!text.known) {
    remarks.unknown(text, `an IPv${family} address`);
    return undefined;
  }
  const address = parseAddress(text.value);
  if (address?.family === family) return text;
  const other = address === undefined ? '' : `; it is an IPv${address.family} address`;
  remarks.error(
    'docker-invalid-address',
    `"${text.value}" is no IPv${family} address${other}`,
    address === undefined
      ? `write for example ${family === 4 ? '172.30.0.10' : '2001:db8::10'}`
      : `use --ip${address.family === 4 ? '' : '6'}`,
    text.origin,
  );
  return undefined;
}

function readLinkLocal(text: Text, remarks: Remarks): void {
  if (text.known && parseAddress(text.value) === undefined)
    remarks.error('docker-invalid-address', `"${text.value}" is no IP address`, 'write for example 169.254.34.22', text.origin);
}

function readMac(text: Text | undefined, remarks: Remarks): Text | undefined {
  if (text === undefined || !text.known) return undefined;
  if (/^[0-9a-fA-F]{2}([:-])(?:[0-9a-fA-F]{2}\1){4}[0-9a-fA-F]{2}$|^(?:[0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}$/.test(text.value)) return text;
  remarks.error(
    'docker-invalid-mac',
    `"${text.value}" is no MAC address`,
    'write six pairs of hexadecimal digits: 02:42:ac:11:00:02',
    text.origin,
  );
  return undefined;
}

function checkDouble(
  first: Draft | undefined,
  alias: Text | undefined,
  address: { readonly ipv4: Text | undefined; readonly ipv6: Text | undefined; readonly mac: Text | undefined },
  remarks: Remarks,
): void {
  const pairs = [
    ['--ip', address.ipv4, first?.ipv4],
    ['--ip6', address.ipv6, first?.ipv6],
    ['--network-alias', alias, first?.aliases[0]],
    ['--mac-address', address.mac, first?.mac],
  ] as const;
  for (const [flag, outside, inside] of pairs)
    if (outside !== undefined && inside !== undefined)
      remarks.error(
        'docker-conflicting-options',
        `${flag} is given on its own and inside of --network as well; docker refuses both together`,
        'keep one of them',
        outside.origin,
      );
}

const isContainerMode = (name: string): boolean => name.startsWith('container:');

/** Networks of a user, as docker's `IsUserDefined` tells them. */
export function isUserDefined(name: string): boolean {
  return name !== 'bridge' && name !== 'host' && name !== 'none' && name !== 'default' && !isContainerMode(name);
}

function checkModes(drafts: readonly Draft[], aliases: readonly Text[], remarks: Remarks): void {
  const [first] = drafts;
  const modes = drafts.filter((draft) => !isUserDefined(draft.network.value));
  const [mode] = modes;
  for (const [index, { network }] of drafts.entries())
    if (network.known && drafts.findIndex((other) => other.network.value === network.value) < index)
      remarks.error('docker-conflicting-options', `the network "${network.value}" is given twice`, 'keep one of them', network.origin);
  const other = drafts.find((draft) => draft.network.value !== mode?.network.value);
  if (mode !== undefined && other !== undefined) {
    remarks.error(
      'docker-conflicting-options',
      `a container cannot be on "${mode.network.value}" and on "${other.network.value}" at once`,
      isContainerMode(mode.network.value) || mode.network.value === 'host' || mode.network.value === 'none'
        ? 'keep one --network'
        : 'keep the user-defined network; docker network connect adds the default bridge later',
      (drafts[1] ?? mode).network.origin,
    );
  }
  const alias = first?.aliases[0] ?? aliases[0];
  if (alias !== undefined && (first === undefined || !isUserDefined(first.network.value)))
    remarks.error(
      'docker-alias-needs-network',
      `--network-alias "${alias.value}" has no effect outside of a user-defined network; docker refuses it`,
      'make a network with `docker network create` and add --network NAME',
      alias.origin,
    );
  const ip = first?.ipv4 ?? first?.ipv6;
  if (first !== undefined && ip !== undefined && !isUserDefined(first.network.value)) refuseAddressOnBridge(ip, remarks);
}

function refuseAddressOnBridge(ip: Text | undefined, remarks: Remarks, versions = ''): void {
  if (ip !== undefined)
    remarks.error(
      'docker-address-needs-network',
      `the address ${ip.value} can be chosen on user-defined networks only${versions}`,
      'make a network with `docker network create --subnet …` and add --network NAME',
      ip.origin,
    );
}

function refuseNetwork(remarks: Remarks, at: Text, why: string, hint: string): readonly Draft[] {
  remarks.error('docker-invalid-network', `docker refuses this --network: ${why}`, hint, at.origin);
  return [];
}
