import { resolve } from 'node:path';
import { parseDotenv } from './dotenv.ts';
import type { Loading, Scope } from './load.ts';
import { folderOf, loadFiles, readSource, relativeTo, samePath } from './load.ts';
import type { Entry, MapNode, Node, Place, ScalarNode } from './node.ts';
import { at, hopAt, itemsAt, mapAt, plain, textAt, travelled, withEntries, withoutKey, withValue } from './node.ts';
import { report } from './problems.ts';
import type { Variable, Variables } from './variables.ts';
import { lookupVariable } from './variables.ts';

const kinds = ['services', 'networks', 'volumes', 'configs', 'secrets'] as const;
const MAX_DEPTH = 50;

/** The file with what it includes beside its own services and resources. */
export function applyIncludes(file: MapNode, path: string, scope: Scope, loading: Loading): MapNode {
  let made = withoutKey(file, 'include');
  for (const item of itemsAt(file, 'include')) {
    const included = loadInclude(item, path, scope, loading);
    if (included !== undefined) made = addIncluded(made, included, loading);
  }
  return made;
}

function loadInclude(item: Node, path: string, scope: Scope, loading: Loading): Node | undefined {
  const paths = textsOf(item.kind === 'map' ? at(item, 'path') : item);
  const [first] = paths;
  if (first === undefined) {
    report(loading.problems, item.place, { code: 'compose-include', message: 'an include needs a path', hint: 'write path: FILE' });
    return undefined;
  }
  const main = relativeTo(scope.folder, first.text);
  const including = [...scope.including, path];
  if (isCycle(main, including, first, loading)) return undefined;
  const said = textAt(item, 'project_directory');
  const folder = said === undefined ? folderOf(main) : relativeTo(scope.folder, said.text);
  const variables = withEnvFiles(item, folder, scope, loading);
  const inner: Scope = { folder, variables, including };
  const files = paths.map((one) => relativeTo(scope.folder, one.text));
  for (const one of files) loading.included.add(one);
  const loaded = loadFiles(files, inner, loading, first.place);
  return loaded === undefined ? undefined : travelled(loaded, hopAt('include', `include: ${first.text}`, first.place));
}

const textsOf = (node: Node | undefined): readonly ScalarNode[] => {
  const items = node?.kind === 'list' ? node.items : node === undefined ? [] : [node];
  return items.filter((item) => item.kind === 'scalar');
};

function isCycle(main: string, including: readonly string[], from: ScalarNode, loading: Loading): boolean {
  const start = including.findIndex((path) => samePath(path, main));
  if (start === -1 && including.length <= MAX_DEPTH) return false;
  const message = `files include each other in a circle: ${[...including.slice(Math.max(0, start)), main].join(' includes ')}`;
  report(loading.problems, from.place, { code: 'compose-include-cycle', message, hint: 'take one include out of the circle' });
  return true;
}

/** Its own env_file, or the .env of its folder; variables of the including project win. */
function withEnvFiles(item: Node, folder: string, scope: Scope, loading: Loading): Variables {
  const named = textsOf(at(item, 'env_file'));
  const files = new Map<string, Variable>(scope.variables.files);
  const paths: readonly { readonly path: string; readonly from?: Place }[] =
    named.length > 0
      ? named.map((one) => ({ path: relativeTo(scope.folder, one.text), from: one.place }))
      : [{ path: relativeTo(folder, '.env') }].filter(({ path }) => loading.files.exists(path));
  for (const { path, from } of paths) {
    const source = readSource(path, loading, from);
    if (source === undefined) continue;
    const lookup = (name: string) => lookupVariable(scope.variables, name)?.value;
    for (const [name, variable] of parseDotenv(source, { lookup, problems: loading.problems }))
      if (!files.has(name)) files.set(name, variable);
  }
  return { shell: scope.variables.shell, files };
}

function addIncluded(file: MapNode, included: Node, loading: Loading): MapNode {
  let made = file;
  for (const kind of kinds) {
    const from = mapAt(included, kind);
    if (from === undefined) continue;
    const to = mapAt(made, kind) ?? { ...from, entries: new Map<string, Entry>() };
    const entries = new Map(to.entries);
    for (const [name, entry] of from.entries) {
      const own = to.entries.get(name)?.value;
      if (own === undefined) entries.set(name, entry);
      else if (JSON.stringify(plain(own)) !== JSON.stringify(plain(entry.value))) conflict(kind, name, own, entry.value, loading);
    }
    made = withValue(made, kind, withEntries(to, entries));
  }
  return made;
}

function conflict(kind: string, name: string, own: Node, included: Node, loading: Loading): void {
  const { source, start } = included.place;
  const message = `${kind}.${name} is defined here and in ${source.file}:${source.position(start).line}, which is included`;
  const hint = `rename one of them; to change what is included, list an override file beside it: path: [${resolve(source.file).split('/').at(-1)}, override.yaml]`;
  report(loading.problems, own.place, { code: 'compose-include-conflict', message, hint });
}
