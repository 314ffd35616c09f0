/** Opening a program's configuration file, and saying what is wrong with it. */
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import type { Origin } from '../../core/origin.ts';
import type { Problem } from '../../core/problem.ts';
import type { Context } from './context.ts';
import { readToml } from './formats/toml.ts';
import type { Parsed, Tree } from './formats/tree.ts';
import { readYaml } from './formats/yaml.ts';
import type { ConfigText, MountedFile } from './parse/mounted.ts';

export interface OpenedText {
  readonly config: ConfigText | undefined;
  readonly problems: readonly Problem[];
  /** True when a mount covers the path, so that the image's own file is not what the program reads. */
  readonly replaced: boolean;
}

/** Opens the first of `paths` that a mount covers. `program` is named in the problems. */
export function openConfig(context: Context, paths: readonly string[], program: string): OpenedText {
  let problems: readonly Problem[] = [];
  let replaced = false;
  for (const path of paths) {
    const file = context.mounted(path);
    if (file.kind === 'text') return { config: file.config, problems: [], replaced: true };
    if (file.kind === 'image') continue;
    const isFolder = file.mount.target !== path;
    // A folder mounted over the configuration folder need not hold each of several possible files.
    if (isFolder && file.reason === 'missing' && paths.length > 1) {
      replaced = true;
      continue;
    }
    replaced = true;
    if (problems.length === 0) problems = [unreadable(file, path, program, context)];
  }
  return { config: undefined, problems, replaced };
}

export interface OpenedTree extends OpenedText {
  readonly tree: Tree | undefined;
}

export function openTree(
  context: Context,
  paths: readonly string[],
  program: string,
  read: (config: ConfigText) => Parsed = readByName,
): OpenedTree {
  const opened = openConfig(context, paths, program);
  if (opened.config === undefined) return { ...opened, tree: undefined };
  const parsed = read(opened.config);
  return { ...opened, tree: parsed.tree, problems: parsed.problems };
}

/** TOML by its name; everything else is YAML, of which JSON is a part. */
function readByName(config: ConfigText): Parsed {
  return config.path.endsWith('.toml') ? readToml(config) : readYaml(config);
}

/**
 * A page shows commands for the reader's own folder, and a path of the system, `/etc/prometheus.yml`, is one of the machine
 * that the container will run on: neither has to be here.
 */
function isElsewhere(hostPath: string, origin: Origin): boolean {
  if (origin.kind !== 'file' || /\.(?:md|markdown|mdx)$/i.test(origin.file)) return true;
  const folders = [dirname(resolve(origin.file)), process.cwd()];
  return /^\/(?:etc|opt|var|usr|srv|root|data|mnt)\//.test(hostPath) && !folders.some((folder) => hostPath.startsWith(`${folder}/`));
}

function unreadable(file: Extract<MountedFile, { kind: 'unreadable' }>, path: string, program: string, context: Context): Problem {
  const { origin } = file.mount;
  const observed = context.workload.declaredBy === 'engine';
  if (file.reason === 'missing' && !observed && file.mount.target === path && !isElsewhere(file.hostPath, origin)) {
    return {
      severity: 'warning',
      code: 'config-mount-missing',
      message: `"${file.hostPath}" does not exist; Docker creates a folder of that name, and ${program} then fails to read ${path}`,
      hint: 'create the file, or correct the path on the left side of the mount',
      origin,
    };
  }
  if (file.reason === 'not-a-file' && !observed) {
    return {
      severity: 'warning',
      code: 'config-mount-folder',
      message: `"${file.hostPath}" is a folder, and ${program} reads a file at ${path}`,
      hint: 'mount the file itself; a folder of that name may be left from a start without the file',
      origin,
    };
  }
  return {
    severity: 'gap',
    code: 'config-unreadable',
    message: `${path} of ${program} comes from "${file.hostPath}", which cannot be read: ${file.message}`,
    hint: 'what it dials and listens on is not known',
    origin,
  };
}
