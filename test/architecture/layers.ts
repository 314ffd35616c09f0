/** The layer rules as functions from sources to sentences. */
import { type Islands, islands, onlyHere, rooms } from './rooms.ts';
import { type Import, importsOf, lineAt, type SourceFile } from './scan.ts';

/** `src/reach/index.ts:3 imports ../doctor/rule.ts (doctor): reach may not, …` */
type Violation = string;

export function layerViolations(sources: readonly SourceFile[]): readonly Violation[] {
  return sources.flatMap((source) => {
    const room = roomOf(source.path);
    if (rooms[room] === undefined)
      return [`src/${source.path}:1 is in "${room}", which is no room: add it to test/architecture/rooms.ts with what it may know`];
    return importsOf(source).flatMap((entry) => [
      ...upward(room, entry),
      ...impure(room, entry),
      ...acrossIslands(entry),
      ...misplaced(entry),
    ]);
  });
}

const roomOf = (path: string): string => path.split('/')[0] ?? path;

const sentence = (entry: Import, what: string, because: string): Violation =>
  `src/${entry.from}:${entry.line} imports ${entry.specifier}: ${what}, because ${because}`;

function upward(room: string, entry: Import): readonly Violation[] {
  if (entry.kind !== 'file') return [];
  const target = roomOf(entry.target);
  const rule = rooms[room];
  if (rule === undefined || target === room || rule.mayImport.includes(target)) return [];
  // package.json holds the version and is no room.
  if (entry.target === '../package.json') return [];
  const allowed = rule.mayImport.length === 0 ? 'nothing' : `only ${rule.mayImport.join(', ')}`;
  return [sentence(entry, `${room} may import ${allowed}`, rule.because)];
}

function impure(room: string, entry: Import): readonly Violation[] {
  const rule = rooms[room];
  if (rule === undefined || !rule.pure || entry.kind === 'file') return [];
  if (entry.kind === 'package' && rule.packages?.includes(entry.target)) return [];
  return [sentence(entry, `${room} is pure and uses neither Node's modules nor packages`, rule.because)];
}

function acrossIslands(entry: Import): readonly Violation[] {
  if (entry.kind !== 'file') return [];
  return islands.flatMap((group) => {
    const from = islandOf(group, entry.from);
    if (from === undefined) return [];
    if (entry.target === `${group.parent}/index.ts`)
      return [sentence(entry, `"${from}" may not import the index that lists it`, group.because)];
    const target = islandOf(group, entry.target);
    if (target === undefined || target === from) return [];
    return [sentence(entry, `"${from}" may not import its sibling "${target}"`, group.because)];
  });
}

/** The folder or listed file directly below the group's parent that `path` belongs to. */
function islandOf(group: Islands, path: string): string | undefined {
  if (!path.startsWith(`${group.parent}/`)) return undefined;
  const rest = path.slice(group.parent.length + 1);
  const [first = ''] = rest.split('/');
  return first !== rest || group.files.includes(first) ? first : undefined;
}

function misplaced(entry: Import): readonly Violation[] {
  if (entry.kind !== 'builtin') return [];
  return onlyHere
    .filter((rule) => rule.modules.includes(entry.target) && (rule.within === '' || entry.from.startsWith(`${rule.within}/`)))
    .filter((rule) => !rule.allowed.some((place) => entry.from === place || (place.endsWith('/') && entry.from.startsWith(place))))
    .map((rule) => sentence(entry, rule.allowed.length === 0 ? 'nobody may' : `only ${rule.allowed.join(', ')} may`, rule.because));
}

/** Ends the process behind everybody's back: output that is still on its way to a pipe is lost. */
export function exitViolations(sources: readonly SourceFile[]): readonly Violation[] {
  return sources
    .filter(({ path }) => path !== 'cli.ts')
    .flatMap(({ path, text }) =>
      [...text.matchAll(/^(?!\s*(?:\/\/|\*|\/\*)).*\bprocess\.(exit\(|abort\(|exitCode\s*=)/gm)].map(
        (match) =>
          `src/${path}:${lineAt(text, match.index)} ends the process with process.${match[1]}: only src/cli.ts may, because what is printed must reach its reader first`,
      ),
    );
}

/** Packages that are imported at run time and not declared, and declared ones that nobody imports. */
export function dependencyViolations(sources: readonly SourceFile[], declared: readonly string[]): readonly Violation[] {
  const used = new Map<string, Import>();
  for (const entry of sources.flatMap(importsOf)) if (entry.kind === 'package') used.set(entry.target, entry);
  return [
    ...[...used]
      .filter(([name]) => !declared.includes(name))
      .map(([name, entry]) => sentence(entry, `${name} is not in "dependencies"`, 'an installed fairlead would not find it')),
    ...declared.filter((name) => !used.has(name)).map((name) => `package.json: nothing in src imports the dependency ${name}`),
  ];
}

/**
 * Chains of files that import each other in a circle across folders: then neither folder can be understood first. Within one
 * folder a recursion may be told in two files. Imports of types alone do not count, they are gone when it runs.
 */
export function cycles(sources: readonly SourceFile[]): readonly Violation[] {
  const graph = new Map(
    sources.map((source) => [
      source.path,
      importsOf(source)
        .filter((entry) => entry.kind === 'file' && !entry.typeOnly)
        .map((entry) => entry.target),
    ]),
  );
  const found: Violation[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      const circle = trail.slice(trail.indexOf(path));
      if (new Set(circle.map((file) => file.slice(0, file.lastIndexOf('/')))).size === 1) return;
      found.push(`src/${[...circle, path].join(' → src/')} is a circle of imports`);
      return;
    }
    state.set(path, 'open');
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}
