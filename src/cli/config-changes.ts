/** Changes of configurations as the command line says them: what to ask the API for, and what to ask it to think through. */
import { basename, extname } from 'node:path';
import { FairleadError } from '../core/errors.ts';
import { wholeNumber } from './actions.ts';
import type { Arguments } from './command.ts';
import { namedVersion } from './dry-run.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';
import { readText } from './text-file.ts';

export interface ConfigChange {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  /** For POST /v1/dry-run. */
  readonly dryRun: object;
  /** Places in refusals name files as the server has them; here they are as they were typed. */
  readonly paths?: ReadonlyMap<string, string>;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.yaml': 'text/yaml',
  '.yml': 'text/yaml',
  '.json': 'application/json',
  '.toml': 'application/toml',
};

export type ChangeBuilder = (rest: readonly string[], args: Arguments, io: Io) => Promise<ConfigChange> | ConfigChange;

export const configChanges = {
  async put([name = '', ...words], args, io) {
    const files: { readonly name: string; readonly contentType: string; readonly body: string }[] = [];
    const paths = new Map<string, string>();
    for (const word of words) {
      const at = word.indexOf('=');
      const path = word.slice(at + 1);
      const own = at === -1 ? (path === '-' ? '' : basename(path)) : word.slice(0, at);
      const contentType = path === '-' ? 'text/yaml' : (contentTypes[extname(path).toLowerCase()] ?? 'text/plain');
      files.push({ name: own, contentType, body: await readText(path, io) });
      paths.set(own === '' ? '<config>' : own, path === '-' ? '<stdin>' : path);
    }
    const body = {
      files,
      kind: args.value('kind'),
      note: args.value('note'),
      expected: wholeNumber(args, 'expected', 3),
      release: !args.has('hold'),
    };
    return { method: 'PUT', path: configPath(name), body, dryRun: { change: 'put', name, ...body }, paths };
  },
  release([text = '']) {
    const { name, version } = namedVersion(text);
    const body = { version: versionNumber(version, 'release NAME@VERSION') };
    return { method: 'POST', path: `${configPath(name)}/release`, body, dryRun: { change: 'release', name, ...body } };
  },
  assign([text = ''], args) {
    const { name: configuration, version } = namedVersion(text);
    const selector = args.value('selector');
    if (selector === undefined && !args.has('all'))
      throw usage('config assign needs --selector SELECTOR', 'for example --selector env=prod; every agent: --all');
    if (selector !== undefined && args.has('all')) throw usage('--selector and --all exclude each other', 'give one of them');
    const name = args.value('name') ?? configuration;
    const body = {
      configuration,
      version: version === undefined || version === 'latest' ? 'latest' : versionNumber(version, 'assign NAME@VERSION'),
      selector: selector ?? '',
      priority: wholeNumber(args, 'priority', 10) ?? 0,
    };
    return { method: 'PUT', path: assignmentPath(name), body, dryRun: { change: 'assign', name, ...body } };
  },
  unassign([name = '']) {
    return { method: 'DELETE', path: assignmentPath(name), dryRun: { change: 'unassign', name } };
  },
} as const satisfies Readonly<Record<string, ChangeBuilder>>;

export const configPath = (name: string): string => `/v1/configurations/${encodeURIComponent(name)}`;
const assignmentPath = (name: string): string => `/v1/assignments/${encodeURIComponent(name)}`;

export function versionNumber(text: string | undefined, form: string): number {
  if (text === undefined || !/^[1-9]\d{0,8}$/.test(text))
    throw usage(text === undefined ? 'a version is needed' : `"${text}" is no version`, `write ${form}, for example edge@3`);
  return Number(text);
}

/** The same error with `agent.yaml:3:5` as `conf/agent.yaml:3:5`, so that an editor finds it. */
export function withPaths(error: unknown, paths: ReadonlyMap<string, string>): unknown {
  if (!(error instanceof FairleadError) || error.code !== 'FAIRLEAD_REFUSED') return error;
  const lines = error.message.split('\n').map((line) => {
    const [, name = ''] = /^ {2}(.+?):\d+:\d+ /.exec(line) ?? [];
    const path = paths.get(name);
    return path === undefined ? line : `  ${path}${line.slice(2 + name.length)}`;
  });
  return new FairleadError('FAIRLEAD_REFUSED', { message: lines.join('\n'), hint: error.hint }, { cause: error });
}
