/** Reads a topic back by a consumer that nobody here wrote, with the checksums of all batches checked. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

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

/** `latin1`: every byte is one character. */
export async function readBack(bootstrap: string, topic: string, encoding: 'utf8' | 'latin1' = 'utf8'): Promise<readonly ReadRecord[]> {
  const format = ['%t', '%p', '%o', '%T', '%K', '%k', '%s', '%h'].join(fieldEnd) + recordEnd;
  const result = await runForBytes(
    [
      '-C',
      '-b',
      bootstrap,
      '-t',
      topic,
      '-o',
      'beginning',
      '-e',
      '-q',
      '-X',
      'check.crcs=true',
      '-X',
      'fetch.message.max.bytes=100000000',
      '-f',
      format,
    ],
    encoding,
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

function runForBytes(
  args: readonly string[],
  encoding: 'utf8' | 'latin1',
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) =>
    execFile('/usr/bin/kcat', args, { encoding, maxBuffer: 1 << 30, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, stdout, stderr: error === null ? stderr : `${error.message} ${stderr}` }),
    ),
  );
}
