/** A Compose service's networks: joining one, leaving `network_mode`, and making a network known to the file. */
import { isMap, isScalar, type Pair, type YAMLMap } from 'yaml';
import type { TextEdit } from '../../core/text.ts';
import type { Workload } from '../../network/model.ts';
import type { Desk } from './desk.ts';
import { addEntry, fillEmpty, putInto, removeEntry, slotOf } from './yaml-edit.ts';
import { ownEntry, type YamlFile, type YamlValue } from './yaml-file.ts';

/** The service stays on `default`, where it was without a word as long as it had no `networks`. */
export function attach(
  desk: Desk,
  file: YamlFile,
  service: YAMLMap,
  workload: Workload,
  networkId: string,
): readonly TextEdit[] | undefined {
  if (ownEntry(service, 'network_mode') !== undefined) return undefined;
  const top = declareNetwork(desk, file, workload, networkId);
  if (top === undefined) return undefined;
  const slot = slotOf(file, service, 'networks');
  const inherited = slot.kind === 'absent' ? implicitDefault(workload, desk) : [];
  if (inherited.length > 0 && top.key !== 'default') return joined(addEntry(file, service, 'networks', [...inherited, top.key]), top.edits);
  return joined(putInto(file, service, 'networks', { name: top.key, value: null, item: top.key, prefer: 'list' }), top.edits);
}

function implicitDefault(workload: Workload, desk: Desk): readonly string[] {
  const networks = desk.networksOf(workload);
  return networks.some((network) => network.id === `${workload.project}_default`) || networks.length === 0 ? ['default'] : [];
}

/** Off the default bridge, and on a network that has names. */
export function move(desk: Desk, file: YamlFile, service: YAMLMap, workload: Workload, networkId: string): readonly TextEdit[] | undefined {
  const dropped = removeEntry(file, service, 'network_mode');
  if (dropped === undefined) return undefined;
  if (networkId === `${workload.project}_default`) return [dropped];
  const top = declareNetwork(desk, file, workload, networkId);
  if (top === undefined) return undefined;
  const added = putInto(file, service, 'networks', { name: top.key, value: null, item: top.key, prefer: 'list' });
  return joined(added, [dropped, ...top.edits]);
}

const joined = (edit: TextEdit | undefined, others: readonly TextEdit[]): readonly TextEdit[] | undefined =>
  edit === undefined ? undefined : [edit, ...others];

/** The key under which this file knows a network, and the edits that make it known. */
function declareNetwork(
  desk: Desk,
  file: YamlFile,
  workload: Workload,
  networkId: string,
): { readonly key: string; readonly edits: readonly TextEdit[] } | undefined {
  if (networkId === `${workload.project}_default`) return { key: 'default', edits: [] };
  if (!isMap(file.root)) return undefined;
  const pair = ownEntry(file.root, 'networks');
  const known = isMap(pair?.value) ? keyOfNetwork(file, pair.value, workload, networkId) : undefined;
  if (known !== undefined) return { key: known, edits: [] };
  const network = desk.network(networkId);
  // Declared in another file of the same project: Compose merges them, so it needs no second word here.
  if (network !== undefined && !network.external && networkId === `${workload.project}_${network.key}`)
    return { key: network.key, edits: [] };
  const key = networkId;
  const value: YamlValue = network === undefined ? null : { external: true };
  return withEdit(key, topLevelEdit(file, file.root, pair, key, value));
}

const withEdit = (key: string, edit: TextEdit | undefined) => (edit === undefined ? undefined : { key, edits: [edit] });

function topLevelEdit(file: YamlFile, root: YAMLMap, pair: Pair | undefined, key: string, value: YamlValue): TextEdit | undefined {
  if (pair === undefined) return addEntry(file, root, 'networks', { [key]: value });
  return isMap(pair.value) ? addEntry(file, pair.value, key, value) : fillEmpty(file, pair, { [key]: value });
}

function keyOfNetwork(file: YamlFile, networks: YAMLMap, workload: Workload, networkId: string): string | undefined {
  for (const pair of networks.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    const definition = file.resolve(pair.value);
    const name = isMap(definition) ? ownEntry(definition, 'name')?.value : undefined;
    const external = isMap(definition) ? ownEntry(definition, 'external')?.value : undefined;
    const isExternal = isMap(external) || (isScalar(external) && external.value === true);
    const actual = isScalar(name) ? String(name.value) : isExternal ? key : `${workload.project}_${key}`;
    if (actual === networkId) return key;
  }
  return undefined;
}
