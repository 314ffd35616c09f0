/** Arguments → what is read: settings, discovered inputs, the environment profile, and the running engine where it is asked for. */
import { FairleadError } from '../core/errors.ts';
import type { Origin } from '../core/origin.ts';
import { formatOrigin } from '../core/origin.ts';
import type { Problem } from '../core/problem.ts';
import { parseHostListener } from '../doctor/host-listener.ts';
import type { Parsed } from '../doctor/profile.ts';
import { profileFields } from '../doctor/profile.ts';
import { rules } from '../doctor/rules/index.ts';
import type { Settings } from '../doctor/settings-fields.ts';
import { noSettings, SETTINGS_FILE } from '../doctor/settings-fields.ts';
import type { Environment } from '../network/environment.ts';
import type { Listener } from '../network/model.ts';
import { discover } from '../readers/discover.ts';
import type { Files } from '../readers/files.ts';
import { diskFiles } from '../readers/files.ts';
import { namedFrom, withText } from '../readers/files-recorded.ts';
import type { ReadRequest } from '../readers/index.ts';
import type { ModelPart } from '../readers/reader.ts';
import { STDIN } from '../readers/stdin.ts';
import type { Arguments } from './command.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';
import type { Stages } from './stages.ts';

export interface Prepared {
  readonly files: Files;
  readonly read: ReadRequest;
  readonly settings: Settings;
  /** What was named and cannot be read. */
  readonly problems: readonly Problem[];
}

export async function prepare(args: Arguments, paths: readonly string[], io: Io, stages: Stages): Promise<Prepared> {
  const composeFiles = args.values('file');
  const wantsStdin = paths.includes('-') || composeFiles.includes('-');
  const found = namedFrom(process.cwd(), wantsStdin ? withText(diskFiles, STDIN, await io.readStdin()) : diskFiles);
  const files: Files = {
    ...found,
    read: (path) => {
      stages.enter(`reading ${path}`);
      return found.read(path);
    },
  };
  const settings = await loadSettings(args, files);
  // Asked for an engine or for certain files, the working directory is not searched as well.
  const searched = paths.length > 0 || composeFiles.length > 0 || args.has('engine') ? paths : ['.'];
  const discovered = discover(files, { paths: searched, composeFiles });
  const problems = discovered.problems.map((problem) => (searched === paths ? problem : withoutPath(problem)));
  const observed = args.has('engine') ? [await readRunning(args, stages)] : [];
  if (discovered.inputs.length === 0 && observed.length === 0 && problems.length === 0)
    throw new FairleadError('FAIRLEAD_NOTHING_TO_CHECK', { path: '.' });
  return { files, settings, problems, read: { ...readRequest(args, io, settings), inputs: discovered.inputs, observed } };
}

/** `.: nothing here` reads better as the working directory. */
function withoutPath(problem: Problem): Problem {
  return problem.origin.kind === 'observed' ? { ...problem, origin: { ...problem.origin, source: 'the working directory' } } : problem;
}

function readRequest(args: Arguments, io: Io, settings: Settings): Omit<ReadRequest, 'inputs'> {
  const projectName = args.value('project-name');
  return {
    ...(projectName === undefined ? {} : { projectName }),
    profiles: [...args.values('profile'), ...(io.env.COMPOSE_PROFILES ?? '').split(',')].filter((name) => name !== ''),
    env: io.env,
    ...(args.has('env-file') ? { envFiles: args.values('env-file') } : {}),
    environment: { ...settings.environment, ...environmentOf(args) },
    hostListeners: [...settings.hostListeners, ...hostListenersOf(args)],
    sameHost: args.has('same-host'),
  };
}

const stated = (flag: string, value: string): Origin => ({ kind: 'default', text: `stated by --${flag} ${value}` });

function environmentOf(args: Arguments): Partial<Environment> {
  const parts = profileFields.flatMap((field): readonly Partial<Environment>[] => {
    const text = args.value(field.flag) || (args.has(field.flag) ? field.alone : undefined);
    return text === undefined ? [] : [parsed(field.flag, field.parse(text, stated(field.flag, text)))];
  });
  return Object.assign({}, ...parts);
}

function hostListenersOf(args: Arguments): readonly Listener[] {
  return args.values('host-listener').map((text) => parsed('host-listener', parseHostListener(text, stated('host-listener', text))));
}

/** The value, or the usage error that names the flag. */
function parsed<T>(flag: string, result: Parsed<T>): T {
  if (result.ok) return result.value;
  throw usage(`--${flag}: ${result.problem}`, result.hint);
}

async function loadSettings(args: Arguments, files: Files): Promise<Settings> {
  const path = args.value('config') ?? SETTINGS_FILE;
  if (args.value('config') === undefined && !files.exists(path)) return noSettings;
  const result = files.read(path);
  if (!result.ok)
    throw new FairleadError(result.reason === 'missing' ? 'FAIRLEAD_INPUT_NOT_FOUND' : 'FAIRLEAD_INPUT_UNREADABLE', {
      path,
      reason: result.message,
    });
  const { readSettings } = await import('../doctor/settings.ts');
  const { settings, problems } = readSettings(
    result.source,
    rules.flatMap((rule) => [rule.id, rule.name]),
  );
  const [first, ...more] = problems;
  if (first === undefined) return settings;
  const hint =
    more.length === 0
      ? first.hint
      : `${first.hint}${more.map((problem) => `\n${formatOrigin(problem.origin)} ${problem.message}\n  ${problem.hint}`).join('')}`;
  throw new FairleadError('FAIRLEAD_CONFIG_INVALID', { at: formatOrigin(first.origin), problem: first.message, hint });
}

async function readRunning(args: Arguments, stages: Stages): Promise<ModelPart> {
  const { readEngine } = await import('../readers/engine/index.ts');
  stages.enter('reading the engine');
  const socket = args.value('engine');
  return readEngine({ timeoutMs: stages.leftMs(), ...(socket ? { socket } : {}) });
}
