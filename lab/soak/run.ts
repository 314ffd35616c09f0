/**
 * Kills the real agent again and again at random moments, while a log is written and a client pushes, and then looks whether everything arrived:
 * in the archive of its file sink, and at a receiver behind its spool.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { realDisk } from '../../src/pipeline/real-disk.ts';
import { findSpools, inspectSpool } from '../../src/pipeline/spool/inspect.ts';
import { seeded } from '../../src/pipeline/testing/batches.ts';
import { AgentProcess } from './agent-process.ts';
import type { Way } from './lines.ts';
import { Arrivals, lineOf } from './lines.ts';
import { Pusher } from './pusher.ts';
import { Receiver } from './receiver.ts';
import { Writer } from './writer.ts';

export interface SoakReport {
  readonly rounds: number;
  /** Rounds in which the agent was at work when it was killed, not still starting. */
  readonly atWork: number;
  readonly written: number;
  readonly pushed: number;
  /** First lines that are missing, or that nobody wrote; empty when all is well. */
  readonly faults: readonly string[];
  readonly duplicates: { readonly archive: number; readonly receiver: number; readonly bytesPerKill: number };
  readonly spoolDamaged: number;
}

export interface SoakOptions {
  readonly dir: string;
  readonly rounds: number;
  readonly seed: number;
  /** How long the agent works before it is killed, at most. */
  readonly lifeMs: number;
  /** How long it may take until everything has arrived in the end. */
  readonly patienceMs: number;
  progress?(round: number, line: string): void;
}

export async function soak({ dir, rounds, seed, lifeMs, patienceMs, progress }: SoakOptions): Promise<SoakReport> {
  const random = seeded(seed);
  const received = new Arrivals();
  await using receiver = await Receiver.start(received, random);
  const port = await freePort();
  const settings = join(dir, 'agent.json');
  await mkdir(dir, { recursive: true });
  await writeFile(settings, JSON.stringify(settingsFor(dir, port, receiver.port)));
  const [writer, pusher] = [new Writer(join(dir, 'logs')), new Pusher(port)];
  writer.start();
  pusher.start();
  let atWork = 0;
  for (let round = 1; round <= rounds; round++) {
    const agent = new AgentProcess(settings);
    // Some of them while it starts, the others while it works.
    if (random() < 0.5) await sleep(random() * 900);
    else {
      await agent.ready;
      atWork += 1;
      await sleep(random() * lifeMs);
    }
    const ended = await agent.kill('SIGKILL');
    if (ended !== 'SIGKILL') throw new Error(`the agent ended by itself (${ended}):\n${agent.log.join('\n')}`);
    progress?.(
      round,
      `${writer.count} written, ${pusher.acknowledged} pushed, ${received.distinct} received, ${received.duplicates} twice`,
    );
  }
  receiver.fair = true;
  const last = new AgentProcess(settings);
  await writer.stop();
  await pusher.stop();
  const wanted = writer.count + pusher.acknowledged;
  const until = Date.now() + patienceMs;
  let archived = new Arrivals();
  while (Date.now() < until && (received.distinct < wanted || archived.distinct < wanted)) {
    await sleep(200);
    if (received.distinct >= wanted) archived = await readArchive(join(dir, 'out'));
  }
  const ended = await last.kill('SIGTERM');
  archived = await readArchive(join(dir, 'out'));
  const faults = [
    ...(ended === 0 ? [] : [`the agent ended with ${ended}: ${last.log.slice(-5).join(' ')}`]),
    ...faultsOf('archive', archived, writer.count, pusher.acknowledged),
    ...faultsOf('receiver', received, writer.count, pusher.acknowledged),
  ];
  const spools = await Promise.all((await findSpools(realDisk, join(dir, 'data'))).map((spool) => inspectSpool(realDisk, spool)));
  return {
    ...{ rounds, atWork, written: writer.count, pushed: pusher.acknowledged, faults },
    duplicates: {
      archive: archived.duplicates,
      receiver: received.duplicates,
      bytesPerKill: Math.round(Math.max(archived.duplicateBytes, received.duplicateBytes) / rounds),
    },
    spoolDamaged: spools.reduce((sum, { damaged }) => sum + damaged.records, 0),
  };
}

const settingsFor = (dir: string, port: number, receiver: number) => ({
  identity: { dataDir: join(dir, 'data') },
  health: { listen: '127.0.0.1:0' },
  pipeline: {
    sources: {
      app: { type: 'file', path: join(dir, 'logs', 'app.log*') },
      push: { type: 'http', listen: `127.0.0.1:${port}`, format: 'text' },
    },
    sinks: {
      archive: {
        type: 'file',
        path: join(dir, 'out', 'archive.log'),
        compression: 'none',
        keep: { size: '100GiB' },
        rotate: { size: '2MiB' },
      },
      receiver: {
        ...{ type: 'http', url: `http://127.0.0.1:${receiver}/`, format: 'text', batch: { linger: '20ms' } },
        spool: { when: 'always', segmentSize: '1MiB' },
      },
    },
  },
});

async function readArchive(dir: string): Promise<Arrivals> {
  const arrivals = new Arrivals();
  for (const name of await readdir(dir).catch(() => [])) {
    if (!name.startsWith('archive')) continue;
    const text = await readFile(join(dir, name), 'utf8').catch(() => '');
    // A last line without its end is being written just now.
    for (const line of text.split('\n').slice(0, -1)) arrivals.take(line);
  }
  return arrivals;
}

function faultsOf(where: string, arrivals: Arrivals, written: number, pushed: number): readonly string[] {
  const missing = (way: Way, count: number) =>
    Array.from({ length: count }, (_, number) => number)
      .filter((number) => !arrivals.has(way, number))
      .map((number) => `${where}: missing ${lineOf(way, number).slice(0, 20)}`);
  const all = [
    ...missing('file', written),
    ...missing('push', pushed),
    ...arrivals.foreign.map((line) => `${where}: nobody wrote "${line}"`),
  ];
  return all.length > 10 ? [...all.slice(0, 10), `${where}: ${all.length} in all`] : all;
}

/** A port that was free a moment ago: the agent is started many times and has to listen on the same one. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
