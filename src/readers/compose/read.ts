import { basename, resolve } from 'node:path';
import { SourceText } from '../../core/text.ts';
import type { Files } from '../files.ts';
import type { ModelPart } from '../reader.ts';
import { checkConsistency } from './consistency.ts';
import { parseDotenv } from './dotenv.ts';
import { resolveEnvironment } from './environment.ts';
import { interpolate } from './interpolate.ts';
import type { Loading, Scope } from './load.ts';
import { folderOf, loadFiles, parseFile, readSource, relativeTo } from './load.ts';
import type { Entry, MapNode } from './node.ts';
import { entriesAt, itemsAt, mapAt, textAt, withEntries, withValue } from './node.ts';
import { normalize, withoutUnused } from './normalize.ts';
import { hasSyntaxError, newProblems } from './problems.ts';
import type { ComposeProject, ComposeService } from './project.ts';
import { resolvedJson } from './resolved.ts';
import { toModel } from './to-model.ts';
import { normalizeProjectName } from './values.ts';
import type { Variable, Variables } from './variables.ts';
import { lookupVariable } from './variables.ts';

export interface ComposeRequest {
  /** Files of one project; the later ones override. The first one's folder is the project folder. */
  readonly paths: readonly string[];
  readonly projectName?: string;
  readonly profiles?: readonly string[];
  /** The shell's variables; none are taken from this process by itself. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Instead of `.env` in the project folder. */
  readonly envFiles?: readonly string[];
}

export interface ComposeResult {
  readonly part: ModelPart;
  readonly project: ComposeProject;
  /** Every file that was read. */
  readonly sources: readonly string[];
  /** What `docker compose config --format json` prints. */
  resolvedJson(): unknown;
}

const names = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const overrides = ['compose.override.yml', 'compose.override.yaml', 'docker-compose.override.yml', 'docker-compose.override.yaml'];

/** The Compose files that Compose takes from a folder: the first of the known names, and the override beside it. */
export function composeFilesIn(files: Files, folder: string): string[] {
  const first = (candidates: readonly string[]) => candidates.map((name) => relativeTo(folder, name)).find((path) => files.exists(path));
  const main = first(names);
  if (main === undefined) return [];
  const override = first(overrides);
  return override === undefined ? [main] : [main, override];
}

/** Reads the files of one project as Compose v2 does. Never throws for what is in them: see `part.problems`. */
export function readCompose(files: Files, request: ComposeRequest): ComposeResult {
  const problems = newProblems();
  const loading: Loading = {
    files,
    problems,
    sources: new Map(),
    documents: [],
    parsed: new Map(),
    included: new Set(),
    extended: new Map(),
    filled: new Map(),
  };
  const folder = folderOf(request.paths[0] ?? '.');
  const variables = projectVariables(folder, request, loading);
  const scope: Scope = { folder, variables, including: [] };
  const merged = loadFiles(request.paths, scope, loading) ?? { kind: 'map', place: nowhere(loading), entries: new Map(), flow: false };
  const name = projectName(folder, request, variables, loading);
  const { root, inactive } = selectProfiles(merged, request, variables);
  const whole = normalize(root, name);
  // After a syntax error half of the file is missing: what else does not fit is a consequence.
  checkConsistency(whole, new Set(inactive.map((service) => service.name)), hasSyntaxError(problems) ? newProblems() : problems);
  const normal = withoutUnused(whole);
  const project: ComposeProject = {
    name,
    folder: resolve(folder),
    documents: loading.documents,
    given: request.paths,
    included: loading.included,
    root: normal,
    services: servicesOf(normal, name, scope, loading),
    inactive,
    networkIds: new Map([...entriesAt(normal, 'networks')].map(([key, entry]) => [key, textAt(entry.value, 'name')?.text ?? key])),
  };
  const part = toModel(project);
  return {
    part: { ...part, problems: problems.list },
    project,
    sources: [...loading.sources.keys()],
    resolvedJson: () => resolvedJson(project),
  };
}

const nowhere = (loading: Loading) => {
  const [source] = loading.sources.values();
  return { source: source ?? emptySource, start: 0, end: 0, exact: false, via: [] };
};

function projectVariables(folder: string, request: ComposeRequest, loading: Loading): Variables {
  const shell = request.env ?? {};
  const found = new Map<string, Variable>();
  const own = relativeTo(folder, '.env');
  const paths = request.envFiles ?? (loading.files.exists(own) ? [own] : []);
  for (const path of paths) {
    const source = readSource(path, loading);
    if (source === undefined) continue;
    const lookup = (name: string) => lookupVariable({ shell, files: found }, name)?.value;
    for (const [name, variable] of parseDotenv(source, { lookup, problems: loading.problems })) found.set(name, variable);
  }
  return { shell, files: found };
}

/** --project-name, COMPOSE_PROJECT_NAME, `name:` of the last file that has one, the folder's name. */
function projectName(folder: string, request: ComposeRequest, variables: Variables, loading: Loading): string {
  if (request.projectName !== undefined) return request.projectName;
  const set = lookupVariable(variables, 'COMPOSE_PROJECT_NAME')?.value;
  if (set !== undefined && set !== '') return set;
  const written = request.paths.flatMap((path) => parseFile(path, loading) ?? []).flatMap((file) => nameIn(file, variables, loading));
  const last = normalizeProjectName(written.at(-1) ?? '');
  return last === '' ? normalizeProjectName(basename(resolve(folder))) || 'default' : last;
}

function nameIn(file: MapNode, variables: Variables, loading: Loading): readonly string[] {
  const entry = file.entries.get('name');
  if (entry === undefined) return [];
  const filled = interpolate({ ...file, entries: new Map([['name', entry]]) }, variables, loading.problems);
  const name = textAt(filled, 'name');
  return name === undefined ? [] : [name.text];
}

function selectProfiles(root: MapNode, request: ComposeRequest, variables: Variables) {
  const named = request.profiles ?? [];
  const fromShell = lookupVariable(variables, 'COMPOSE_PROFILES')?.value.split(',') ?? [];
  const chosen = new Set(named.length > 0 ? named : fromShell.map((name) => name.trim()).filter((name) => name !== ''));
  const services = mapAt(root, 'services');
  const inactive: { name: string; profiles: readonly string[]; node: MapNode }[] = [];
  if (services === undefined) return { root, inactive };
  const active = new Map<string, Entry>();
  for (const [name, entry] of services.entries) {
    if (entry.value.kind !== 'map') continue;
    const profiles = profilesOf(entry.value);
    if (profiles.length === 0 || chosen.has('*') || profiles.some((profile) => chosen.has(profile))) active.set(name, entry);
    else inactive.push({ name, profiles, node: entry.value });
  }
  return { root: withValue(root, 'services', withEntries(services, active)), inactive };
}

const profilesOf = (service: MapNode): readonly string[] =>
  itemsAt(service, 'profiles').flatMap((item) => (item.kind === 'scalar' ? [item.text] : []));

function servicesOf(root: MapNode, project: string, scope: Scope, loading: Loading): ReadonlyMap<string, ComposeService> {
  const services = new Map<string, ComposeService>();
  for (const [name, entry] of entriesAt(root, 'services')) {
    if (entry.value.kind !== 'map') continue;
    const environment = resolveEnvironment(entry.value, scope, loading);
    services.set(name, {
      name,
      workloadId: `${project}/${name}`,
      node: entry.value,
      key: entry.key,
      environment,
      profiles: profilesOf(entry.value),
    });
  }
  return services;
}

/** Stands for a project of which no file could be read. */
const emptySource = new SourceText('', '');
