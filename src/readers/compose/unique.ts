import type { Entry, MapNode, Node } from './node.ts';
import { plain, textAt } from './node.ts';
import type { PathTable } from './pattern.ts';
import { pathTable, stepInto } from './pattern.ts';

/** What makes two entries of a list the same; the later one wins and takes the place of the first. */
type Identity = (item: Node) => string;

/** Drops repetitions from the lists in which Compose does. `path` says where in the file the tree hangs. */
export function unique(tree: MapNode, path: readonly string[]): MapNode {
  const table = path.reduce<PathTable<Identity> | undefined>((here, step) => stepInto(here, step), identities);
  return walk(tree, table) as MapNode; // maps stay maps
}

function walk(node: Node, table: PathTable<Identity> | undefined): Node {
  if (table === undefined) return node;
  if (node.kind === 'list') return table.value === undefined ? node : withoutRepetitions(node, table.value);
  if (node.kind !== 'map' || table.next.size === 0) return node;
  const entries = new Map<string, Entry>();
  for (const [name, entry] of node.entries) entries.set(name, { key: entry.key, value: walk(entry.value, stepInto(table, name)) });
  return { ...node, entries };
}

function withoutRepetitions(node: Extract<Node, { kind: 'list' }>, identity: Identity): Node {
  if (node.items.length < 2) return node;
  const items = new Map<string, Node>();
  for (const item of node.items) items.set(identity(item), item);
  return items.size === node.items.length ? node : { ...node, items: [...items.values()] };
}

const whole: Identity = (item) => (item.kind === 'scalar' ? item.text : JSON.stringify(plain(item)));

const target: Identity = (item) => textAt(item, 'target')?.text ?? whole(item);

const mounted =
  (folder: string): Identity =>
  (item) =>
    textAt(item, 'target')?.text ?? `${folder}/${textAt(item, 'source')?.text ?? ''}`;

const port: Identity = (item) =>
  [
    textAt(item, 'host_ip')?.text ?? '0.0.0.0',
    textAt(item, 'published')?.text ?? '',
    textAt(item, 'target')?.text ?? '',
    textAt(item, 'protocol')?.text ?? 'tcp',
  ].join(' ');

const envFile: Identity = (item) => textAt(item, 'path')?.text ?? whole(item);

const identities = pathTable<Identity>({
  'services.*.build.platforms': whole,
  'services.*.build.tags': whole,
  'services.*.cap_add': whole,
  'services.*.cap_drop': whole,
  'services.*.configs': mounted(''),
  'services.*.devices': target,
  'services.*.dns': whole,
  'services.*.dns_opt': whole,
  'services.*.dns_search': whole,
  'services.*.env_file': envFile,
  'services.*.expose': whole,
  'services.*.extra_hosts': whole,
  'services.*.links': whole,
  'services.*.networks.*.aliases': whole,
  'services.*.networks.*.link_local_ips': whole,
  'services.*.ports': port,
  'services.*.profiles': whole,
  'services.*.secrets': mounted('/run/secrets'),
  'services.*.tmpfs': whole,
  'services.*.volumes': target,
});
