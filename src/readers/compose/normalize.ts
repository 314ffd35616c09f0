import type { Entry, MapNode, Node } from './node.ts';
import { booleanNode, entriesAt, itemsAt, mapAt, mapNode, textAt, textNode, withEntries, withoutKey, withValue } from './node.ts';
import { fileStart } from './problems.ts';

/** The model with what Compose adds: the default network where it is used, dependencies that other keys imply, names. */
export function normalize(root: MapNode, project: string): MapNode {
  let made = withServices(root, (service) => impliedDependencies(onDefaultNetwork(service)));
  made = declareDefault(made);
  for (const kind of ['networks', 'volumes', 'configs', 'secrets']) made = nameResources(made, kind, project);
  return made;
}

function withServices(root: MapNode, change: (service: MapNode) => MapNode): MapNode {
  const services = mapAt(root, 'services');
  if (services === undefined) return root;
  const entries = new Map<string, Entry>();
  for (const [name, entry] of services.entries) {
    if (entry.value.kind === 'map') entries.set(name, { key: entry.key, value: change(entry.value) });
  }
  return withValue(root, 'services', withEntries(services, entries));
}

function onDefaultNetwork(service: MapNode): MapNode {
  if (entriesAt(service, 'networks').size > 0) return service;
  const bare = withoutKey(service, 'networks');
  if (service.entries.has('network_mode') || service.entries.has('provider')) return bare;
  const place = { ...service.place, exact: false };
  return withValue(bare, 'networks', mapNode({ default: { kind: 'null', place } }, place));
}

function impliedDependencies(service: MapNode): MapNode {
  const wanted: { readonly name: string; readonly node: Node; readonly restart: boolean }[] = [];
  for (const link of itemsAt(service, 'links')) {
    if (link.kind === 'scalar') wanted.push({ name: link.text.split(':')[0] ?? '', node: link, restart: true });
  }
  for (const key of ['network_mode', 'ipc', 'pid', 'uts', 'cgroup']) {
    const value = textAt(service, key);
    if (value?.text.startsWith('service:') === true) wanted.push({ name: value.text.slice('service:'.length), node: value, restart: true });
  }
  for (const from of itemsAt(service, 'volumes_from')) {
    if (from.kind === 'scalar' && !from.text.startsWith('container:'))
      wanted.push({ name: from.text.split(':')[0] ?? '', node: from, restart: false });
  }
  if (wanted.length === 0) return service;
  let dependencies = mapAt(service, 'depends_on') ?? mapNode({}, { ...service.place, exact: false });
  for (const { name, node, restart } of wanted) {
    if (dependencies.entries.has(name)) continue;
    const place = { ...node.place, exact: false };
    const facts = {
      condition: textNode('service_started', place),
      restart: restart ? booleanNode(true, place) : undefined,
      required: booleanNode(true, place),
    };
    dependencies = withValue(dependencies, name, mapNode(facts, place));
  }
  return withValue(service, 'depends_on', dependencies);
}

function declareDefault(root: MapNode): MapNode {
  const networks = mapAt(root, 'networks') ?? mapNode({}, fileStart(root.place));
  return networks.entries.has('default')
    ? root
    : withValue(root, 'networks', withValue(networks, 'default', mapNode({}, fileStart(root.place))));
}

function nameResources(root: MapNode, kind: string, project: string): MapNode {
  const resources = mapAt(root, kind);
  if (resources === undefined) return root;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of resources.entries) {
    const node = entry.value.kind === 'map' ? entry.value : mapNode({}, entry.value.place);
    const name = textAt(node, 'external')?.value === true ? key : `${project}_${key}`;
    const named = node.entries.has('name') ? node : withValue(node, 'name', textNode(name, { ...entry.key, exact: false }));
    entries.set(key, { key: entry.key, value: named });
  }
  return withValue(root, kind, withEntries(resources, entries));
}

/** Resources that no active service uses are not created, so they are not there. */
export function withoutUnused(root: MapNode): MapNode {
  const used = { networks: new Set<string>(), volumes: new Set<string>(), configs: new Set<string>(), secrets: new Set<string>() };
  for (const [, { value: service }] of entriesAt(root, 'services')) {
    for (const name of entriesAt(service, 'networks').keys()) used.networks.add(name);
    for (const mount of itemsAt(service, 'volumes')) {
      if (textAt(mount, 'type')?.text === 'volume') used.volumes.add(textAt(mount, 'source')?.text ?? '');
    }
    for (const kind of ['configs', 'secrets'] as const) {
      for (const mount of [...itemsAt(service, kind), ...(kind === 'secrets' ? itemsAt(service, 'build', 'secrets') : [])])
        used[kind].add(textAt(mount, 'source')?.text ?? '');
    }
  }
  let made = root;
  for (const [kind, names] of Object.entries(used)) {
    const resources = mapAt(made, kind);
    if (resources === undefined) continue;
    const kept = new Map([...resources.entries].filter(([name]) => names.has(name)));
    made = withValue(made, kind, withEntries(resources, kept));
  }
  return made;
}
