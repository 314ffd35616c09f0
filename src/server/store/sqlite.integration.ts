/** The store in processes of its own: killed at any moment, and two on one file. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { systemClock } from '../../core/clock.ts';
import { openSqliteStore } from './sqlite.ts';

const rounds = 30;

test(`what was acknowledged survives kill -9 at any of ${rounds} moments, and the rest is whole or absent`, async (t) => {
  const seed = Number(process.env.FAIRLEAD_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`seed ${seed} (FAIRLEAD_SEED repeats it)`);
  const random = seeded(seed);
  using folder = scratch();
  const path = join(folder.path, 'fairlead.db');
  const acknowledged = new Map<number, number>();
  let killedWithUnsaid = 0;
  for (let round = 0; round < rounds; round += 1) {
    const writer = startWriter(path, round * 1_000_000);
    // Some before the database is open or made; the others up to well after the first checkpoint of the log.
    if (round < 5) setTimeout(() => writer.process.kill('SIGKILL'), random() * 250);
    let left = round < 5 ? Number.POSITIVE_INFINITY : Math.floor(random() * 800);
    for await (const line of writer.lines) {
      const [number = Number.NaN, revision = Number.NaN] = line.split(' ').map(Number);
      assert.ok(number >= round * 1_000_000 && revision > 0, line);
      acknowledged.set(number, revision);
      left -= 1;
      if (left <= 0) writer.process.kill('SIGKILL');
    }
    await writer.ended;
    assert.equal(writer.process.signalCode, 'SIGKILL');
    killedWithUnsaid += await verify(path, acknowledged);
  }
  t.diagnostic(`${acknowledged.size} commits acknowledged, ${killedWithUnsaid} more were there without their word having got out`);
  assert.ok(acknowledged.size > rounds, 'the writers were heard at all');
});

/** Throws when something is missing or half there; how many whole commits nobody had heard of is the result. */
async function verify(path: string, acknowledged: ReadonlyMap<number, number>): Promise<number> {
  await using store = await openSqliteStore({ path, clock: systemClock });
  const { entries, revision: last } = await store.list('w/');
  const pairs = Map.groupBy(entries, ({ key }) => Number(key.split('/')[1]));
  for (const [number, revision] of acknowledged) {
    const pair = pairs.get(number) ?? [];
    assert.deepEqual(
      pair.map((entry) => entry.modRevision),
      [revision, revision],
      `commit ${number}, acknowledged as revision ${revision}`,
    );
  }
  for (const [number, pair] of pairs) {
    assert.equal(pair.length, 2, `commit ${number} is whole`);
    assert.equal(pair[0]?.value, pair[1]?.value);
    assert.ok(pair[0]?.value.startsWith(`${number} `));
    assert.ok((pair[0]?.modRevision ?? 0) <= last);
  }
  return pairs.size - acknowledged.size;
}

test('a second process is refused with the first one named, and gets in when that one was killed', async () => {
  using folder = scratch();
  const path = join(folder.path, 'fairlead.db');
  const first = startWriter(path, 0);
  const heard = first.lines[Symbol.asyncIterator]();
  assert.match((await heard.next()).value ?? '', /^\d+ \d+$/);
  const second = await linesOf(startWriter(path, 1_000_000));
  assert.deepEqual(second, [`no FAIRLEAD_STORE_IN_USE ${path}: the database is used by another server (process ${first.process.pid})`]);
  first.process.kill('SIGKILL');
  await first.ended;
  const third = await linesOf(startWriter(path, 2_000_000, 2_000_010));
  assert.equal(third.at(-1), 'done');
});

interface Writer {
  readonly process: ChildProcess;
  readonly lines: AsyncIterable<string>;
  readonly ended: Promise<unknown>;
}

function startWriter(path: string, first: number, last?: number): Writer {
  const script = join(import.meta.dirname, 'testdata', 'writer.ts');
  const args = [script, path, String(first), ...(last === undefined ? [] : [String(last)])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return { process: child, lines: createInterface({ input: child.stdout }), ended: once(child, 'exit') };
}

async function linesOf(writer: Writer): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of writer.lines) lines.push(line);
  await writer.ended;
  return lines;
}

function scratch(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-store-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** mulberry32 (public domain): small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
