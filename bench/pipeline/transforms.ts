/** What transforms and encoders cost for each line, by themselves: `node bench/pipeline/transforms.ts [seconds for each] [part of a name]`. One thread, from memory to memory. */
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/observe/log.ts';
import { LogBatch } from '../../src/pipeline/batch.ts';
import { createEncoder } from '../../src/pipeline/encode/create-encoder.ts';
import type { Encoding } from '../../src/pipeline/encode/encoder.ts';
import { indexLines } from '../../src/pipeline/kernel/lines.ts';
import { Receipt } from '../../src/pipeline/receipt.ts';
import { createSlabPool } from '../../src/pipeline/slab-pool.ts';
import type { Format, Stream } from '../../src/pipeline/stream.ts';
import type { NamedTransform } from '../../src/pipeline/transforms/compile.ts';
import { compileChain } from '../../src/pipeline/transforms/compile.ts';
import { transformSettings } from '../../src/pipeline/transforms/index.ts';
import { busyness, machine } from '../report.ts';

const seconds = Number(process.argv[2] ?? 1);
const wanted = process.argv[3] ?? '';
const linesPerBatch = 4_500;

const jsonLine = (index: number): string =>
  JSON.stringify({
    time: new Date(1_760_000_000_000 + index * 7).toISOString(),
    level: ['debug', 'info', 'info', 'warn', 'error'][index % 5],
    service: `orders-${index % 7}`,
    trace_id: (index * 2_654_435_761).toString(16).padStart(16, '0'),
    status: [200, 201, 204, 404, 503][index % 5],
    message: `request ${index} of customer ${index % 911} took ${index % 350} ms and was answered`,
  });

const textLine = (index: number): string =>
  `time=${1_760_000_000 + index} level=${index % 5 === 0 ? 'debug' : 'info'} service=orders status=${200 + (index % 5)} msg="request ${index} took ${index % 350} ms"`;

interface Case {
  readonly name: string;
  readonly format: Format;
  /** Objects although the source takes them for text. */
  readonly objects?: boolean;
  readonly steps: readonly Readonly<Record<string, unknown>>[];
  readonly encoding: Encoding;
}

const cases: readonly Case[] = [
  { name: 'auto, tags', format: 'json', steps: [{ type: 'add', tags: ['frontend', 'http'] }], encoding: 'auto' },
  { name: 'json, tags', format: 'json', steps: [{ type: 'add', tags: ['frontend', 'http'] }], encoding: 'json' },
  { name: 'json of lines of text', format: 'text', steps: [], encoding: 'json' },
  { name: 'filter level', format: 'json', steps: [{ type: 'filter', drop: 'level == "debug"' }], encoding: 'raw' },
  { name: 'filter status', format: 'json', steps: [{ type: 'filter', keep: 'status >= 500' }], encoding: 'raw' },
  {
    name: 'filter, tags',
    format: 'json',
    steps: [
      { type: 'filter', drop: 'level == "debug"' },
      { type: 'add', tags: ['frontend', 'http'] },
    ],
    encoding: 'auto',
  },
  {
    name: 'filter, tags, sample',
    format: 'json',
    steps: [
      { type: 'filter', drop: 'level == "debug"' },
      { type: 'add', tags: ['frontend', 'http'] },
      { type: 'sample', ratio: 0.5 },
    ],
    encoding: 'auto',
  },
  { name: 'sample by trace_id', format: 'json', steps: [{ type: 'sample', ratio: 0.5, key: 'trace_id' }], encoding: 'raw' },
  { name: 'deduplicate', format: 'json', steps: [{ type: 'deduplicate' }], encoding: 'raw' },
  { name: 'redact, nothing found', format: 'json', steps: [{ type: 'redact' }], encoding: 'raw' },
  {
    name: 'aggregate 2 metrics',
    format: 'json',
    steps: [
      {
        type: 'aggregate',
        metrics: [
          { name: 'n', kind: 'count', labels: { service: 'service', level: 'level' } },
          { name: 'status', kind: 'histogram', field: 'status' },
        ],
      },
    ],
    encoding: 'raw',
  },
  { name: 'parse json', format: 'text', objects: true, steps: [{ type: 'parse', format: 'json' }], encoding: 'raw' },
  { name: 'parse logfmt', format: 'text', steps: [{ type: 'parse', format: 'logfmt' }], encoding: 'raw' },
  {
    name: 'parse regex',
    format: 'text',
    steps: [{ type: 'parse', format: 'regex', pattern: '^time=(?<time>\\d+) level=(?<level>\\w+) service=(?<service>\\S+)' }],
    encoding: 'raw',
  },
  {
    name: 'parse json, time, change fields',
    format: 'text',
    objects: true,
    steps: [
      { type: 'parse', format: 'json' },
      { type: 'parse', format: 'timestamp', field: 'time' },
      { type: 'add', fields: { datacenter: 'fra-1' } },
      { type: 'remove', fields: ['trace_id'] },
      { type: 'rename', fields: { message: 'msg' } },
    ],
    encoding: 'auto',
  },
  {
    name: 'change fields',
    format: 'json',
    steps: [
      { type: 'add', fields: { datacenter: 'fra-1' } },
      { type: 'remove', fields: ['trace_id'] },
      { type: 'rename', fields: { message: 'msg' } },
    ],
    encoding: 'auto',
  },
];

const pool = createSlabPool(16);
const lines = ['| case | lines/CPU-s | µs a line |', '|---|---|---|'];
for (const one of cases) if (one.name.includes(wanted)) lines.push(await measure(one));
const busy = busyness();
process.stdout.write(
  `${jsonLine(1_000).length} bytes a line, ${seconds} s each. ${machine()}.${busy === '' ? '' : ` ${busy}`}\n\n${lines.join('\n')}\n`,
);

async function measure({ name, format, objects = format === 'json', steps, encoding }: Case): Promise<string> {
  const stream: Stream = { source: 'bench', generation: '00000000000000aa', labels: {}, tags: [], format };
  const text = Buffer.from(
    Array.from({ length: linesPerBatch }, (_, index) => `${objects ? jsonLine(index) : textLine(index)}\n`).join(''),
  );
  const named: NamedTransform[] = steps.map((settings) => ({ name: String(settings.type), settings: transformSettings.parse(settings) }));
  const chain = compileChain(named, { clock: systemClock, log: silentLog, slabs: pool, emit: (batch) => batch.receipt.release() });
  const encode = createEncoder(encoding, { slabs: pool });
  const round = async (): Promise<void> => {
    const slab = pool.take();
    if (slab === undefined) throw new Error('a slab was lost');
    text.copy(slab.bytes);
    const count = indexLines(slab, 0, text.length);
    const { bytes, starts, ends } = slab;
    const batch = new LogBatch({ stream, bytes, starts, ends, count, base: 0, readAtMs: 0, receipt: new Receipt(() => {}), slab });
    const changed = await chain.apply(batch);
    const encoded = changed === undefined ? undefined : await encode(changed);
    encoded?.free();
    encoded?.receipt.release();
  };
  for (let warm = 0; warm < 50; warm++) await round();
  const before = process.cpuUsage();
  const until = performance.now() + seconds * 1_000;
  let rounds = 0;
  for (; performance.now() < until; rounds++) await round();
  const { user, system } = process.cpuUsage(before);
  chain.close();
  const microseconds = (user + system) / (rounds * linesPerBatch);
  return `| ${name} | ${(1 / microseconds).toFixed(2)} M | ${microseconds.toFixed(3)} |`;
}
