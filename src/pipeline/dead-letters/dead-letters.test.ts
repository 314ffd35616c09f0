import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../observe/log.ts';
import { hastyClock, seeded } from '../testing/batches.ts';
import type { ModelDisk } from '../testing/model-disk.ts';
import { modelDisk } from '../testing/model-disk.ts';
import type { DeadLetter, OpenDeadLetters } from './dead-letters.ts';
import { openDeadLetters } from './dead-letters.ts';

const letter = (bytes: string | Uint8Array): DeadLetter => ({
  ...{ sink: 'kafka', reason: 'it is too large', source: 'app', generation: '0011223344556677', position: 12 },
  bytes: Buffer.from(bytes),
});

const openOn = (disk: ModelDisk, maxFileBytes = 1_000): Promise<OpenDeadLetters> =>
  openDeadLetters('/dead', { disk, clock: hastyClock(), log: silentLog, random: () => 0.5, maxFileBytes });

const lettersIn = (disk: ModelDisk, path = '/dead/dead-letters.jsonl'): readonly Record<string, unknown>[] =>
  (disk.contents(path)?.toString('utf8') ?? '')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

test('a letter is a line of JSON with reason, identity and text, or base64 where it is no text', async () => {
  const disk = modelDisk();
  await using letters = await openOn(disk);
  await letters.put([letter('grüße'), letter(Uint8Array.of(0xff, 0))]);
  const [text, bytes] = lettersIn(disk);
  const { time, ...rest } = text ?? {};
  assert.match(String(time), /^\d{4}-/);
  assert.deepEqual(rest, {
    sink: 'kafka',
    reason: 'it is too large',
    source: 'app',
    generation: '0011223344556677',
    position: 12,
    text: 'grüße',
  });
  assert.equal(bytes?.base64, '/wA=');
});

test('there are at most four files, and the oldest is given up', async () => {
  const disk = modelDisk();
  await using letters = await openOn(disk);
  for (let index = 0; index < 12; index++) await letters.put([letter(`${index} ${'x'.repeat(600)}`)]);
  assert.deepEqual([...disk.paths].sort(), [
    '/dead/dead-letters.1.jsonl',
    '/dead/dead-letters.2.jsonl',
    '/dead/dead-letters.3.jsonl',
    '/dead/dead-letters.jsonl',
  ]);
  assert.match(String(lettersIn(disk)[0]?.text), /^11 /);
  assert.match(String(lettersIn(disk, '/dead/dead-letters.3.jsonl')[0]?.text), /^8 /);
});

test('a part of a line that a killed process left is cut off', async () => {
  const disk = modelDisk();
  disk.put('/dead/dead-letters.jsonl', Buffer.from('{"text":"whole"}\n{"text":"ha'));
  await using letters = await openOn(disk);
  await letters.put([letter('next')]);
  assert.deepEqual(
    lettersIn(disk).map(({ text }) => text),
    ['whole', 'next'],
  );
});

for (const code of ['ENOSPC', 'EIO'])
  test(`${code} at every operation is waited out, and what was put survives a power cut`, async () => {
    for (let at = 1; at <= 24; at++) {
      const disk = modelDisk();
      disk.fault = (index) => (index >= at && index < at + 3 ? code : undefined);
      const letters = await openOn(disk);
      for (const name of ['a', 'b', 'c']) await letters.put([letter(`${name} ${'x'.repeat(500)}`)]);
      await letters[Symbol.asyncDispose]();
      const after = disk.afterPowerCut(seeded(at));
      const found = after.paths.flatMap((path) => lettersIn(after, path)).map(({ text }) => String(text)[0]);
      assert.deepEqual([...new Set(found)].sort(), ['a', 'b', 'c'], `${code} at ${at}`);
    }
  });
