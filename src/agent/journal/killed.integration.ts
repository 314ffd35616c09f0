import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readJournal } from './load.ts';

const writer = fileURLToPath(new URL('testing/writer.ts', import.meta.url));
const rounds = 20;
const seed = Number(process.env.FAIRLEAD_SEED ?? Date.now() % 1_000_000);

/** mulberry32: small, and the same everywhere. */
function seeded(state: number): () => number {
  let next = state;
  return () => {
    next = (next + 0x6d2b79f5) | 0;
    let mixed = Math.imul(next ^ (next >>> 15), 1 | next);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Runs the writer until it has said something, and some moments longer; returns what it said. */
async function writeAndKill(dir: string, moreMs: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [writer, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const reader = createInterface({ input: child.stdout });
  const first = new Promise<void>((resolve) => reader.once('line', () => resolve()));
  reader.on('line', (line) => lines.push(line));
  await Promise.race([first, ended]);
  // Not a wait for something: the moment of the kill is what the seed varies.
  await sleep(moreMs);
  child.kill('SIGKILL');
  await ended;
  return lines;
}

test(`a journal that is killed ${rounds} times while it is written holds everything that was certain (seed ${seed})`, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-killed-'));
  const random = seeded(seed);
  const seen = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    const lines = await writeAndKill(dir, random() * 150);
    assert.ok(lines.length > 0, 'the writer said nothing');
    const read = await readJournal(dir);
    assert.ok(read !== undefined);
    assert.equal(read.damagedBytes, 0);
    const byId = new Map(read.outages.map((outage) => [outage.id, outage]));
    const missing = new Set<string>();
    for (const line of lines) {
      const [what, id = ''] = line.split(' ');
      const outage = byId.get(id);
      seen.add(what ?? '');
      // Rightly gone when there were too many and the server had it; otherwise it must have been counted.
      if (outage === undefined && lines.includes(`delivered ${id}`)) continue;
      if (outage === undefined) missing.add(id);
      else if (what === 'closed') assert.ok(outage.toMs !== undefined, `round ${round}: ${line}, but it is open`);
      else if (what === 'delivered') assert.equal(outage.deliveredRevision, 2);
    }
    assert.ok(missing.size <= read.dropped, `round ${round}: ${missing.size} outages are missing, and ${read.dropped} were dropped`);
    if (missing.size > 0) assert.ok(read.outages.length >= 99, `round ${round}: outages were dropped without need`);
  }
  assert.deepEqual([...seen].sort(), ['closed', 'delivered', 'opened']);
  rmSync(dir, { recursive: true });
});
