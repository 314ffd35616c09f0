import { relative } from 'node:path';
import { parseDotenv } from './dotenv.ts';
import type { Loading, Scope } from './load.ts';
import { readSource } from './load.ts';
import type { MapNode, Node } from './node.ts';
import { entriesAt, hopAt, itemsAt, textAt, textNode, withVia } from './node.ts';
import { report } from './problems.ts';
import type { EnvironmentEntry } from './project.ts';
import { lookupVariable } from './variables.ts';

/** A service's variables: its env files in order, then `environment`, which wins; names without a value come from the shell. */
export function resolveEnvironment(service: MapNode, scope: Scope, loading: Loading): ReadonlyMap<string, EnvironmentEntry> {
  const found = new Map<string, EnvironmentEntry>();
  for (const item of itemsAt(service, 'env_file')) readEnvFile(item, found, scope, loading);
  for (const [name, entry] of entriesAt(service, 'environment')) {
    if (entry.value.kind === 'scalar') found.set(name, { value: entry.value.text, node: entry.value });
    else found.set(name, passedThrough(name, entry.value, scope));
  }
  return found;
}

/** Without a value it hides what an env file says, and is the shell's. */
function passedThrough(name: string, node: Node, scope: Scope): EnvironmentEntry {
  const variable = lookupVariable(scope.variables, name);
  if (variable === undefined) return { value: undefined, node };
  return { value: variable.value, node: textNode(variable.value, variable.place ?? { ...node.place, exact: false }) };
}

function readEnvFile(item: Node, found: Map<string, EnvironmentEntry>, scope: Scope, loading: Loading): void {
  const path = textAt(item, 'path');
  if (path === undefined) return;
  const shown = shownPath(path.text);
  if (!loading.files.exists(shown)) {
    if (textAt(item, 'required')?.value === false) return;
    const message = `the env_file ${shown} does not exist`;
    const hint = 'make the file, or allow it to be absent with {path: …, required: false}';
    report(loading.problems, path.place, { code: 'compose-env-file-missing', message, hint });
    return;
  }
  const source = readSource(shown, loading, path.place);
  if (source === undefined) return;
  const lookup = (name: string) => lookupVariable(scope.variables, name)?.value ?? found.get(name)?.value;
  const raw = textAt(item, 'format')?.text === 'raw';
  const hop = hopAt('env-file', `env_file: ${shown}`, path.place);
  for (const [name, variable] of parseDotenv(source, { lookup, problems: loading.problems, raw })) {
    const place = withVia(variable.place ?? path.place, hop);
    found.set(name, { value: variable.value, node: textNode(variable.value, place) });
  }
}

/** Absolute paths are shown relative to the working directory where that is shorter. */
function shownPath(path: string): string {
  const short = relative('', path);
  return short === '' || short.startsWith('..') ? path : short;
}
