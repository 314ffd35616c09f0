/**
 * From the paths that a user gives to the inputs that are read. Looks at folders and at the first bytes of what has no
 * telling name; reads nothing else.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { Problem } from '../core/problem.ts';
import { composeFilesIn } from './compose/index.ts';
import { findDockerCommands } from './docker-run/index.ts';
import type { Files } from './files.ts';
import { STDIN } from './stdin.ts';

/** One thing to read: the Compose files of one project, a text with docker commands, or JSON (of an engine or a registry). */
export type Input =
  | { readonly kind: 'compose'; readonly paths: readonly string[] }
  | { readonly kind: 'commands'; readonly path: string; readonly syntax: 'shell' | 'markdown' }
  /** `found`: in a folder that was searched; what it says is then about its neighbours in that folder only. */
  | { readonly kind: 'json'; readonly path: string; readonly found?: boolean };

export interface Discovered {
  readonly inputs: readonly Input[];
  /** What was named and cannot be read; the rest is still checked. */
  readonly problems: readonly Problem[];
}

export interface DiscoverRequest {
  /** Files and folders as the user gave them; `-` is standard input. */
  readonly paths: readonly string[];
  /** Compose files of one project, in merge order (`-f`). */
  readonly composeFiles: readonly string[];
}

/** Deep enough for any repository; a bound against folders that are linked into each other. */
const MAX_DEPTH = 8;
/** So many folders are searched at most; more is surely not meant, as in `fairlead check /`. */
const MAX_FOLDERS = 20_000;

const skippedFolders = new Set(['node_modules', 'vendor', '__pycache__']);

export function discover(files: Files, request: DiscoverRequest): Discovered {
  const inputs: Input[] = request.composeFiles.length > 0 ? [{ kind: 'compose', paths: request.composeFiles.map(stdinName) }] : [];
  const problems: Problem[] = [];
  const named: string[] = [];
  for (const path of request.paths) {
    if (path === '-') inputs.push(guess(STDIN, textOf(files, STDIN)));
    else named.push(path);
  }
  for (const path of named) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) problems.push(notFound(path));
    else if (stat.isDirectory()) inputs.push(...search(files, path, problems));
    else inputs.push(...inputOfFile(files, path, named, problems));
  }
  return { inputs: unique(inputs), problems };
}

const stdinName = (path: string): string => (path === '-' ? STDIN : path);

/** A file that was named is read as what its name and, where that says nothing, its text say. */
function inputOfFile(files: Files, path: string, named: readonly string[], problems: Problem[]): readonly Input[] {
  switch (extname(path).toLowerCase()) {
    case '.md':
    case '.markdown':
      return [{ kind: 'commands', path, syntax: 'markdown' }];
    case '.sh':
    case '.bash':
      return [{ kind: 'commands', path, syntax: 'shell' }];
    case '.yaml':
    case '.yml':
      return composeInput(files, path, named, problems);
    default:
      return [guess(path, textOf(files, path))];
  }
}

/**
 * `compose.yaml` brings its override along, as `docker compose` does in that folder; any other YAML file stands alone.
 * An override that is named beside its file is read with it, not a second time.
 */
function composeInput(files: Files, path: string, named: readonly string[], problems: Problem[]): readonly Input[] {
  const text = textOf(files, path);
  if (text !== undefined && !looksLikeCompose(text)) {
    const known = foreignYaml(text);
    if (known !== undefined) {
      problems.push(notCompose(path, known));
      return [];
    }
  }
  const together = composeFilesIn(files, dirname(path)).map((file) => samePlace(path, file));
  if (together[0] === path) return [{ kind: 'compose', paths: together }];
  const [first] = together;
  if (first !== undefined && together.includes(path) && named.includes(first)) return [];
  return [{ kind: 'compose', paths: [path] }];
}

/** `./x` when the user wrote `./x`: what is reported is spelled as what was given. */
function samePlace(given: string, found: string): string {
  return dirname(given) === '.' && !given.startsWith('./') ? basename(found) : found;
}

function search(files: Files, root: string, problems: Problem[]): readonly Input[] {
  const found: Input[] = [];
  const queue: { readonly folder: string; readonly depth: number }[] = [{ folder: root, depth: 0 }];
  let searched = 0;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    searched += 1;
    if (searched > MAX_FOLDERS) {
      problems.push(tooManyFolders(root));
      break;
    }
    found.push(...inputsOfFolder(files, next.folder));
    if (next.depth < MAX_DEPTH) for (const folder of foldersIn(next.folder)) queue.push({ folder, depth: next.depth + 1 });
  }
  if (found.length === 0) problems.push(nothingIn(root));
  return found;
}

function foldersIn(folder: string): readonly string[] {
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !skippedFolders.has(entry.name))
    .map((entry) => join(folder, entry.name));
}

/** A folder that may not be read holds nothing for us: the user did not name it. */
function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

function inputsOfFolder(files: Files, folder: string): readonly Input[] {
  const compose = composeFilesIn(files, folder);
  const inputs: Input[] = compose.length > 0 ? [{ kind: 'compose', paths: compose }] : [];
  for (const entry of entriesOf(folder)) if (entry.isFile()) inputs.push(...inputFound(files, join(folder, entry.name)));
  return inputs;
}

function inputFound(files: Files, path: string): readonly Input[] {
  const syntax = commandSyntax(path);
  if (syntax !== undefined) return findDockerCommands(textOf(files, path) ?? '') ? [{ kind: 'commands', path, syntax }] : [];
  const isOurs = path.endsWith('.json') && telling.test(textOf(files, path) ?? '');
  return isOurs ? [{ kind: 'json', path, found: true }] : [];
}

/** Keys that docker inspect, docker network inspect and Consul's answers have, and package.json and its like have not. */
const telling = /"(?:NetworkSettings|EnableIPv6|ServiceAddress|ServicePort)"\s*:|"Service"\s*:[^}]*"Port"\s*:/;

function commandSyntax(name: string): 'shell' | 'markdown' | undefined {
  if (/\.(sh|bash)$/i.test(name)) return 'shell';
  return /\.(md|markdown)$/i.test(name) ? 'markdown' : undefined;
}

function textOf(files: Files, path: string): string | undefined {
  const result = files.read(path);
  return result.ok ? result.source.text : undefined;
}

/** What a text without a telling name is, by its first characters and by what only one format has. */
export function guess(path: string, text: string | undefined): Input {
  if (text === undefined) return { kind: path.endsWith('.json') ? 'json' : 'compose', ...onePath(path) };
  if (/^\s*[[{]/.test(text)) return looksLikeComposeJson(text) ? { kind: 'compose', paths: [path] } : { kind: 'json', path };
  if (path.endsWith('.json')) return { kind: 'json', path };
  if (looksLikeCompose(text) && !text.startsWith('#!')) return { kind: 'compose', paths: [path] };
  const markdown = /^\s{0,3}(```|~~~)/m.test(text);
  return { kind: 'commands', path, syntax: markdown ? 'markdown' : 'shell' };
}

function onePath(path: string): { readonly path: string; readonly paths: readonly string[] } {
  return { path, paths: [path] };
}

const looksLikeCompose = (text: string): boolean => /^["']?(services|include)["']?\s*:/m.test(text);
const looksLikeComposeJson = (text: string): boolean => /^\s*\{/.test(text) && /"services"\s*:\s*\{/.test(text);

/** YAML that people pass by mistake, told by a key that only it has at the top. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [/^apiVersion\s*:/m, 'a Kubernetes manifest'],
  [/^(scrape_configs|remote_write|alerting|rule_files)\s*:/m, 'a Prometheus configuration'],
  [/^(receivers|exporters)\s*:[\s\S]*^service\s*:/m, 'an OpenTelemetry Collector configuration'],
  [/^(scrape_configs|clients)\s*:/m, 'a Promtail configuration'],
  [/^datasources\s*:/m, 'a Grafana provisioning file'],
  [/^(sources|sinks)\s*:/m, 'a Vector configuration'],
];

function foreignYaml(text: string): string | undefined {
  return foreign.find(([pattern]) => pattern.test(text))?.[1];
}

const at = (path: string): Problem['origin'] => ({ kind: 'observed', source: path, object: '', path: '' });

function notFound(path: string): Problem {
  const hint = 'check the path; without a path, the working directory is searched';
  return { severity: 'error', code: 'input-not-found', message: 'no such file or directory', hint, origin: at(path) };
}

function notCompose(path: string, what: string): Problem {
  const hint = 'name the Compose file or the docker command that mounts it: what an agent dials depends on the container it runs in';
  return { severity: 'error', code: 'input-not-a-deployment', message: `this is ${what}, not a Compose file`, hint, origin: at(path) };
}

function nothingIn(path: string): Problem {
  const message = 'no Compose file, and no script or Markdown page with docker commands, in this folder or below it';
  const hint = 'name the file itself, or use --engine to read the running engine';
  return { severity: 'error', code: 'input-nothing-to-check', message, hint, origin: at(path) };
}

function tooManyFolders(path: string): Problem {
  const message = `more than ${MAX_FOLDERS} folders; the rest was not searched`;
  return { severity: 'gap', code: 'input-too-many-folders', message, hint: 'name the folders that hold the deployments', origin: at(path) };
}

/** The same file twice, named and found, is read once. */
function unique(inputs: readonly Input[]): readonly Input[] {
  const seen = new Set<string>();
  return inputs.filter((input) => {
    const key = input.kind === 'compose' ? input.paths.join('\0') : input.path;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
