/**
 * Kafka brokers for tests: librdkafka's mock cluster, which its authors made for the same purpose. It speaks the real protocol and keeps records in memory; it does not
 * check checksums or sequence numbers, so records are read back by `kcat` with `check.crcs`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { must } from '../command.ts';
import { labCacheDir } from '../setup.ts';

const source = join(import.meta.dirname, 'mock.c');

/** Why no mock cluster can be had here; undefined: it can. */
export function missingForMock(): string | undefined {
  if (!existsSync('/usr/bin/gcc')) return 'gcc is not installed';
  if (!existsSync('/usr/include/librdkafka/rdkafka_mock.h')) return 'librdkafka-dev is not installed';
  return undefined;
}

/** Compiled once for each version of the source. */
async function program(): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const cacheDir = labCacheDir();
  const path = join(cacheDir, `kafka-mock-${hash}`);
  if (existsSync(path)) return path;
  mkdirSync(cacheDir, { recursive: true });
  // Two tests may compile it at the same moment: the name appears only when it is complete.
  const draft = `${path}.${process.pid}`;
  await must('/usr/bin/gcc', ['-O2', '-Wall', '-Wno-format-truncation', '-o', draft, source, '-lrdkafka']);
  renameSync(draft, path);
  return path;
}

export interface MockBroker {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

export interface MockCluster extends AsyncDisposable {
  /** In the order of their ids. */
  readonly brokers: readonly MockBroker[];
  readonly bootstrap: string;
  readonly pid: number;
  topic(name: string, partitions: number, replicas?: number): Promise<void>;
  /** −1: nobody leads the partition. */
  leader(topic: string, partition: number, broker: number): Promise<void>;
  topicError(topic: string, code: number): Promise<void>;
  /** The next requests of this kind fail so, on whichever broker; −195 cuts the connection. */
  errors(apiKey: number, codes: readonly number[]): Promise<void>;
  brokerErrors(broker: number, apiKey: number, errors: readonly { readonly code: number; readonly rttMs: number }[]): Promise<void>;
  clearErrors(apiKey: number): Promise<void>;
  /** −1: all of them. */
  down(broker: number): Promise<void>;
  up(broker: number): Promise<void>;
  rtt(broker: number, ms: number): Promise<void>;
  /** Without a range the brokers do not know the request. */
  apiVersion(apiKey: number, range?: readonly [min: number, max: number]): Promise<void>;
}

export async function startMock(brokerCount = 1): Promise<MockCluster> {
  const child = spawn(await program(), [String(brokerCount)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await answers.next();
    if (line.done === true) throw new Error('the mock cluster has ended');
    return String(line.value);
  };
  const bootstrap = (await next()).replace(/^BOOTSTRAP /, '');
  let last: Promise<unknown> = Promise.resolve();
  const say = (...words: readonly (string | number)[]): Promise<void> => {
    const mine = last.then(async () => {
      child.stdin.write(`${words.join(' ')}\n`);
      const answer = await next();
      if (answer !== 'R 0') throw new Error(`the mock cluster answers ${answer} to "${words.join(' ')}"`);
    });
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    brokers: bootstrap.split(',').map((address, index) => {
      const [host = '', port = ''] = address.split(':');
      return { id: index + 1, host, port: Number(port) };
    }),
    bootstrap,
    pid: child.pid ?? 0,
    topic: (name, partitions, replicas = 1) => say('topic', name, partitions, replicas),
    leader: (topic, partition, broker) => say('leader', topic, partition, broker),
    topicError: (topic, code) => say('topicerror', topic, code),
    errors: (apiKey, codes) => say('errors', apiKey, ...codes),
    brokerErrors: (broker, apiKey, errors) => say('brokererrors', broker, apiKey, ...errors.flatMap(({ code, rttMs }) => [code, rttMs])),
    clearErrors: (apiKey) => say('clear', apiKey),
    down: (broker) => say('down', broker),
    up: (broker) => say('up', broker),
    rtt: (broker, ms) => say('rtt', broker, ms),
    apiVersion: (apiKey, [min, max] = [-1, -1]) => say('apiversion', apiKey, min, max),
    [Symbol.asyncDispose]: () => end(child),
  };
}

/** Destroying a cluster takes librdkafka a second, and nothing of it is worth keeping. */
function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('close', () => resolve());
    child.kill('SIGKILL');
  });
}
