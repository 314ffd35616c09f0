/** What the kernel saves on each step of a line's way: `npm run bench -- pipeline kernel`. CPU time of one thread, on bytes that are in memory. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogBatch } from '../../src/pipeline/batch.ts';
import { FieldFinder } from '../../src/pipeline/json-bytes/field-finder.ts';
import { crc32c, crcPlainly } from '../../src/pipeline/kernel/crc32c.ts';
import { encodePlainly } from '../../src/pipeline/kernel/kafka-plain.ts';
import { encodeKafkaRecords, kafkaHeaders, type RecordsOptions } from '../../src/pipeline/kernel/kafka-records.ts';
import { indexLines, indexPlainly } from '../../src/pipeline/kernel/lines.ts';
import { textSearch } from '../../src/pipeline/kernel/search.ts';
import { Receipt } from '../../src/pipeline/receipt.ts';
import { type Slab, slabBytes } from '../../src/pipeline/slab.ts';
import { createSlabPool } from '../../src/pipeline/slab-pool.ts';
import type { Stream } from '../../src/pipeline/stream.ts';
import { busyness, machine } from '../report.ts';
import { lineGenerator } from './lines.ts';

interface Step {
  readonly name: string;
  readonly once: () => unknown;
}

const seconds = 0.4;

export async function benchKernel(): Promise<string> {
  const pool = createSlabPool(2);
  const [lines, out] = [pool.take(), pool.take()];
  if (lines === undefined || out === undefined) throw new Error('a pool of two has no two slabs');
  const next = lineGenerator(1);
  let length = 0;
  // Not full: with headers the records are longer than the lines, and have to fit.
  for (let line = next(); length + line.length <= slabBytes * 0.8; line = next()) length += lines.bytes.write(line, length, 'latin1');
  const records = indexLines(lines, 0, length);
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-kernel-bench-'));
  try {
    const rows = steps(lines, out, length, folder).map(({ name, once }) => {
      const perSecond = measure(once);
      return `| ${name} | ${Math.round((perSecond * length) / 1e6)} | ${((perSecond * records) / 1e6).toFixed(1)} |`;
    });
    const head = `CPU time of one thread over ${records} JSON lines (${Math.round(length / 1e3)} kB), again and again, so from the second-level cache. ${machine()}. ${busyness()}`;
    return [head.trim(), '', '| step | MB per CPU second | M lines per CPU second |', '|---|---:|---:|', ...rows].join('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function steps(lines: Slab, out: Slab, length: number, folder: string): readonly Step[] {
  const stream: Stream = { source: 'bench', generation: '0123456789abcdef', labels: {}, tags: [], format: 'json' };
  const count = indexLines(lines, 0, length);
  const { bytes, starts, ends } = lines;
  const batch = new LogBatch({ stream, bytes, starts, ends, count, base: 0, readAtMs: 1, receipt: new Receipt(() => {}), slab: lines });
  const bare: RecordsOptions = { baseTimestampMs: 0, firstOffsetDelta: 0, identity: false };
  const full = { ...bare, identity: true, headers: kafkaHeaders([['tags', 'frontend,http']]) };
  const heap = Buffer.from(bytes.subarray(0, length));
  const file = join(folder, 'lines');
  writeFileSync(file, heap);
  const read = () => {
    const descriptor = openSync(file, 'r');
    readSync(descriptor, bytes, 0, length, 0);
    closeSync(descriptor);
  };
  const both = (name: string, kernel: () => unknown, plain: () => unknown): readonly Step[] => [
    { name: `${name}, kernel`, once: kernel },
    { name: `${name}, JavaScript`, once: plain },
  ];
  return [
    { name: 'read a file into a slab', once: read },
    ...both(
      'find lines',
      () => indexLines(lines, 0, length),
      () => indexPlainly(lines, 0, length),
    ),
    ...both(
      'CRC-32C of a slab',
      () => crc32c(bytes, 0, length),
      () => crcPlainly(bytes, 0, length, 0),
    ),
    { name: 'CRC-32C of bytes on the heap, kernel', once: () => crc32c(heap) },
    ...both(
      'Kafka records',
      () => encodeKafkaRecords(batch, 0, out.bytes, 0, slabBytes, bare),
      () => encodePlainly(batch, 0, out.bytes, 0, slabBytes, bare),
    ),
    ...both(
      'with identity and a header',
      () => encodeKafkaRecords(batch, 0, out.bytes, 0, slabBytes, full),
      () => encodePlainly(batch, 0, out.bytes, 0, slabBytes, full),
    ),
    ...both(
      'look for a text that is not there',
      () => textSearch(bytes, absent)?.find(0, length),
      () => heap.indexOf(absent),
    ),
    ...both('find a field of every line', fieldOf(lines, count, bytes), fieldOf(lines, count, heap)),
    {
      name: 'all of it, kernel: read, lines, records with identity, CRC-32C',
      once: () => {
        read();
        indexLines(lines, 0, length);
        crc32c(out.bytes, 0, encodeKafkaRecords(batch, 0, out.bytes, 0, slabBytes, full).bytes);
      },
    },
  ];
}

const absent = Buffer.from('nowhere"');

/** The last but one of its fields, so nearly all of a line is walked. */
function fieldOf({ starts, ends }: Slab, count: number, bytes: Buffer): () => void {
  const finder = new FieldFinder('trace_id');
  return () => {
    finder.begin(bytes);
    for (let line = 0; line < count; line++) finder.find(bytes, starts[line] ?? 0, ends[line] ?? 0);
  };
}

/** Times a CPU second, once the compilers have seen it. */
function measure(once: () => unknown): number {
  const until = performance.now() + 100;
  while (performance.now() < until) once();
  const before = process.cpuUsage();
  let times = 0;
  for (const end = performance.now() + seconds * 1_000; performance.now() < end; times++) once();
  const { user, system } = process.cpuUsage(before);
  return times / ((user + system) / 1e6);
}
