import { dirname, join, resolve } from 'node:path';
import type { SourceText } from '../../core/text.ts';
import type { FileResult, Files } from '../files.ts';
import { canonical } from './canonical.ts';
import { applyExtends } from './extends.ts';
import { applyIncludes } from './include.ts';
import { interpolate } from './interpolate.ts';
import { mergeFiles } from './merge.ts';
import type { MapNode, Node, Place } from './node.ts';
import { withoutKey } from './node.ts';
import type { Problems } from './problems.ts';
import { fileStart, hasSyntaxError, newProblems, report } from './problems.ts';
import type { ComposeDocument } from './project.ts';
import { validate } from './validate.ts';
import type { Variables } from './variables.ts';
import { parseYaml } from './yaml.ts';

/** What one reading of a project carries along. */
export interface Loading {
  readonly files: Files;
  readonly problems: Problems;
  /** Every file that was read, in that order. */
  readonly sources: Map<string, SourceText>;
  readonly documents: ComposeDocument[];
  /** Files that `include` brought in. */
  readonly included: Set<string>;
  /** Files that are extended, with their variables filled in. */
  readonly filled: Map<string, MapNode>;
  /** Services with their `extends` carried out, by file and name: chains share their ends. */
  readonly extended: Map<string, MapNode>;
  /** Parsed trees by file: one file may be extended by many services. */
  readonly parsed: Map<string, readonly MapNode[] | undefined>;
}

/** Where a file stands: what its paths are relative to and what its variables are. */
export interface Scope {
  readonly folder: string;
  readonly variables: Variables;
  /** Files that are being included right now, outermost first. */
  readonly including: readonly string[];
}

/** The files of one project (or of one include) merged, in the long form. */
export function loadFiles(paths: readonly string[], scope: Scope, loading: Loading, from?: Place): MapNode | undefined {
  let merged: MapNode | undefined;
  for (const path of paths) {
    for (const document of parseFile(path, loading, from) ?? []) {
      const file = loadDocument(document, path, scope, loading);
      merged = mergeFiles(merged ?? { ...file, entries: new Map() }, file, loading.problems);
    }
  }
  return merged;
}

function loadDocument(document: MapNode, path: string, scope: Scope, loading: Loading): MapNode {
  const { problems } = loading;
  const filled = interpolate(document, scope.variables, problems);
  const extended = applyExtends(filled, path, scope, loading);
  const checked = withoutKey(validate(extended, hasSyntaxError(problems, path) ? newProblems() : problems), 'version');
  const long = canonical(checked, scope.folder, problems);
  return applyIncludes(long, path, scope, loading);
}

/** The documents of a file that are maps; undefined when there are none. `from` is the place that names the file. */
export function parseFile(path: string, loading: Loading, from?: Place): readonly MapNode[] | undefined {
  if (loading.parsed.has(path)) return loading.parsed.get(path);
  const source = readSource(path, loading, from);
  const trees = source === undefined ? undefined : mapsOf(parseYaml(source, loading.problems), source, loading.problems);
  loading.parsed.set(path, trees);
  for (const root of trees ?? []) if (source !== undefined) loading.documents.push({ file: path, source, root });
  return trees;
}

export function readSource(path: string, loading: Loading, from?: Place): SourceText | undefined {
  const known = loading.sources.get(path);
  if (known !== undefined) return known;
  const result = loading.files.read(path);
  if (result.ok) {
    loading.sources.set(path, result.source);
    return result.source;
  }
  reportUnreadable(path, result, loading.problems, from);
  return undefined;
}

function reportUnreadable(path: string, result: Extract<FileResult, { ok: false }>, problems: Problems, from?: Place): void {
  const message = `${path} cannot be read: ${result.message}`;
  const hint = result.reason === 'missing' ? 'check the path; it is relative to the folder of the file that names it' : 'check the file';
  if (from !== undefined) report(problems, from, { code: 'compose-file-unreadable', message, hint });
  else
    problems.list.push({
      severity: 'error',
      code: 'compose-file-unreadable',
      message,
      hint,
      origin: { kind: 'observed', source: path, object: '', path: '' },
    });
}

function mapsOf(trees: readonly Node[], source: SourceText, problems: Problems): readonly MapNode[] | undefined {
  const maps = trees.filter((tree) => tree.kind === 'map');
  for (const tree of trees) {
    if (tree.kind === 'map' || tree.kind === 'null') continue;
    const hint = 'a Compose file begins with keys such as "services:"';
    report(problems, tree.place, {
      code: 'compose-not-a-map',
      message: `${source.file} holds ${tree.kind === 'list' ? 'a list' : 'a text'} where a map is expected`,
      hint,
    });
  }
  if (maps.length > 0 || problems.list.some((problem) => problem.origin.kind === 'file' && problem.origin.file === source.file))
    return maps;
  report(problems, fileStart({ source }), {
    code: 'compose-empty',
    message: `${source.file} is empty`,
    hint: 'a Compose file holds at least one service under "services:"',
  });
  return undefined;
}

/** A path of a file as Compose resolves it, kept relative when the folder is, for messages. */
export const relativeTo = (folder: string, path: string): string => (path.startsWith('/') ? path : join(folder, path));

export const folderOf = (path: string): string => dirname(path);

export const samePath = (a: string, b: string): boolean => resolve(a) === resolve(b);
