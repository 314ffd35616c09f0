import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { testSource } from '../../listening/testing/source-context.ts';
import { stdinSettings } from './settings.ts';
import { createStdin } from './stdin.ts';

const settings = stdinSettings.parse({ type: 'stdin' });

test('all lines of a program come, and then it is done', async () => {
  const kept = testSource();
  const program = spawn('seq', ['1', '100000'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const source = await createStdin(settings, kept.context, program.stdout);
  await source.done;
  assert.equal(kept.records.length, 100_000);
  assert.equal(kept.records.at(-1)?.text, '100000');
  await source.close();
  assert.equal(kept.context.slabs.out, 0);
});

test('while there is no room nothing is read, and afterwards nothing is missing', async () => {
  const kept = testSource();
  kept.behave('full');
  const input = new PassThrough();
  const source = await createStdin(settings, kept.context, input);
  let written = 0;
  const line = Buffer.from(`${'x'.repeat(999)}\n`);
  while (written < 8_000 && input.write(line)) written += 1;
  const rest = (async () => {
    for (; written < 7_999; written++) if (!input.write(line)) await once(input, 'drain');
    input.end();
  })();
  await kept.arrived(1);
  assert.ok(written < 7_999);
  kept.behave('deliver');
  kept.settle(true);
  await rest;
  await source.done;
  assert.equal(kept.records.length, 8_000);
  await source.close();
  assert.equal(kept.context.slabs.out, 0);
});

test('a source that follows another one gets the line that was begun', async () => {
  const input = new PassThrough();
  const [first, second] = [testSource(), testSource()];
  const one = await createStdin(settings, first.context, input);
  input.write('whole\nhalf');
  await first.arrived(1);
  await one.close();
  const two = await createStdin(settings, second.context, input);
  input.end(' a line\nlast');
  await two.done;
  assert.deepEqual(
    [...first.records, ...second.records].map(({ text }) => text),
    ['whole', 'half a line', 'last'],
  );
  await two.close();
});
