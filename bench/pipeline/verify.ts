/** Whether what arrives is what was read: a client that nobody here wrote (kcat, on librdkafka) reads it back and checks every batch's CRC. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { run } from '../../lab/command.ts';
import { type Case, same } from './cases.ts';
import { type Lines, lineFile } from './data.ts';
import { race, topic } from './race.ts';

/** The mock cluster keeps no more than 5 MB of each partition; of this much it keeps all, however it is spread. */
const bytes = 4_000_000;

export async function verify({ fairlead, becomes, name }: Case): Promise<void> {
  const small = lineFile(bytes);
  const expected = await arriving(small, becomes);
  await race(fairlead, small.path, small.lines, expected.length, async (brokers) => {
    const args = ['-C', '-q', '-e', '-b', brokers, '-t', topic, '-o', 'beginning', '-X', 'check.crcs=true', '-f', '%s\\n'];
    const { code, stdout, stderr } = await run('kcat', args);
    if (code !== 0) throw new Error(`kcat ended with ${code}: ${stderr}`);
    const got = stdout.split('\n').slice(0, -1);
    if (digest(got) !== digest(expected))
      throw new Error(`${name}: ${got.length} records were read back, and they are not the ${expected.length} lines`);
  });
}

/** Partitions have no order among each other. */
const digest = (lines: readonly string[]): string => createHash('sha256').update(lines.toSorted().join('\n')).digest('hex');

async function arriving({ path }: Lines, becomes: Case['becomes']): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(path)) {
    const made = becomes(line);
    if (made !== undefined) lines.push(made);
  }
  return lines;
}

export async function countArriving({ path, lines }: Lines, becomes: Case['becomes']): Promise<number> {
  if (becomes === same) return lines;
  let count = 0;
  for await (const line of linesOf(path)) if (becomes(line) !== undefined) count += 1;
  return count;
}

const linesOf = (path: string) => createInterface(createReadStream(path, { highWaterMark: 1 << 20 }));
