/** What is raced, and what has to come out. */
import { hashText } from '../../src/pipeline/transforms/hash.ts';
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

/** Tags travel as a header, the record as it was read. */
const raw = { encoding: 'raw' };
const tags = ['frontend', 'http'];

/** What the encoder makes of a record of format json. */
const withTags = (line: string, all: readonly string[]): string => `${line.slice(0, -1)},"tags":${JSON.stringify(all)}}`;

/** One in two traces, chosen as `sample` does: a text has a quote in front of it, so that it is no number. */
function sampled(line: string): boolean {
  return hashText(/"trace_id":("\w+)"/.exec(line)?.[1] ?? '') < 2 ** 31;
}

export const cases: readonly Case[] = [
  {
    name: 'pass-through',
    title: 'file → Kafka, pass-through',
    becomes: same,
    fairlead: fairlead('pass-through', { sink: raw }),
    peers: [
      { program: rsyslogMemory, times: 5, share: 0.4 },
      { program: inC('librdkafka in C', 'none'), times: 1, share: 1 },
    ],
    linesPerCpuSecond: 2_000_000,
  },
  {
    name: 'tags',
    title: 'the same, tags written into every record',
    becomes: (line) => withTags(line, tags),
    fairlead: fairlead('tags', { source: { tags } }),
    peers: [],
    linesPerCpuSecond: 1_500_000,
  },
  {
    name: 'durable',
    title: 'pass-through, every batch on disk (fdatasync) before it is sent and acknowledged',
    becomes: same,
    fairlead: fairlead('durable', { sink: { ...raw, spool: { when: 'always' } } }),
    peers: [{ program: rsyslogDisk, times: 15, share: 0.1 }],
    linesPerCpuSecond: 1_200_000,
  },
  {
    name: 'filter',
    title: 'filter, tags and sample on bytes',
    becomes: (line) => (line.includes('"level":"debug"') || !sampled(line) ? undefined : withTags(line, [...tags, 'edge'])),
    fairlead: fairlead('filter', {
      source: { tags },
      transforms: {
        'no-debug': { type: 'filter', drop: 'level == "debug"' },
        edge: { type: 'add', tags: ['edge'] },
        half: { type: 'sample', oneIn: 2, key: 'trace_id' },
      },
    }),
    peers: [],
    linesPerCpuSecond: 1_500_000,
  },
  {
    name: 'json',
    title: 'parse JSON, change fields, encode again',
    becomes(line) {
      // The order of the fields stays: a field that has another name has the place of the old one.
      const entries = Object.entries(JSON.parse(line)).filter(([name]) => name !== 'agent');
      const renamed = entries.map(([name, value]) => [name === 'duration_ms' ? 'duration' : name, value] as const);
      return JSON.stringify({ ...Object.fromEntries(renamed), datacenter: 'fra-1', shard: 3 });
    },
    fairlead: fairlead('json', {
      transforms: {
        shorter: { type: 'remove', fields: ['agent'] },
        duration: { type: 'rename', fields: { duration_ms: 'duration' } },
        where: { type: 'add', fields: { datacenter: 'fra-1', shard: 3 } },
      },
    }),
    peers: [],
    linesPerCpuSecond: 400_000,
  },
  {
    name: 'zstd',
    title: 'pass-through, zstd level 1',
    becomes: same,
    fairlead: fairlead('zstd', { sink: { ...raw, compression: 'zstd' } }),
    peers: [{ program: inC('librdkafka in C, zstd 1', 'zstd'), times: 1, share: 1 }],
    linesPerCpuSecond: 1_000_000,
  },
];
