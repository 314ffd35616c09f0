/** Changes in the words of the model, written into the Compose file that declares the service or the network. */
import { isMap, isScalar, isSeq, type Node, visit, type YAMLMap, type YAMLSeq } from 'yaml';
import type { TextEdit } from '../../core/text.ts';
import type { Network, Workload } from '../../network/model.ts';
import type { Change } from '../rule.ts';
import { attach, move } from './compose-networks.ts';
import type { Desk } from './desk.ts';
import { addEntry, fillEmpty, putInto, removeEntry, replaceScalar, replaceValue, slotOf } from './yaml-edit.ts';
import { isFlow, nodeAt, ownEntry, Raw, type YamlFile, type YamlValue } from './yaml-file.ts';

export type ServiceChange = Extract<Change, { readonly workloadId: string }>;
export type NetworkChange = Extract<Change, { readonly kind: 'set-network-option' | 'set-subnet' }>;

/** Undefined: this change cannot be written here by an edit that keeps the rest of the file. */
export function composeServiceEdits(desk: Desk, workload: Workload, change: ServiceChange): readonly TextEdit[] | undefined {
  const place = serviceOf(desk, workload);
  if (place === undefined) return undefined;
  const { file, service } = place;
  switch (change.kind) {
    case 'add-extra-host': {
      const item = `${change.name}:${change.address}`;
      return all(putInto(file, service, 'extra_hosts', { name: change.name, value: change.address, item, prefer: 'list' }));
    }
    case 'publish':
      return all(putInto(file, service, 'ports', { name: '', value: null, item: portItem(file, service, change), prefer: 'list' }));
    case 'set-publish-address':
      return setPublishAddress(desk, change);
    case 'drop-publications':
      return all(removeEntry(file, service, 'ports'));
    case 'set-environment':
      return all(setEnvironment(file, service, change.name, change.value));
    case 'attach-network':
      return attach(desk, file, service, workload, change.networkId);
    case 'move-to-network':
      return move(desk, file, service, workload, change.networkId);
    case 'set-dependency':
      return all(setDependency(file, service, change));
    default:
      return change satisfies never;
  }
}

export function composeNetworkEdits(desk: Desk, network: Network, change: NetworkChange): readonly TextEdit[] | undefined {
  const file = network.origin.kind === 'file' ? desk.yaml(network.origin.file) : undefined;
  if (file === undefined || !isMap(file.root)) return undefined;
  const value: YamlValue =
    change.kind === 'set-subnet'
      ? { ipam: { config: [{ subnet: change.cidr }] } }
      : { driver_opts: { [change.name]: optionValue(change.value) } };
  const networks = ownEntry(file.root, 'networks');
  if (networks === undefined) return all(addEntry(file, file.root, 'networks', { [network.key]: value }));
  if (!isMap(networks.value)) return all(fillEmpty(file, networks, { [network.key]: value }));
  const pair = ownEntry(networks.value, network.key);
  if (pair === undefined) return all(addEntry(file, networks.value, network.key, value));
  if (!isMap(pair.value)) return isScalar(pair.value) && pair.value.value === null ? all(fillEmpty(file, pair, value)) : undefined;
  return all(change.kind === 'set-subnet' ? setSubnet(file, pair.value, change.cidr) : setOption(file, pair.value, change));
}

/** Compose wants driver options to be strings or numbers; a truth value would be refused. */
const optionValue = (text: string): YamlValue =>
  /^(true|false)$/.test(text) ? new Raw(JSON.stringify(text)) : /^\d+$/.test(text) ? Number(text) : text;

function setOption(file: YamlFile, network: YAMLMap, change: { readonly name: string; readonly value: string }): TextEdit | undefined {
  const options = ownEntry(network, 'driver_opts')?.value;
  const present = isMap(options) ? ownEntry(options, change.name)?.value : undefined;
  if (isScalar(present)) return replaceScalar(file, present, change.value);
  const value = optionValue(change.value);
  return putInto(file, network, 'driver_opts', { name: change.name, value, item: null, prefer: 'map' });
}

function setSubnet(file: YamlFile, network: YAMLMap, cidr: string): TextEdit | undefined {
  const config = nestedNode(file, network, ['ipam', 'config']);
  if (!isSeq(config))
    return ownEntry(network, 'ipam') === undefined ? addEntry(file, network, 'ipam', { config: [{ subnet: cidr }] }) : undefined;
  const [first] = config.items;
  const subnet = isMap(first) ? ownEntry(first, 'subnet')?.value : undefined;
  return isScalar(subnet) ? replaceScalar(file, subnet, cidr) : undefined;
}

function nestedNode(file: YamlFile, map: YAMLMap, path: readonly string[]): Node | undefined {
  let node: Node | undefined = map;
  for (const key of path) node = isMap(node) ? file.resolve(ownEntry(node, key)?.value) : undefined;
  return node;
}

const all = (edit: TextEdit | undefined): readonly TextEdit[] | undefined => (edit === undefined ? undefined : [edit]);

function serviceOf(desk: Desk, workload: Workload): { readonly file: YamlFile; readonly service: YAMLMap } | undefined {
  if (workload.origin.kind !== 'file') return undefined;
  const { file: path, span } = workload.origin;
  const file = desk.yaml(path);
  const services = file === undefined ? undefined : nodeAt(file, ['services']);
  if (file === undefined || !isMap(services)) return undefined;
  const pair = services.items.find((item) => isScalar(item.key) && item.key.range?.[0] === span.start) ?? ownEntry(services, workload.name);
  return isMap(pair?.value) ? { file, service: pair.value } : undefined;
}

type Publish = Extract<Change, { readonly kind: 'publish' }>;

/** The short form, in the quotes of its neighbours; plain ones may be misread by YAML 1.1 (base 60), so they are not copied. */
function portItem(file: YamlFile, service: YAMLMap, change: Publish): YamlValue {
  const text = portText(change);
  const slot = slotOf(file, service, 'ports');
  const [first] = slot.kind === 'own' && isSeq(slot.node) ? slot.node.items : [];
  return new Raw(isScalar(first) && first.type === 'QUOTE_SINGLE' ? `'${text}'` : `"${text}"`);
}

/** `127.0.0.1:9090:9090/udp`, as Compose and `docker run -p` write it. */
export function portText({ hostIp, hostPort, containerPort, transport }: Publish): string {
  const address = hostIp === undefined ? '' : hostIp.includes(':') ? `[${hostIp}]:` : `${hostIp}:`;
  return `${address}${hostPort}:${containerPort}${transport === 'tcp' ? '' : `/${transport}`}`;
}

/** The long form's `host_ip`. Of the short form, a part of the text is replaced, which needs no knowledge of YAML. */
function setPublishAddress(
  desk: Desk,
  { origin, hostIp }: Extract<Change, { readonly kind: 'set-publish-address' }>,
): readonly TextEdit[] | undefined {
  const file = desk.yaml(origin.file);
  const entry = file === undefined ? undefined : mapAt(file, origin.span.start);
  const address = entry === undefined ? undefined : ownEntry(entry, 'host_ip')?.value;
  // An interpolated address is decided where its variable is set.
  if (file === undefined || !isScalar(address) || String(address.value).includes('$')) return undefined;
  return all(replaceScalar(file, address, hostIp));
}

function mapAt({ root }: YamlFile, start: number): YAMLMap | undefined {
  let found: YAMLMap | undefined;
  visit(root, {
    Map: (_, node) => {
      if (node.range?.[0] !== start || ownEntry(node, 'host_ip') === undefined) return undefined;
      found = node;
      return visit.BREAK;
    },
  });
  return found;
}

function setEnvironment(file: YamlFile, service: YAMLMap, name: string, value: string): TextEdit | undefined {
  const slot = slotOf(file, service, 'environment');
  const replaces = (item: string): boolean => item === name || item.startsWith(`${name}=`);
  const put = { name, value, item: `${name}=${value}`, prefer: 'map' as const, replaces };
  if (slot.kind !== 'own') return putInto(file, service, 'environment', put);
  if (isMap(slot.node)) {
    const pair = ownEntry(slot.node, name);
    if (pair === undefined) return putInto(file, service, 'environment', put);
    return isScalar(pair.value) && pair.value.value !== null ? replaceScalar(file, pair.value, value) : undefined;
  }
  const item = isSeq(slot.node) ? itemOf(slot.node, name) : undefined;
  return item === undefined ? putInto(file, service, 'environment', put) : replaceScalar(file, item, put.item);
}

function itemOf(list: YAMLSeq, name: string): Node | undefined {
  return list.items.filter(isScalar).find((item) => String(item.value) === name || String(item.value).startsWith(`${name}=`));
}

function setDependency(
  file: YamlFile,
  service: YAMLMap,
  change: Extract<Change, { readonly kind: 'set-dependency' }>,
): TextEdit | undefined {
  const target = change.target.slice(change.target.lastIndexOf('/') + 1);
  const value: YamlValue = {
    condition: change.condition ?? 'service_started',
    ...(change.restart === undefined ? {} : { restart: change.restart }),
  };
  const slot = slotOf(file, service, 'depends_on');
  if (slot.kind === 'own' && isSeq(slot.node)) return replaceValue(file, slot.pair, longForm(slot.node, target, value), isFlow(service));
  const present = slot.kind === 'own' && isMap(slot.node) ? ownEntry(slot.node, target)?.value : undefined;
  if (!isMap(present)) return putInto(file, service, 'depends_on', { name: target, value, item: target, prefer: 'map' });
  const missing = Object.entries(value).filter(([key]) => ownEntry(present, key) === undefined);
  const [first] = missing;
  if (first !== undefined) return addEntry(file, present, first[0], first[1]);
  const condition = ownEntry(present, 'condition')?.value;
  return isScalar(condition) && change.condition !== undefined ? replaceScalar(file, condition, change.condition) : undefined;
}

function longForm(list: YAMLSeq, target: string, value: YamlValue): YamlValue {
  const names = list.items.filter(isScalar).map((item) => String(item.value));
  return Object.fromEntries(
    [...new Set([...names, target])].map((name) => [name, name === target ? value : { condition: 'service_started' }]),
  );
}
