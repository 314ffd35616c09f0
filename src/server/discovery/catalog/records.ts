/** How nodes and services lie in the store: `discovery/nodes/<node>`, `discovery/services/<node>/<id>`, `discovery/index`. */
import type { Store } from '../../store/store.ts';
import type { Node, Service } from './model.ts';

const root = 'discovery/';
const nodesRoot = `${root}nodes/`;
const servicesRoot = `${root}services/`;
export const indexKey = `${root}index`;

export const nodeKey = (node: string): string => `${nodesRoot}${encodeURIComponent(node)}`;
export const serviceKey = (node: string, id: string): string => `${servicesRoot}${encodeURIComponent(node)}/${encodeURIComponent(id)}`;

/** A store takes keys of at most 512 characters; a name in a script that needs many escapes can exceed that. */
export const fitsKey = (node: string, id: string): boolean => serviceKey(node, id).length <= 512;

export interface Loaded {
  readonly index: number;
  readonly nodes: readonly Node[];
  readonly services: readonly { readonly node: string; readonly service: Service }[];
}

const pageSize = 1_000;

export async function load(store: Store): Promise<Loaded> {
  const nodes: Node[] = [];
  const services: { node: string; service: Service }[] = [];
  let index = 0;
  let after: string | undefined;
  for (;;) {
    const { entries, more } = await store.list(root, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    for (const { key, value } of entries) {
      // Written by this program: the record of a release that changes its shape says so in its key.
      if (key === indexKey) index = Number(value);
      else if (key.startsWith(nodesRoot)) nodes.push(JSON.parse(value) as Node);
      else if (key.startsWith(servicesRoot)) services.push(serviceAt(key, value));
    }
    after = entries.at(-1)?.key;
    if (!more || after === undefined) return { index, nodes, services };
  }
}

function serviceAt(key: string, value: string): { node: string; service: Service } {
  const [node = ''] = key.slice(servicesRoot.length).split('/');
  // As above.
  return { node: decodeURIComponent(node), service: JSON.parse(value) as Service };
}
