import type { Entry, MapNode, Node } from './node.ts';
import type { PathTable } from './pattern.ts';
import { pathTable, stepInto } from './pattern.ts';
import type { Problems } from './problems.ts';
import type { Rewrite, RewriteContext } from './rewrites.ts';
import {
  bindDevice,
  build,
  buildContext,
  dependsOn,
  device,
  envFile,
  extendsTarget,
  external,
  fileMount,
  hostPath,
  hosts,
  namesToMap,
  pairs,
  ports,
  required,
  shellTest,
  textToList,
  volumeMount,
  volumes,
} from './rewrites.ts';

/**
 * Short forms become long ones and relative paths absolute, so that merging, checking and the model meet one form
 * only. Lists of `NAME=value` become maps.
 */
export function canonical(file: MapNode, folder: string, problems: Problems): MapNode {
  return walk(file, rewrites, { problems, folder }) as MapNode; // no rewrite stands at the root
}

function walk(node: Node, table: PathTable<Rewrite> | undefined, context: RewriteContext): Node {
  if (table === undefined || node.tag === '!reset') return node;
  const made = table.value === undefined ? node : rewrite(node, table.value, context);
  if (table.next.size === 0) return made;
  if (made.kind === 'list') return { ...made, items: made.items.map((item) => walk(item, stepInto(table, '*'), context)) };
  if (made.kind !== 'map') return made;
  const entries = new Map<string, Entry>();
  for (const [name, entry] of made.entries) entries.set(name, { key: entry.key, value: walk(entry.value, stepInto(table, name), context) });
  return { ...made, entries };
}

function rewrite(node: Node, change: Rewrite, context: RewriteContext): Node {
  const made = change(node, context);
  return node.tag === undefined || made.tag !== undefined ? made : { ...made, tag: node.tag };
}

const inBoth = (key: string, change: Rewrite): Readonly<Record<string, Rewrite>> => ({
  [`services.*.${key}`]: change,
  [`services.*.build.${key}`]: change,
});

const rewrites = pathTable<Rewrite>({
  ...inBoth('labels', pairs('empty')),
  ...inBoth('extra_hosts', hosts),
  'services.*.annotations': pairs('empty'),
  'services.*.build': build,
  'services.*.build.additional_contexts': pairs('empty'),
  'services.*.build.args': pairs('null'),
  'services.*.build.context': buildContext,
  'services.*.build.secrets.*': fileMount(''),
  'services.*.configs.*': fileMount(''),
  'services.*.depends_on': dependsOn,
  'services.*.depends_on.*': required,
  'services.*.deploy.labels': pairs('empty'),
  'services.*.devices.*': device,
  'services.*.dns': textToList,
  'services.*.dns_search': textToList,
  'services.*.env_file': envFile,
  'services.*.env_file.*.path': hostPath,
  'services.*.environment': pairs('null'),
  'services.*.extends': extendsTarget,
  'services.*.healthcheck.test': shellTest,
  'services.*.label_file': textToList,
  'services.*.label_file.*': hostPath,
  'services.*.networks': namesToMap((item) => ({ kind: 'null', place: item.place })),
  'services.*.ports': ports,
  'services.*.secrets.*': fileMount('/run/secrets'),
  'services.*.sysctls': pairs('empty'),
  'services.*.tmpfs': textToList,
  'services.*.volumes': volumes,
  'services.*.volumes.*': volumeMount,
  'networks.*': external,
  'networks.*.labels': pairs('empty'),
  'volumes.*': (node, context) => bindDevice(external(node, context), context),
  'volumes.*.labels': pairs('empty'),
  'configs.*': external,
  'configs.*.file': hostPath,
  'configs.*.labels': pairs('empty'),
  'secrets.*': external,
  'secrets.*.file': hostPath,
  'secrets.*.labels': pairs('empty'),
});
