/** Ends the process by SIGKILL at every point between two writes of the file sink, again and again over the same folder, and looks at what is there. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';

const here = (path: string) => JSON.stringify(join(import.meta.dirname, path));

/** Writes lines from `first` on, ten in a batch, and prints the first line after what was acknowledged. */
const program = (path: string, first: number, batches: number) => `
  import { writeSync } from 'node:fs';
  import { createFile } from ${here('file.ts')};
  import { fileSettings } from ${here('settings.ts')};
  import { world } from ${here('../../sending/testing/world.ts')};
  const at = world();
  const settings = fileSettings.parse({ type: 'file', path: ${JSON.stringify(path)}, rotate: { size: '4KiB' }, linger: '0s' });
  const sink = await createFile(settings, at.context);
  for (let batch = 0; batch < ${batches}; batch++) {
    const from = ${first} + batch * 10;
    sink.push(at.lines(Array.from({ length: 10 }, (_, line) => 'line ' + String(from + line).padStart(50, '0'))));
    await at.allSettled();
    writeSync(1, String(from + 10) + '\\n');
  }
  await sink.close(5_000);
`;

async function run(
  path: string,
  first: number,
  batches: number,
  crashAt: string,
): Promise<{ readonly next: number; readonly killed: boolean }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(path, first, batches)], {
    env: { ...process.env, FAIRLEAD_CRASH_AT: crashAt },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const [code, signal] = await once(child, 'close');
  assert.ok(code === 0 || signal === 'SIGKILL', `${code} ${signal}`);
  return { next: Number(text.trim().split('\n').at(-1) || first), killed: signal === 'SIGKILL' };
}

function allLines(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.endsWith('.part'))
    .sort()
    .flatMap((name) => {
      const bytes = readFileSync(join(folder, name));
      const text = (name.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes).toString();
      assert.ok(text === '' || text.endsWith('\n'), `${name} ends in the middle of a line`);
      return text.split('\n').slice(0, -1);
    });
}

test('what was acknowledged is there after a kill at every point, and no line is broken', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-file-crash-'));
  try {
    const path = join(folder, 'app.log');
    let next = 0;
    for (const point of ['written:1', 'written:3', 'synced:2', 'renamed:1', 'renamed:2', 'compressed:1']) {
      const outcome = await run(path, next, 40, `file-sink.${point}`);
      assert.ok(outcome.killed, `${point} was passed`);
      next = outcome.next;
    }
    const last = await run(path, next, 5, '');
    assert.ok(!last.killed);
    const lines = allLines(folder);
    const numbers = lines.map((line) => Number(/^line (\d{50})$/.exec(line)?.[1] ?? assert.fail(`a broken line: ${line}`)));
    assert.deepEqual(
      [...new Set(numbers)].sort((a, b) => a - b),
      Array.from({ length: last.next }, (_, number) => number),
    );
    assert.ok(numbers.length - last.next <= 6 * 10, 'no more than one batch is there twice for each kill');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
