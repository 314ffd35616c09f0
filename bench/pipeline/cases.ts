/** What is raced, and what has to come out. */
import type { Agent } from './programs.ts';
import { fairlead, librdkafka, type Program, rsyslog } from './programs.ts';

export interface Case {
  readonly name: string;
  readonly title: string;
  /** What becomes of a line; undefined: it does not arrive. */
  readonly becomes: (line: string) => string | undefined;
  readonly fairlead: Program;
  readonly peers: readonly Peer[];
  /** At least so many lines per CPU second, of those that are read. */
  readonly linesPerCpuSecond: number;
}

export interface Peer {
  readonly program: () => Promise<Program>;
  /** Fairlead's lines per CPU second are at least so many times the peer's. */
  readonly times: number;
  /** Part of the file that it gets: one that is slow would take minutes for all of it, and its rate is the same from the first line to the last. */
  readonly share: number;
}

/** Most cases. */
export const same = (line: string): string => line;
/** The faster of its ways without a disk: the action works in the thread that reads. */
const rsyslogMemory: Peer['program'] = () => rsyslog('rsyslog', 'queue.type="Direct"');
const rsyslogDisk: Peer['program'] = () =>
  rsyslog('rsyslog, disk queue without sync', 'queue.type="Disk" queue.filename="q" queue.maxFileSize="64m" queue.dequeueBatchSize="1024"');
const inC =
  (name: string, codec: 'none' | 'zstd'): Peer['program'] =>
  () =>
    Promise.resolve(librdkafka(name, codec));

const agentCase = (name: string, agent: Agent): Program => fairlead(name, agent);

export const cases: readonly Case[] = [
  {
    name: 'pass-through',
    title: 'file → Kafka, pass-through',
    becomes: same,
    fairlead: agentCase('pass-through', {}),
    peers: [
      { program: rsyslogMemory, times: 5, share: 0.4 },
      { program: inC('librdkafka in C', 'none'), times: 1, share: 1 },
    ],
    linesPerCpuSecond: 2_000_000,
  },
  {
    name: 'durable',
    title: 'every batch on disk (fdatasync) before it is sent and acknowledged',
    becomes: same,
    fairlead: agentCase('durable', { sink: { spool: { when: 'always' } } }),
    peers: [{ program: rsyslogDisk, times: 15, share: 0.1 }],
    linesPerCpuSecond: 1_200_000,
  },
  {
    name: 'filter',
    title: 'filter, tags and sample on bytes',
    becomes: (line) => (line.includes('"level":"debug"') ? undefined : line),
    fairlead: agentCase('filter', {
      transforms: {
        'no-debug': { type: 'filter', drop: 'level == "debug"' },
        tags: { type: 'tags', add: ['edge'] },
        errors: { type: 'sample', rate: 1 },
      },
    }),
    peers: [],
    linesPerCpuSecond: 1_500_000,
  },
  {
    name: 'json',
    title: 'parse JSON, change fields, encode again',
    becomes: same,
    fairlead: agentCase('json', { transforms: {} }),
    peers: [],
    linesPerCpuSecond: 400_000,
  },
  {
    name: 'zstd',
    title: 'zstd level 1',
    becomes: same,
    fairlead: agentCase('zstd', { sink: { compression: 'zstd' } }),
    peers: [{ program: inC('librdkafka in C, zstd 1', 'zstd'), times: 1, share: 1 }],
    linesPerCpuSecond: 1_000_000,
  },
];
