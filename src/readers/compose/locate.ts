import type { Hop } from '../../core/origin.ts';
import type { SourceText } from '../../core/text.ts';
import type { MapNode, Node } from './node.ts';
import { mapAt } from './node.ts';
import type { ComposeDocument, ComposeProject } from './project.ts';

/** A piece of text as it stands in a file; nothing in it was merged, filled in or brought into another form. */
export interface Located {
  readonly file: string;
  readonly source: SourceText;
  /** The value as written. Its items and entries carry their own places; aliases and merge keys show as hops (`place.via`). */
  readonly node: Node;
  /** Undefined for a whole document. */
  readonly key?: Range;
  readonly value: Range;
  readonly style: 'block' | 'flow' | 'scalar';
  /** Columns (from 0) at which the children stand, for blocks; of the key for scalars and flow. */
  readonly indent: number;
  /** For a block: the end of its last line (before the line ending), where another line can follow. For a flow: before the closing bracket. */
  readonly insertAt: number;
  /** How the value comes to where it is asked for: empty when it is written there. Then an edit changes others too. */
  readonly via: readonly Hop[];
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Where a key of a service or network is written: the file that wins is looked into first. For a service, its own
 * maps come before the ones that it extends. Undefined when nobody wrote it; ask for a shorter path then, to see
 * where it can be added. An empty path is the service or the network itself; an empty id is the file.
 */
export function locate(project: ComposeProject, id: string, path: readonly string[]): Located | undefined {
  const target = targetOf(project, id);
  if (target === undefined) return undefined;
  for (const document of documentsByWeight(project)) {
    const found = locateIn(document, [...target, ...path]);
    if (found !== undefined) return found;
  }
  const [kind, name] = target;
  return kind === 'services' && name !== undefined ? locateExtended(project, name, path, []) : undefined;
}

function targetOf(project: ComposeProject, id: string): readonly string[] | undefined {
  if (id === '') return [];
  for (const service of project.services.values()) if (service.workloadId === id) return ['services', service.name];
  for (const [key, networkId] of project.networkIds) if (networkId === id) return ['networks', key];
  return undefined;
}

/** Given files from the last to the first, then what they include and extend. */
function documentsByWeight(project: ComposeProject): readonly ComposeDocument[] {
  const given = project.documents.filter((document) => project.given.includes(document.file));
  return [
    ...given.reverse(),
    ...project.documents.filter((document) => !project.given.includes(document.file) && project.included.has(document.file)),
  ];
}

function locateExtended(project: ComposeProject, name: string, path: readonly string[], seen: readonly string[]): Located | undefined {
  for (const document of project.documents) {
    const step = extendsOf(document, name);
    const key = `${document.file}\n${name}`;
    if (step === undefined || seen.includes(key)) continue;
    const file = step.file === undefined ? document : project.documents.find((other) => other.file.endsWith(trimDots(step.file ?? '')));
    if (file === undefined) continue;
    const found = locateIn(file, ['services', step.service, ...path]) ?? locateExtended(project, step.service, path, [...seen, key]);
    if (found !== undefined) {
      const hop: Hop = {
        kind: 'extends',
        text: `extends: ${step.file === undefined ? '' : `${step.file}#`}${step.service}`,
        file: document.file,
      };
      return { ...found, via: [...found.via, hop] };
    }
  }
  return undefined;
}

const trimDots = (path: string): string => path.replace(/^(?:\.\.?\/)+/, '');

function extendsOf(document: ComposeDocument, name: string): { readonly service: string; readonly file?: string } | undefined {
  const target = mapAt(document.root, 'services', name)?.entries.get('extends')?.value;
  if (target?.kind === 'scalar') return { service: target.text };
  if (target?.kind !== 'map') return undefined;
  const service = target.entries.get('service')?.value;
  const file = target.entries.get('file')?.value;
  if (service?.kind !== 'scalar') return undefined;
  return { service: service.text, ...(file?.kind === 'scalar' ? { file: file.text } : {}) };
}

function locateIn(document: ComposeDocument, path: readonly string[]): Located | undefined {
  let here: Node = document.root;
  let key: Range | undefined;
  for (const step of path) {
    if (here.kind === 'list') {
      const item: Node | undefined = here.items[Number(step)];
      if (item === undefined) return undefined;
      here = item;
      key = undefined;
    } else {
      const entry: ReturnType<MapNode['entries']['get']> = here.kind === 'map' ? here.entries.get(step) : undefined;
      if (entry === undefined) return undefined;
      key = { start: entry.key.start, end: entry.key.end };
      here = entry.value;
    }
  }
  return describe(document, here, key);
}

function describe(document: ComposeDocument, node: Node, key: Range | undefined): Located {
  const { place } = node;
  const isFlow = (node.kind === 'map' || node.kind === 'list') && node.flow;
  const style = node.kind === 'scalar' || node.kind === 'null' ? 'scalar' : isFlow ? 'flow' : 'block';
  const { source } = place;
  const first = firstChild(node, source.text);
  const reference = style === 'block' && first !== undefined ? first : (key?.start ?? place.start);
  return {
    file: document.file,
    source,
    node,
    ...(key === undefined ? {} : { key }),
    value: { start: place.start, end: place.end },
    style,
    indent: source.position(reference).column - 1,
    insertAt: style === 'flow' ? place.end - 1 : endOfLine(source.text, place.end),
    via: place.via,
  };
}

/** Where the first child begins: for a list its dash. */
function firstChild(node: Node, text: string): number | undefined {
  if (node.kind === 'list') {
    const start = node.items[0]?.place.start;
    return start === undefined ? undefined : Math.max(node.place.start, text.lastIndexOf('-', start));
  }
  if (node.kind !== 'map') return undefined;
  const own = [...node.entries.values()].filter((entry) => entry.key.via.length === node.place.via.length);
  return own.length === 0 ? undefined : Math.min(...own.map((entry) => entry.key.start));
}

/** Before the line ending, behind a comment that stands on the line. */
function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  if (end === -1) return text.length;
  return text[end - 1] === '\r' ? end - 1 : end;
}
