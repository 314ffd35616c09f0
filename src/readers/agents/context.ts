import type { Application, Transport, Workload } from '../../network/model.ts';
import type { Files } from '../files.ts';
import { entryOf } from './images/index.ts';
import type { ImageReference } from './parse/image-reference.ts';
import { imageOf } from './parse/image-reference.ts';
import type { MountedFile } from './parse/mounted.ts';
import { mountedFile } from './parse/mounted.ts';
import type { Resolve, Value } from './parse/value.ts';
import { givenOnCommandLine, toValue } from './parse/value.ts';
import type { Flag } from './parse/words.ts';
import { flagsOf, wordsOf } from './parse/words.ts';

/** What a program may ask about the workload that it reads. */
export interface Context {
  readonly workload: Workload;
  readonly files: Files;
  readonly image: ImageReference | undefined;
  /** Entrypoint and command as words. */
  readonly words: readonly Value[];
  readonly flags: readonly Flag[];
  /** Names by which other workloads of the input are called. */
  readonly names: ReadonlySet<string>;
  /** The workload's own names, which its own container resolves to its own address; empty where it shares a network or has several. */
  readonly ownNames: ReadonlySet<string>;
  /** What the image behind another workload's name speaks, and on which port its clients look for it by default. */
  serverAt(name: string): { readonly port: number; readonly application: Application; readonly transport?: Transport } | undefined;
  /** A variable's value, and from now on nobody else's; undefined when it is not set, or set in a shell that we do not see. */
  variable(name: string): Value | undefined;
  /** The same without taking it. */
  readonly peek: Resolve;
  /** For references inside of configuration files: what the file uses is taken, when it is set. */
  readonly resolve: Resolve;
  /** The value of the last flag of one of these names; taken. */
  flag(...names: readonly string[]): Value | undefined;
  /** The values of all flags of one of these names; taken. */
  flagAll(...names: readonly string[]): readonly Value[];
  /** True when one of these flags is given, with or without a value other than `false`. */
  hasFlag(...names: readonly string[]): boolean;
  mounted(path: string): MountedFile;
  /** Settings that a program has interpreted. */
  readonly takenVariables: ReadonlySet<string>;
  readonly takenWords: ReadonlySet<number>;
}

/** How the workloads of the input are called. */
export interface Names {
  readonly all: ReadonlySet<string>;
  readonly workloadOf: ReadonlyMap<string, Workload>;
  readonly own: ReadonlySet<string>;
}

/** Only of databases and brokers: a client that is given no port takes the one of their protocol. */
function serverOf(workload: Workload | undefined): ReturnType<Context['serverAt']> {
  const [listener] = (workload === undefined ? undefined : entryOf(imageOf(workload)))?.listeners ?? [];
  const application = listener?.application;
  if (listener === undefined || application === undefined || !BY_DEFAULT_PORT.has(application)) return undefined;
  return { port: listener.port, application };
}

const BY_DEFAULT_PORT: ReadonlySet<Application> = new Set([
  'postgres',
  'mysql',
  'mongodb',
  'redis',
  'amqp',
  'elasticsearch',
  'nats',
  'mqtt',
]);

export function createContext(workload: Workload, files: Files, names: Names): Context {
  const variables = new Map(workload.environment.map((variable) => [variable.name, variable]));
  const takenVariables = new Set<string>();
  const takenWords = new Set<number>();
  const mounted = new Map<string, MountedFile>();
  const peek: Resolve = (name) => {
    const found = variables.get(name);
    if (found?.value === undefined) return undefined;
    const value = toValue({ value: found.value, origin: found.origin });
    return workload.declaredBy === 'docker-run' ? givenOnCommandLine(value) : value;
  };
  const words = wordsOf(workload, peek);
  const flags = flagsOf(words);
  const take = (names_: readonly string[]): readonly Flag[] => {
    const found = flags.filter((flag) => names_.includes(flag.name));
    for (const flag of found) for (const index of flag.indices) takenWords.add(index);
    return found;
  };
  const flagAll = (...wanted: readonly string[]) => take(wanted).flatMap((flag) => (flag.value === undefined ? [] : [flag.value]));
  return {
    workload,
    files,
    image: imageOf(workload),
    words,
    flags,
    names: names.all,
    ownNames: names.own,
    serverAt: (name) => serverOf(names.workloadOf.get(name)),
    peek,
    resolve: (name) => {
      const found = peek(name);
      if (found !== undefined) takenVariables.add(name);
      return found;
    },
    takenVariables,
    takenWords,
    variable: (name) => {
      takenVariables.add(name);
      return peek(name);
    },
    flagAll,
    flag: (...wanted) => flagAll(...wanted).at(-1),
    hasFlag: (...wanted) => take(wanted).some((flag) => flag.value?.text !== 'false'),
    mounted: (path) => {
      const known = mounted.get(path);
      if (known !== undefined) return known;
      const made = mountedFile(workload, path, files);
      mounted.set(path, made);
      return made;
    },
  };
}
