/** The programs that are held against each other: each reads the same file and sends it to the same cluster. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianSite, unpack } from '../../lab/setup/debian.ts';
import { labCacheDir } from '../../lab/setup.ts';
import { cacheFolder } from './data.ts';

export interface Task {
  /** HOST:PORT, separated by commas. */
  readonly brokers: string;
  readonly topic: string;
  /** The file to read. */
  readonly path: string;
  /** An empty folder of this run. */
  readonly folder: string;
}

export interface Program {
  readonly name: string;
  start(task: Task): ChildProcess;
}

/** Another build can be measured instead of the one in dist/. */
const agentProgram = process.env.FAIRLEAD_BENCH_AGENT ?? fileURLToPath(new URL('../../dist/agent.js', import.meta.url));

/** The real agent, as it is shipped, with its metrics on. `pipeline` may say how the file is to be read, what is done with lines and how the sink is set. */
export interface Agent {
  readonly source?: Readonly<Record<string, unknown>>;
  readonly transforms?: Readonly<Record<string, unknown>>;
  readonly sink?: Readonly<Record<string, unknown>>;
}

export function fairlead(name: string, { source = {}, transforms = {}, sink = {} }: Agent): Program {
  return {
    name,
    start({ brokers, topic, path, folder }) {
      const settings = {
        identity: { dataDir: join(folder, 'data') },
        health: { listen: '127.0.0.1:0' },
        log: { level: 'warn', format: 'json' },
        pipeline: {
          sources: { app: { type: 'file', path, format: 'json', ...source } },
          transforms,
          sinks: { kafka: { type: 'kafka', brokers: brokers.split(','), topic, compression: 'none', ...sink } },
        },
      };
      const file = join(folder, 'agent.json');
      writeFileSync(file, JSON.stringify(settings, undefined, 2));
      const profile = process.env.FAIRLEAD_BENCH_PROFILE;
      const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
      return spawn(process.execPath, [...flags, agentProgram, '--config', file], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
    },
  };
}

/** Debian's rsyslog, unpacked beside the lab's other packages: nothing is installed and no service starts. */
export async function rsyslog(name: string, queue: string): Promise<Program> {
  const packages = ['rsyslog', 'rsyslog-kafka', 'libestr0', 'libfastjson4', 'liblognorm5'];
  const unpacked = await unpack(labCacheDir(), await debianSite(), { suite: 'bookworm', packages });
  if ('reason' in unpacked) throw new Error(`no rsyslog: ${unpacked.reason}`);
  const libraries = ['usr/lib', 'lib'].map((folder) => join(unpacked.root, folder, `${libraryArchitecture()}-linux-gnu`));
  return {
    name,
    start(task) {
      const file = join(task.folder, 'rsyslog.conf');
      writeFileSync(file, rsyslogSettings(task, queue));
      const modules = join(libraries[0] ?? '', 'rsyslog');
      const args = ['-n', '-f', file, '-i', join(task.folder, 'pid'), '-M', modules];
      const env = { ...process.env, LD_LIBRARY_PATH: libraries.join(':') };
      return spawn(join(unpacked.root, 'usr/sbin/rsyslogd'), args, { env, stdio: 'ignore' });
    },
  };
}

const libraryArchitecture = (): string => (process.arch === 'arm64' ? 'aarch64' : 'x86_64');

/** As fast as it gets here: no queue between the file and the action beside the one that is asked for, no escaping, batches as large as ours. */
function rsyslogSettings({ brokers, topic, path, folder }: Task, queue: string): string {
  const kafka = ['linger.ms=5', 'batch.num.messages=10000', 'queue.buffering.max.messages=500000', 'queue.buffering.max.kbytes=131072'];
  return `global(workDirectory="${folder}" maxMessageSize="64k")
module(load="imfile" mode="inotify")
module(load="omkafka")
template(name="raw" type="string" string="%msg%")
main_queue(queue.type="Direct")
input(type="imfile" file="${path}" tag="bench" ruleset="out" persistStateInterval="100000")
ruleset(name="out" queue.type="Direct") {
  action(type="omkafka" broker=${JSON.stringify(brokers.split(','))} topic="${topic}" template="raw" partitions.auto="on" resubmitOnFailure="on"
    confParam=${JSON.stringify(kafka)} topicConfParam=["request.required.acks=-1"] ${queue})
}
`;
}

/** A producer in C that only reads lines and sends them. Prints what it used. */
export function librdkafka(name: string, codec: 'none' | 'zstd'): Program {
  const binary = compiled();
  return {
    name,
    start: ({ brokers, topic, path }) => spawn(binary, [brokers, topic, path, codec], { stdio: ['ignore', 'pipe', 'inherit'] }),
  };
}

function compiled(): string {
  const source = fileURLToPath(new URL('librdkafka.c', import.meta.url));
  const binary = join(cacheFolder, 'librdkafka');
  if (existsSync(binary) && statSync(binary).mtimeMs > statSync(source).mtimeMs) return binary;
  mkdirSync(cacheFolder, { recursive: true });
  const { status } = spawnSync('gcc', ['-O2', '-Wall', '-o', binary, source, '-lrdkafka'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('no librdkafka to compare with: apt-get install gcc libc6-dev librdkafka-dev');
  return binary;
}
