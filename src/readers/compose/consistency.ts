import { nearest } from '../../core/nearest.ts';
import { checkValues } from './check-values.ts';
import { reportCycle } from './cycles.ts';
import type { MapNode, Node, Place } from './node.ts';
import { at, entriesAt, itemsAt, mapAt, textAt } from './node.ts';
import type { Problems } from './problems.ts';
import { hasErrorWithin, report } from './problems.ts';

/** What Compose checks when all files are merged: references, contradictions and values it cannot use. */
export function checkConsistency(root: MapNode, inactive: ReadonlySet<string>, problems: Problems): void {
  const services = entriesAt(root, 'services');
  const names = new Map<string, { readonly service: string; readonly place: Place }>();
  for (const [name, entry] of services) {
    if (entry.value.kind !== 'map') continue;
    checkService(name, entry.value, entry.key, { root, inactive, problems });
    checkValues(name, entry.value, problems);
    checkContainerName(name, entry.value, names, problems);
  }
  for (const kind of ['configs', 'secrets'] as const) {
    for (const [name, entry] of entriesAt(root, kind)) checkFileObject(kind, name, entry.value, problems);
  }
  reportCycle(root, problems);
}

interface Context {
  readonly root: MapNode;
  /** Services that the chosen profiles leave out. */
  readonly inactive: ReadonlySet<string>;
  readonly problems: Problems;
}

function checkService(name: string, service: MapNode, key: Place, context: Context): void {
  const { problems } = context;
  if (
    !['build', 'provider'].some((word) => service.entries.has(word)) &&
    (textAt(service, 'image')?.text ?? '') === '' &&
    !hasErrorWithin(problems, service.place) &&
    !lacksBase(problems)
  ) {
    const message = `the service ${name} has neither image: nor build:`;
    report(problems, key, { code: 'compose-no-image', message, hint: 'say which image it runs, or how it is built' });
  }
  const mode = textAt(service, 'network_mode');
  const networks = mapAt(service, 'networks');
  if (mode !== undefined && mode.text !== '' && networks !== undefined && networks.entries.size > 0) {
    const message = `the service ${name} has network_mode: ${mode.text} and networks:, but only one of them can hold`;
    report(problems, mode.place, { code: 'compose-network-mode-and-networks', message, hint: 'remove network_mode, or remove networks' });
  }
  const checks = [
    ['networks', [...entriesAt(service, 'networks')].map(([word, entry]) => ({ word, place: entry.key })), 'network'],
    ['volumes', itemsAt(service, 'volumes').flatMap((item) => (textAt(item, 'type')?.text === 'volume' ? sourceOf(item) : [])), 'volume'],
    ['configs', itemsAt(service, 'configs').flatMap(sourceOf), 'config'],
    ['secrets', [...itemsAt(service, 'secrets'), ...itemsAt(service, 'build', 'secrets')].flatMap(sourceOf), 'secret'],
  ] as const;
  for (const [kind, references, word] of checks) {
    for (const reference of references) checkReference(name, kind, word, reference, context);
  }
  for (const [target, entry] of entriesAt(service, 'depends_on')) {
    const isRequired = textAt(entry.value, 'required')?.value !== false;
    if (isRequired || !context.inactive.has(target))
      checkReference(name, 'services', 'service', { word: target, place: entry.key }, context);
  }
}

/** When an `extends` could not be carried out, the image may stand in what it extends. */
const lacksBase = (problems: Problems): boolean =>
  problems.list.some(({ code }) => code.startsWith('compose-extends') || code === 'compose-file-unreadable');

interface Reference {
  readonly word: string;
  readonly place: Place;
}

const sourceOf = (item: Node): readonly Reference[] => {
  const source = textAt(item, 'source');
  return source === undefined || source.text === '' ? [] : [{ word: source.text, place: source.place }];
};

function checkReference(service: string, kind: string, word: string, reference: Reference, context: Context): void {
  const { root, inactive, problems } = context;
  const known = entriesAt(root, kind);
  if (known.has(reference.word) || (kind === 'networks' && reference.word === 'default')) return;
  const near = nearest(reference.word, known.keys());
  const isInactive = kind === 'services' && inactive.has(reference.word);
  const message = `the service ${service} refers to the ${word} "${reference.word}", which ${isInactive ? 'is not active: its profile is not chosen' : 'is not defined'}`;
  const declare = kind === 'services' ? 'define it under services:' : `declare it at the top of a file: ${kind}: {${reference.word}: {}}`;
  const hint = isInactive
    ? 'choose its profile with --profile, or write required: false'
    : near === undefined
      ? declare
      : `did you mean "${near}"?`;
  report(problems, reference.place, { code: `compose-undefined-${word}`, message, hint });
}

function checkContainerName(
  name: string,
  service: MapNode,
  seen: Map<string, { readonly service: string; readonly place: Place }>,
  problems: Problems,
): void {
  const own = textAt(service, 'container_name');
  if (own === undefined) return;
  const before = seen.get(own.text);
  if (before !== undefined) {
    const message = `the services ${before.service} and ${name} both have container_name: ${own.text}`;
    report(problems, own.place, {
      code: 'compose-duplicate-container-name',
      message,
      hint: 'a name can be used once per engine; remove one, Compose then makes a name',
    });
  }
  seen.set(own.text, { service: name, place: own.place });
  const scale = textAt(service, 'scale') ?? textAt(service, 'deploy', 'replicas');
  if (typeof scale?.value === 'number' && scale.value > 1) {
    const message = `the service ${name} runs ${scale.value} times, but container_name: ${own.text} can be used once`;
    report(problems, own.place, { code: 'compose-container-name-and-replicas', message, hint: 'remove container_name' });
  }
}
function checkFileObject(kind: 'configs' | 'secrets', name: string, node: Node, problems: Problems): void {
  const keys = kind === 'configs' ? ['file', 'environment', 'content'] : ['file', 'environment'];
  const given = keys.filter((key) => at(node, key) !== undefined);
  if (given.length > 1) {
    const message = `${kind}.${name} has ${given.join(' and ')}, but only one of them can hold`;
    report(problems, node.place, { code: 'compose-conflict', message, hint: `keep one of ${keys.join(', ')}` });
  }
  if (given.length > 0 || at(node, 'external') !== undefined || at(node, 'driver') !== undefined) return;
  const message = `${kind}.${name} does not say where it comes from`;
  report(problems, node.place, { code: 'compose-missing-key', message, hint: `add ${keys.join(', ')} or external: true` });
}
