import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { Registry } from 'prom-client';
import { systemClock } from '../../core/clock.ts';
import { silentLog } from '../../observe/log.ts';
import { anyAddress } from '../data-plane.ts';
import { pipelineSettings } from '../settings.ts';
import type { Pipeline } from './pipeline.ts';
import { startPipeline } from './pipeline.ts';

async function folder(stack: AsyncDisposableStack): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-pipeline-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function start(dir: string, written: object, registry = new Registry()): Promise<Pipeline> {
  return startPipeline(pipelineSettings.parse(written), {
    ...{ clock: systemClock, log: silentLog, random: Math.random, registry, plane: anyAddress, agent: 'test', dir: join(dir, 'data') },
    health: () => {},
  });
}

/** Every line that was written to the files whose name begins so, in all of their generations. */
async function linesIn(dir: string, name: string): Promise<readonly string[]> {
  const files = (await readdir(dir)).filter((file) => file.startsWith(name)).sort();
  const texts = await Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(join(dir, file));
      return (file.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes).toString();
    }),
  );
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
}

async function eventually(what: string, check: () => Promise<boolean> | boolean): Promise<void> {
  const until = performance.now() + 30_000;
  while (!(await check())) {
    if (performance.now() > until) assert.fail(`not within 30 s: ${what}`);
    await sleep(20);
  }
}

/** A port at which nobody listens, until it is asked to. */
async function reserved(stack: AsyncDisposableStack) {
  const got = new Set<number>();
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    for (const line of text.split('\n')) if (line !== '') got.add(JSON.parse(line).n);
    response.end();
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port, got, listen: () => listen(port) };
}

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `{"n":${from + index},"level":"info"}\n`).join('');

test('lines of a file go through a transform into an archive, and a restart goes on where it was', async () => {
  await using stack = new AsyncDisposableStack();
  const dir = await folder(stack);
  const log = join(dir, 'app.log');
  const settings = {
    sources: { app: { type: 'file', path: log, format: 'json', tags: ['web'] } },
    transforms: { calm: { type: 'filter', drop: 'level == "debug"' } },
    sinks: { out: { type: 'file', path: join(dir, 'out', 'out.log') } },
  };
  await writeFile(log, `${numbered(0, 3)}{"n":"x","level":"debug"}\n`);
  {
    await using _first = await start(dir, settings);
    await eventually('three lines are there', async () => (await linesIn(join(dir, 'out'), 'out').catch(() => [])).length >= 3);
  }
  await appendFile(log, numbered(3, 5));
  {
    await using second = await start(dir, settings);
    await eventually('five lines are there', async () => (await linesIn(join(dir, 'out'), 'out')).length >= 5);
    assert.deepEqual(second.state().slabs.out, 0);
  }
  const lines = await linesIn(join(dir, 'out'), 'out');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [0, 1, 2, 3, 4].map((n) => ({ n, level: 'info', tags: ['web'] })),
  );
});

test('settings that change all the time under load lose nothing and repeat nothing', async () => {
  await using stack = new AsyncDisposableStack();
  const dir = await folder(stack);
  const log = join(dir, 'app.log');
  await writeFile(log, '');
  const settings = (round: number) => ({
    sources: {
      app: { type: 'file', path: [log], format: 'json', tags: [`round-${round}`] },
      other: { type: 'file', path: join(dir, 'other.log') },
    },
    transforms: { calm: { type: 'filter', drop: `level == "debug-${round % 3}"` } },
    sinks: {
      out: { type: 'file', path: join(dir, 'out', 'out.log'), linger: `${10 + (round % 5)}ms`, rotate: { size: '1MiB' } },
      kept: { type: 'file', path: join(dir, 'out', 'kept.log'), rotate: { size: '1MiB' } },
    },
    routes: [
      { from: 'app', through: ['calm'], to: ['out', 'kept'] },
      { from: 'other', to: 'kept' },
    ],
  });
  const pipeline = stack.use(await start(dir, settings(0)));
  let written = 0;
  let writing = true;
  const load = (async () => {
    while (writing) {
      await appendFile(log, numbered(written, written + 500));
      written += 500;
      if (written % 20_000 === 0) {
        await rename(log, `${log}.${written}`);
        await writeFile(log, '');
      }
      await sleep(2);
    }
  })();
  for (let round = 1; round <= 12; round++) {
    await sleep(100);
    await pipeline.apply(
      pipelineSettings.parse({
        ...settings(round),
        sources: { ...settings(round).sources, app: { ...settings(round).sources.app, path: [log, `${log}.*`] } },
      }),
    );
  }
  writing = false;
  await load;
  for (const name of ['out', 'kept']) {
    const arrived = async () => (await linesIn(join(dir, 'out'), name)).map((line): number => JSON.parse(line).n);
    await eventually(`everything is in ${name}`, async () => new Set(await arrived()).size === written);
    assert.equal((await arrived()).length, written, 'something came twice');
  }
});

test('a sink that cannot be reached holds neither the other sink nor its own data back: it goes to the spool and comes from there', async () => {
  await using stack = new AsyncDisposableStack();
  const dir = await folder(stack);
  const log = join(dir, 'app.log');
  await writeFile(log, numbered(0, 1000));
  const settings = (url: string) => ({
    sources: { app: { type: 'file', path: log, format: 'json' } },
    sinks: {
      out: { type: 'file', path: join(dir, 'out', 'out.log') },
      dead: { type: 'http', url, compression: 'none' },
    },
  });
  const receiver = await reserved(stack);
  const pipeline = stack.use(await start(dir, settings(`http://127.0.0.1:${receiver.port}/`)));
  for (let round = 1; round <= 20; round++) {
    await appendFile(log, numbered(1000 * round, 1000 * (round + 1)));
    await sleep(100);
  }
  await eventually('the archive has everything', async () => (await linesIn(join(dir, 'out'), 'out')).length === 21_000);
  const dead = () => pipeline.state().sinks.find(({ name }) => name === 'dead');
  assert.notEqual(dead()?.problem, undefined);
  await eventually('what it cannot send is in the spool', () => (dead()?.spool?.records ?? 0) > 0);
  await receiver.listen();
  await eventually('the receiver has everything, from the spool', () => receiver.got.size === 21_000 && dead()?.spool?.records === 0);
});
