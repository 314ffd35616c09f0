/** Reads a topic back by a consumer that nobody here wrote, with the checksums of all batches checked. */
import { existsSync } from 'node:fs';
import { run } from '../command.ts';

export const missingKcat = (): string | undefined => (existsSync('/usr/bin/kcat') ? undefined : 'kcat is not installed');

export interface ReadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: string | undefined;
  readonly value: string;
  /** `name=value` for those of them that are text. */
  readonly headers: string;
}

/** Fields are kept apart by what no test writes into a record. */
const [fieldEnd, recordEnd] = ['\x1f', '\x1e'];

export async function readBack(bootstrap: string, topic: string): Promise<readonly ReadRecord[]> {
  const format = ['%t', '%p', '%o', '%T', '%K', '%k', '%s', '%h'].join(fieldEnd) + recordEnd;
  const result = await run(
    '/usr/bin/kcat',
    ['-C', '-b', bootstrap, '-t', topic, '-o', 'beginning', '-e', '-q', '-X', 'check.crcs=true', '-f', format],
    { timeoutMs: 60_000 },
  );
  if (result.code !== 0 || /crc|corrupt|decompress/i.test(result.stderr)) throw new Error(`kcat: exit ${result.code}: ${result.stderr}`);
  return result.stdout
    .split(recordEnd)
    .slice(0, -1)
    .map((line) => {
      const [readTopic = '', partition, offset, time, keyLength, key, value = '', headers = ''] = line.split(fieldEnd);
      return {
        ...{ topic: readTopic, partition: Number(partition), offset: Number(offset), timestampMs: Number(time) },
        ...{ key: keyLength === '-1' ? undefined : key, value, headers },
      };
    });
}
