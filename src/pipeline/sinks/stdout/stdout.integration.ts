import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { world } from '../../sending/testing/world.ts';
import { stdoutSettings } from './settings.ts';
import { createStdout } from './stdout.ts';

const settings = stdoutSettings.parse({ type: 'stdout' });

test('records are lines, and their receipts are released when they were taken', async () => {
  const here = world();
  const out = new PassThrough();
  const sink = await createStdout(settings, here.context, out);
  sink.push(here.lines(['one', Buffer.from([255])]));
  sink.push(here.lines(['{"a":1}'], { format: 'json', tags: ['t'] }));
  await here.allSettled();
  assert.deepEqual(out.read(), Buffer.concat([Buffer.from('one\n'), Buffer.from([255]), Buffer.from('\n{"a":1,"tags":["t"]}\n')]));
  await sink.close(1_000);
  assert.deepEqual(here.settled, [true, true]);
  assert.equal(here.context.slabs.out, 0);
  assert.equal(here.context.counters.pendingBytes, 0);
});

test('a reader that does not read makes the sink full, and closing fails what it did not take', async () => {
  const here = world();
  const out = new PassThrough({ highWaterMark: 1 });
  const sink = await createStdout(settings, here.context, out);
  let full: Promise<void> | undefined;
  while (full === undefined) full = sink.push(here.lines(['x'.repeat(200_000)]));
  assert.equal(here.context.slabs.out, 0);
  assert.ok(here.context.counters.pendingBytes < 1_400_000);
  await sink.close(10);
  await full;
  assert.equal(here.settled.length, here.given);
  assert.ok(here.settled.includes(false));
  assert.equal(here.context.counters.pendingBytes, 0);
});

test('when the reader of a real pipe leaves, the program is asked to end, and nothing counts as delivered that was not', async () => {
  const program = `
    import { createStdout } from ${JSON.stringify(join(import.meta.dirname, 'stdout.ts'))};
    import { world } from ${JSON.stringify(join(import.meta.dirname, '../../sending/testing/world.ts'))};
    const here = world();
    const sink = await createStdout({ type: 'stdout', encoding: 'raw' }, here.context);
    let ending = false;
    process.once('SIGTERM', async () => {
      ending = true;
      await sink.close(1_000);
      process.stderr.write(JSON.stringify({ settled: here.settled, said: here.said, pending: here.context.counters.pendingBytes }));
      process.exit(0);
    });
    setInterval(() => {}, 1_000);
    while (!ending) await sink.push(here.lines(['x'.repeat(100_000)]));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = await once(child, 'close');
  const text = Buffer.concat(errors).toString();
  assert.equal(code, 0, text);
  const { settled, said, pending } = JSON.parse(text);
  assert.equal(settled.at(-1), false);
  assert.equal(pending, 0);
  assert.deepEqual(
    said.map(({ name }: { name: string }) => name),
    ['pipeline.sink.ended'],
  );
});
