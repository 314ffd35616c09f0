import type { Entry, ListNode, MapNode, Node } from './node.ts';
import { hopAt, textAt, withEntries, withVia } from './node.ts';
import type { PathTable } from './pattern.ts';
import { pathTable, stepInto } from './pattern.ts';
import type { Problems } from './problems.ts';
import { report } from './problems.ts';
import { unique } from './unique.ts';

/** How two values of one key become one; the later one is `over`. Both are in the long form (canonical.ts). */
type Merge = (base: Node, over: Node, table: PathTable<Merge> | undefined, context: Context) => Node;

interface Context {
  readonly problems: Problems;
  readonly path: readonly string[];
  /** While a service is extended the tags stay, for the merge with the files before (see merge of tags below). */
  readonly keepTags: boolean;
}

/**
 * Merges a file over those before it, by Compose's rules: maps key by key, lists one after the other without
 * repetitions, scalars by the later one; commands and tests are replaced whole.
 */
export function mergeFiles(base: MapNode, over: MapNode, problems: Problems): MapNode {
  const merged = mergeMaps(base, over, special, { problems, path: [], keepTags: false });
  return unique(merged, []);
}

/** Merges a service over the one that it extends. */
export function mergeService(base: MapNode, over: MapNode, name: string, problems: Problems): MapNode {
  const table = stepInto(stepInto(special, 'services'), name);
  const merged = mergeMaps(base, over, table, { problems, path: ['services', name], keepTags: true });
  return unique(merged, ['services', name]);
}

function mergeMaps(base: MapNode, over: MapNode, table: PathTable<Merge> | undefined, context: Context): MapNode {
  const entries = new Map(base.entries);
  for (const [name, entry] of over.entries) {
    const before = base.entries.get(name);
    const value = mergeEntry(name, before, entry, table, context);
    if (value === undefined) entries.delete(name);
    else entries.set(name, { key: entry.key, value });
  }
  return { ...over, entries, ...(over.entries.size === 0 ? { place: base.place, flow: base.flow } : {}) };
}

function mergeEntry(
  name: string,
  before: Entry | undefined,
  entry: Entry,
  table: PathTable<Merge> | undefined,
  context: Context,
): Node | undefined {
  const { value } = entry;
  if (value.tag === '!reset') return context.keepTags ? value : undefined;
  if (value.tag === '!override' || before === undefined || name.startsWith('x-')) return context.keepTags ? value : withoutTags(value);
  if (before.value.tag === '!reset') return value;
  const next = stepInto(table, name);
  return mergeValues(before.value, value, next, { ...context, path: [...context.path, name] });
}

function mergeValues(base: Node, over: Node, table: PathTable<Merge> | undefined, context: Context): Node {
  if (table?.value !== undefined) return table.value(base, over, table, context);
  if (base.kind === 'null') return over;
  // An empty key in a later file says nothing; only !reset takes away.
  if (over.kind === 'null') return base.kind === 'scalar' ? over : base;
  if (base.kind === 'map' && over.kind === 'map') return mergeMaps(base, over, table, context);
  if (base.kind === 'list' && over.kind === 'list') return append(base, over);
  if (base.kind === 'scalar' && over.kind === 'scalar') return replaced(base, over);
  const message = `${context.path.join('.')} is a ${over.kind} here and a ${base.kind} in ${base.place.source.file}:${base.place.source.position(base.place.start).line}`;
  report(context.problems, over.place, {
    code: 'compose-merge',
    message,
    hint: 'write both in the same form, or replace the first with !override',
  });
  return over;
}

const append = (base: ListNode, over: ListNode): ListNode => ({ ...over, items: [...base.items, ...over.items] });

/** The later value remembers what it replaced. */
function replaced(base: Node, over: Node): Node {
  if (base.place.source === over.place.source && base.place.start === over.place.start) return over;
  return { ...over, place: withVia(over.place, hopAt('override', base.kind === 'scalar' ? base.text : base.kind, base.place)) };
}

function withoutTags(node: Node): Node {
  const { tag: _, ...bare } = node;
  if (bare.kind === 'list') return { ...bare, items: bare.items.filter((item) => item.tag !== '!reset').map(withoutTags) };
  if (bare.kind !== 'map') return bare;
  const entries = new Map<string, Entry>();
  for (const [name, entry] of bare.entries) {
    if (entry.value.tag !== '!reset') entries.set(name, { key: entry.key, value: withoutTags(entry.value) });
  }
  return withEntries(bare, entries);
}

const replace: Merge = (base, over) => (over.kind === 'null' ? over : replaced(base, over));

/** Options of another driver mean nothing to this one. */
const logging: Merge = (base, over, table, context) => {
  if (base.kind !== 'map' || over.kind !== 'map') return over;
  const before = textAt(base, 'driver');
  const after = textAt(over, 'driver');
  return before === undefined || after === undefined || before.text === after.text ? mergeMaps(base, over, table, context) : over;
};

const limits: Merge = (base, over, table, context) =>
  base.kind === 'map' && over.kind === 'map' ? mergeMaps(base, over, table, context) : over;

/** Address pools are the same when their subnet is. */
const pools: Merge = (base, over, table, context) => {
  if (base.kind !== 'list' || over.kind !== 'list') return over;
  const items = [...base.items];
  for (const pool of over.items) {
    const subnet = textAt(pool, 'subnet')?.text;
    const index = items.findIndex((item) => textAt(item, 'subnet')?.text === subnet);
    const same = items[index];
    if (same?.kind === 'map' && pool.kind === 'map') items[index] = mergeMaps(same, pool, table, context);
    else items.push(pool);
  }
  return { ...over, items };
};

const special = pathTable<Merge>({
  'services.*.command': replace,
  'services.*.entrypoint': replace,
  'services.*.healthcheck.test': replace,
  'services.*.logging': logging,
  'services.*.ulimits.*': limits,
  'networks.*.ipam.config': pools,
});
