import { nearest } from '../../core/nearest.ts';
import { canonical } from './canonical.ts';
import { interpolate } from './interpolate.ts';
import type { Loading, Scope } from './load.ts';
import { folderOf, parseFile, relativeTo } from './load.ts';
import { mergeService } from './merge.ts';
import type { MapNode, Node, ScalarNode } from './node.ts';
import { entriesAt, hopAt, mapAt, textAt, travelled, withEntries, withoutKey, withValue } from './node.ts';
import { report } from './problems.ts';
import { validate } from './validate.ts';

interface Link {
  readonly file: string;
  readonly service: string;
}

interface Site {
  /** The services of the file in which the service stands, with their variables filled in. */
  readonly services: MapNode;
  readonly file: string;
  readonly folder: string;
  readonly chain: readonly Link[];
}

/** People write chains of three; the origins of a value remember each step. */
const MAX_CHAIN = 100;

/** The file with every `extends` carried out. */
export function applyExtends(file: MapNode, path: string, scope: Scope, loading: Loading): MapNode {
  const services = mapAt(file, 'services');
  if (services === undefined || ![...services.entries.values()].some((entry) => mapAt(entry.value)?.entries.has('extends'))) return file;
  const site: Site = { services, file: path, folder: scope.folder, chain: [] };
  const entries = new Map(services.entries);
  for (const [name, entry] of services.entries) {
    if (entry.value.kind !== 'map' || !entry.value.entries.has('extends')) continue;
    entries.set(name, { key: entry.key, value: extended(name, entry.value, site, scope, loading) });
  }
  return withValue(file, 'services', withEntries(services, entries));
}

function extended(name: string, service: MapNode, site: Site, scope: Scope, loading: Loading): MapNode {
  // Includes read the same file with other variables and folders: only the very same tree may be reused.
  const key = `${site.file}\n${name}\n${service.place.start}`;
  const known = loading.extended.get(key);
  if (known !== undefined && scope.including.length === 0) return known;
  const made = extendOnce(name, service, site, scope, loading);
  loading.extended.set(key, made);
  return made;
}

function extendOnce(name: string, service: MapNode, site: Site, scope: Scope, loading: Loading): MapNode {
  const target = service.entries.get('extends')?.value;
  if (target === undefined) return service;
  const bare = withoutKey(service, 'extends');
  const reference = target.kind === 'scalar' ? target : textAt(target, 'service');
  // What is no reference stays for the validation to name.
  if (reference === undefined) return service;
  const chain = [...site.chain, { file: site.file, service: name }];
  const base = baseOf(reference, textAt(target, 'file'), { ...site, chain }, scope, loading);
  if (base === undefined) return bare;
  const file = textAt(target, 'file')?.text;
  const hop = hopAt('extends', `extends: ${file === undefined ? '' : `${file}#`}${reference.text}`, target.place);
  const inherited = travelled(base, hop);
  if (inherited.kind !== 'map') return bare;
  // Only what is well formed has a long form; the file is validated as a whole after this.
  const longForm = (node: MapNode) =>
    mapAt(canonical(validate(wrap(name, node), loading.problems), site.folder, loading.problems), 'services', name) ?? node;
  return mergeService(longForm(inherited), longForm(bare), name, loading.problems);
}

/** A service alone in a file, for functions that work on files. */
function wrap(name: string, service: MapNode): MapNode {
  const key = service.place;
  const services: MapNode = { kind: 'map', place: key, flow: false, entries: new Map([[name, { key, value: service }]]) };
  return { kind: 'map', place: key, flow: false, entries: new Map([['services', { key, value: services }]]) };
}

function baseOf(reference: ScalarNode, file: ScalarNode | undefined, site: Site, scope: Scope, loading: Loading): MapNode | undefined {
  const from = file === undefined ? site : openFile(file, site, scope, loading);
  if (from === undefined) return undefined;
  const found = from.services.entries.get(reference.text)?.value;
  if (found?.kind !== 'map') {
    missing(reference, found, from, loading);
    return undefined;
  }
  if (isCycle(reference, from, loading)) return undefined;
  if (!found.entries.has('extends')) return file === undefined ? found : absolutePaths(reference.text, found, from, loading);
  const made = extended(reference.text, found, from, scope, loading);
  return file === undefined ? made : absolutePaths(reference.text, made, from, loading);
}

/** Paths of a file that is extended are relative to that file's folder. */
function absolutePaths(name: string, service: MapNode, from: Site, loading: Loading): MapNode {
  return mapAt(canonical(wrap(name, service), from.folder, loading.problems), 'services', name) ?? service;
}

function openFile(file: ScalarNode, site: Site, scope: Scope, loading: Loading): Site | undefined {
  const path = relativeTo(site.folder, file.text);
  const documents = parseFile(path, loading, file.place);
  const document = documents?.at(-1);
  if (document === undefined) return undefined;
  const services = mapAt(filledIn(document, path, scope, loading), 'services');
  if (services === undefined) {
    report(loading.problems, file.place, {
      code: 'compose-extends',
      message: `${path} holds no services`,
      hint: 'extend a service of a Compose file',
    });
    return undefined;
  }
  return { services, file: path, folder: folderOf(path), chain: site.chain };
}

/** Many services may extend one file. */
function filledIn(document: MapNode, path: string, scope: Scope, loading: Loading): MapNode {
  const known = scope.including.length === 0 ? loading.filled.get(path) : undefined;
  if (known !== undefined) return known;
  const made = interpolate(document, scope.variables, loading.problems);
  if (scope.including.length === 0) loading.filled.set(path, made);
  return made;
}

function missing(reference: ScalarNode, found: Node | undefined, from: Site, loading: Loading): void {
  const names = [...entriesAt(from.services).keys()];
  const near = nearest(reference.text, names);
  const message = `there is no service "${reference.text}" to extend in ${from.file}`;
  const hint = near === undefined ? `its services are ${names.slice(0, 8).join(', ')}` : `did you mean "${near}"?`;
  // A service without content is reported by the validation of its own file.
  if (found === undefined) report(loading.problems, reference.place, { code: 'compose-extends', message, hint });
}

function isTooLong(reference: ScalarNode, from: Site, loading: Loading): boolean {
  if (from.chain.length < MAX_CHAIN) return false;
  const message = `more than ${MAX_CHAIN} services extend one another`;
  report(loading.problems, reference.place, { code: 'compose-extends', message, hint: 'extend the first of them directly' });
  return true;
}

function isCycle(reference: ScalarNode, from: Site, loading: Loading): boolean {
  const start = from.chain.findIndex((link) => link.file === from.file && link.service === reference.text);
  if (start === -1) return isTooLong(reference, from, loading);
  const circle = from.chain.slice(start);
  const key = circle
    .map((link) => `${link.file}#${link.service}`)
    .sort()
    .join('\n');
  if (loading.problems.seen.has(key)) return true; // said already, from another service of the circle
  loading.problems.seen.add(key);
  const links = [...circle, { file: from.file, service: reference.text }];
  const message = `services extend each other in a circle: ${links.map((link) => `${link.service} (${link.file})`).join(' extends ')}`;
  report(loading.problems, reference.place, { code: 'compose-extends-cycle', message, hint: 'take one extends out of the circle' });
  return true;
}
