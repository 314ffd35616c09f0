import type { Entry, ListNode, MapNode, Node, ScalarNode } from './node.ts';
import { booleanNode, listNode, mapNode, subPlace, textNode, withValue } from './node.ts';
import { parsePort } from './ports.ts';
import type { Problems } from './problems.ts';
import { report } from './problems.ts';
import { parseVolume, resolveHostPath } from './volumes.ts';

export interface RewriteContext {
  readonly problems: Problems;
  /** What relative paths of this file are relative to. */
  readonly folder: string;
}
/** One short form made long; what it does not know it gives back as it is. */
export type Rewrite = (node: Node, context: RewriteContext) => Node;

const implied = (node: Node) => ({ ...node.place, exact: false });

/** `[A=1, B]` as `{A: "1", B: null}`; each value keeps its own place. */
export const pairs =
  (missing: 'null' | 'empty'): Rewrite =>
  (node) => {
    if (node.kind === 'map' && missing === 'empty') return emptyForNull(node);
    if (node.kind !== 'list') return node;
    const entries = new Map<string, Entry>();
    for (const item of node.items) if (item.kind === 'scalar') addPair(item, missing, entries);
    return { kind: 'map', place: node.place, entries, flow: node.flow };
  };

function addPair(item: ScalarNode, missing: 'null' | 'empty', entries: Map<string, Entry>): void {
  const equals = item.text.indexOf('=');
  const name = equals === -1 ? item.text : item.text.slice(0, equals);
  const key = subPlace(item.place, 0, name.length);
  const end = { ...item.place, start: item.place.end, exact: false };
  const absent: Node = missing === 'null' ? { kind: 'null', place: { ...item.place, exact: false } } : textNode('', end);
  const value = equals === -1 ? absent : textNode(item.text.slice(equals + 1), subPlace(item.place, equals + 1, item.text.length));
  entries.set(name, { key, value });
}

function emptyForNull(node: MapNode): Node {
  const entries = new Map<string, Entry>();
  for (const [name, entry] of node.entries) {
    entries.set(name, entry.value.kind === 'null' ? { key: entry.key, value: textNode('', entry.value.place) } : entry);
  }
  return { ...node, entries };
}

export const textToList: Rewrite = (node) => (node.kind === 'scalar' ? listNode([node], node.place) : node);

export const namesToMap =
  (value: (item: ScalarNode) => Node): Rewrite =>
  (node) => {
    if (node.kind !== 'list') return node;
    const entries = new Map<string, Entry>();
    for (const item of node.items) if (item.kind === 'scalar') entries.set(item.text, { key: item.place, value: value(item) });
    return { kind: 'map', place: node.place, entries, flow: node.flow };
  };

export const dependsOn = namesToMap((item) =>
  mapNode({ condition: textNode('service_started', implied(item)), required: booleanNode(true, implied(item)) }, item.place),
);

export const required: Rewrite = (node) =>
  node.kind === 'map' && !node.entries.has('required') ? withValue(node, 'required', booleanNode(true, implied(node))) : node;

export const envFile: Rewrite = (node, context) => {
  const items = node.kind === 'list' ? node.items : [node];
  return listNode(
    items
      .flatMap((item) => (item.kind === 'scalar' ? [mapNode({ path: item }, item.place)] : item.kind === 'map' ? [item] : []))
      .map((item) => required(item, context)),
    node.place,
  );
};

export const ports: Rewrite = (node, context) => {
  if (node.kind !== 'list') return node;
  return { ...node, items: node.items.flatMap((item) => portsOf(item, context)) };
};

function portsOf(item: Node, context: RewriteContext): readonly Node[] {
  if (item.kind === 'map') return [portDefaults(item)];
  if (item.kind !== 'scalar') return [];
  if (typeof item.value === 'number') return [portDefaults(mapNode({ target: item }, item.place))];
  const parsed = parsePort(item, context.problems.portsLeft);
  if (parsed.ok) {
    context.problems.portsLeft -= parsed.ports.length;
    return parsed.ports;
  }
  report(context.problems, parsed.place, parsed.remark);
  return [];
}

function portDefaults(node: MapNode): MapNode {
  let made = node;
  if (!made.entries.has('protocol')) made = withValue(made, 'protocol', textNode('tcp', implied(node)));
  if (!made.entries.has('mode')) made = withValue(made, 'mode', textNode('ingress', implied(node)));
  const published = made.entries.get('published')?.value;
  if (published?.kind === 'scalar' && typeof published.value === 'number')
    made = withValue(made, 'published', { ...published, value: published.text });
  return made;
}

export const volumeMount: Rewrite = (node, context) => {
  if (node.kind === 'map') return resolveMount(node, context);
  if (node.kind !== 'scalar') return node;
  const parsed = parseVolume(node);
  if (parsed.ok) return resolveMount(parsed.mount, context);
  report(context.problems, node.place, parsed.remark);
  return { kind: 'null', place: node.place };
};

function resolveMount(mount: MapNode, context: RewriteContext): Node {
  const type = mount.entries.get('type')?.value;
  const source = mount.entries.get('source')?.value;
  if (type?.kind !== 'scalar' || type.text !== 'bind' || source?.kind !== 'scalar') return mount;
  return withValue(mount, 'source', absolute(source, context));
}

const absolute = (node: ScalarNode, context: RewriteContext): ScalarNode => {
  const path = resolveHostPath(node.text, context.folder);
  return path === node.text ? node : { ...node, value: path, text: path, place: { ...node.place, exact: false } };
};

export const hostPath: Rewrite = (node, context) => (node.kind === 'scalar' ? absolute(node, context) : node);

export const buildContext: Rewrite = (node, context) =>
  node.kind === 'scalar' && !/^(?:https?:|git:|ssh:|git@|github\.com\/|[a-z-]+:\/\/)/.test(node.text) ? absolute(node, context) : node;

export const build: Rewrite = (node) => (node.kind === 'scalar' ? mapNode({ context: node }, node.place) : node);

export const extendsTarget: Rewrite = (node) => (node.kind === 'scalar' ? mapNode({ service: node }, node.place) : node);

/** `name:address`, `name=address`, or a map; several addresses of one name are several entries. */
export const hosts: Rewrite = (node) => {
  if (node.kind === 'list') return { ...node, items: node.items.flatMap((item) => (item.kind === 'scalar' ? [hostEntry(item)] : [])) };
  if (node.kind !== 'map') return node;
  const items = [...node.entries].flatMap(([name, entry]) => {
    const addresses = entry.value.kind === 'list' ? entry.value.items : [entry.value];
    return addresses.flatMap((address) => (address.kind === 'scalar' ? [hostPair(name, entry, address)] : []));
  });
  return listNode(items, node.place);
};

function hostEntry(item: ScalarNode): Node {
  const split = /^([^=:]+)[=:](.*)$/.exec(item.text);
  const name = split?.[1] ?? item.text;
  const address = split?.[2] ?? '';
  const bare = address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address;
  const from = name.length + 1 + (bare === address ? 0 : 1);
  return mapNode(
    { host: textNode(name, subPlace(item.place, 0, name.length)), address: textNode(bare, subPlace(item.place, from, from + bare.length)) },
    item.place,
  );
}

const hostPair = (name: string, entry: Entry, address: ScalarNode): Node =>
  mapNode({ host: textNode(name, entry.key), address }, { ...entry.key, end: Math.max(entry.key.end, address.place.end) });

export const shellTest: Rewrite = (node) =>
  node.kind === 'scalar' ? listNode([textNode('CMD-SHELL', implied(node)), textNode(node.text, node.place)], node.place) : node;

export const fileMount =
  (folder: string): Rewrite =>
  (node) => {
    const made = node.kind === 'scalar' ? mapNode({ source: node }, node.place) : node;
    const source = made.kind === 'map' ? made.entries.get('source')?.value : undefined;
    if (made.kind !== 'map' || folder === '' || made.entries.has('target') || source?.kind !== 'scalar') return made;
    return withValue(made, 'target', textNode(`${folder}/${source.text}`, implied(made)));
  };

export const external: Rewrite = (node, context) => {
  if (node.kind !== 'map') return node.kind === 'null' ? mapNode({}, node.place) : node;
  const said = node.entries.get('external')?.value;
  if (said?.kind !== 'map') return node;
  const name = said.entries.get('name')?.value;
  const own = node.entries.get('name')?.value;
  if (name !== undefined && own?.kind === 'scalar' && name.kind === 'scalar' && own.text !== name.text) {
    const message = `the name is "${own.text}" here and "${name.text}" under external`;
    report(context.problems, name.place, { code: 'compose-conflict', message, hint: 'keep name: and write external: true' });
  }
  const made = withValue(node, 'external', booleanNode(true, implied(said)));
  return name === undefined ? made : withValue(made, 'name', name);
};

export const device: Rewrite = (node) => {
  if (node.kind !== 'scalar') return node;
  const [source = '', target = source, permissions = 'rwm'] = node.text.split(':');
  return mapNode(
    { source: textNode(source, implied(node)), target: textNode(target, implied(node)), permissions: textNode(permissions, implied(node)) },
    node.place,
  );
};

export const bindDevice: Rewrite = (node, context) => {
  if (node.kind !== 'map') return node;
  const options = node.entries.get('driver_opts')?.value;
  const driver = node.entries.get('driver')?.value;
  if (options?.kind !== 'map' || (driver?.kind === 'scalar' && driver.text !== 'local')) return node;
  const o = options.entries.get('o')?.value;
  const target = options.entries.get('device')?.value;
  if (o?.kind !== 'scalar' || o.text !== 'bind' || target?.kind !== 'scalar') return node;
  return withValue(node, 'driver_opts', withValue(options, 'device', absolute(target, context)));
};

export const volumes: Rewrite = (node) => (node.kind === 'list' ? dropNothing(node) : node);
const dropNothing = (node: ListNode): ListNode => ({ ...node, items: node.items.filter((item) => item.kind !== 'null') });
