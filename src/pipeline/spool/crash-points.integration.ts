/** A real process on a real disk is killed at each point that must not be trusted; a ledger says whether what it acknowledged arrives. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('../testing/spool-child.ts', import.meta.url));

/** The number: for which time that the point is passed. */
const points = [
  'create',
  'create:3',
  'append-written',
  'append-written:5',
  'append-synced:4',
  'seal',
  'state-written:3',
  'state-synced:3',
  'predelete',
  'unlink',
];

interface Run {
  readonly killed: boolean;
  readonly acknowledged: readonly string[];
  readonly delivered: readonly string[];
}

async function run(dir: string, name: string, mode: 'fill' | 'drain', crashAt = ''): Promise<Run> {
  const program = spawn(process.execPath, [child, dir, name, mode], {
    env: { ...process.env, FAIRLEAD_CRASH_AT: crashAt },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of program.stdout) output += String(chunk);
  const signal =
    program.exitCode === null && program.signalCode === null
      ? await new Promise((resolve) => program.once('exit', (_, by) => resolve(by)))
      : program.signalCode;
  const lines = output.split('\n').slice(0, -1);
  const of = (sign: string) => lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(2));
  return { killed: signal === 'SIGKILL', acknowledged: of('+'), delivered: of('-') };
}

for (const point of points)
  test(`killed at ${point}, and again in the next start: what was acknowledged arrives, and little comes twice`, async () => {
    const dir = await mkdtemp(join(tmpdir(), 'fairlead-spool-'));
    try {
      const runs = [
        await run(dir, 'a', 'fill', `spool.${point}`),
        await run(dir, 'b', 'fill', `spool.${point}`),
        await run(dir, 'c', 'drain'),
      ];
      assert.deepEqual(
        runs.map(({ killed }) => killed),
        [true, true, false],
      );
      const delivered = runs.flatMap((one) => one.delivered);
      const arrived = new Set(delivered);
      const lost = runs.flatMap(({ acknowledged }) => acknowledged).filter((line) => !arrived.has(line));
      assert.deepEqual(lost, []);
      // What was delivered since the state was written: at most what one run delivers in all, for each of the two that were killed.
      assert.ok(delivered.length - arrived.size <= (runs[0]?.delivered.length ?? 0) + (runs[1]?.delivered.length ?? 0));
      assert.ok(delivered.every((line) => /^[ab]\.\d+\.[01]\.\d+ x{1000}$/.test(line)));
    } finally {
      await rm(dir, { recursive: true });
    }
  });
