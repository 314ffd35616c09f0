/** Sources that are pushed to, in a whole pipeline: an answer means that the records are on disk, whoever is away behind. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode, encode } from '@msgpack/msgpack';
import { Registry } from 'prom-client';
import { systemClock } from '../../core/clock.ts';
import { silentLog } from '../../observe/log.ts';
import { anyAddress } from '../data-plane.ts';
import { type Pipeline, startPipeline } from '../runtime/pipeline.ts';
import { pipelineSettings } from '../settings.ts';

/** Free a moment ago: the pipeline does not say which port the system chose. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function start(dir: string, written: object, health: (part: string, problem: string | undefined) => void = () => {}): Promise<Pipeline> {
  return startPipeline(pipelineSettings.parse(written), {
    ...{ clock: systemClock, log: silentLog, random: Math.random, registry: new Registry(), plane: anyAddress, agent: 'test' },
    dir: join(dir, 'data'),
    health,
  });
}

async function linesIn(dir: string): Promise<readonly string[]> {
  const files = await readdir(dir).catch(() => []);
  const texts = await Promise.all(files.map((file) => readFile(join(dir, file), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
}

test('what was answered while the receiver was away arrives after a restart with a receiver', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-pushed-'));
  try {
    const [http, syslog, forward, otlp, nobody] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    const sources = {
      web: { type: 'http', listen: `127.0.0.1:${http}` },
      devices: { type: 'syslog', tcp: `127.0.0.1:${syslog}` },
      apps: { type: 'forward', listen: `127.0.0.1:${forward}` },
      traces: { type: 'otlp', http: `127.0.0.1:${otlp}` },
    };
    {
      const troubled = Promise.withResolvers<void>();
      await using _ = await start(
        dir,
        { sources, sinks: { out: { type: 'http', url: `http://127.0.0.1:${nobody}/` } } },
        (part, problem) => {
          if (part === 'sinks/out' && problem !== undefined) troubled.resolve();
        },
      );
      const post = async (port: number, path: string, type: string, body: string) =>
        (await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers: { 'content-type': type }, body })).status;
      assert.equal(await post(http, '/', 'application/x-ndjson', '{"from":"http"}\n'), 200);
      const record = '{"body":{"stringValue":"from otlp"}}';
      assert.equal(await post(otlp, '/v1/logs', 'application/json', `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`), 200);
      const client = connect(forward, '127.0.0.1');
      client.write(encode(['app', 1, { from: 'forward' }, { chunk: 'x' }]));
      assert.deepEqual(decode((await once(client, 'data'))[0]), { ack: 'x' });
      client.destroy();
      const device = connect(syslog, '127.0.0.1');
      device.end('<13>Nov 22 12:00:00 web a: from syslog\n');
      await once(device.resume(), 'close');
      await troubled.promise; // syslog does not answer; by now the sink has tried in vain
    }
    const out = join(dir, 'out');
    await using _ = await start(dir, { sources, sinks: { out: { type: 'file', path: join(out, 'out.log') } } });
    const wanted = ['"from":"http"', 'from otlp', '"from":"forward"', 'from syslog'];
    const until = performance.now() + 20_000;
    for (;;) {
      const lines = await linesIn(out);
      if (wanted.every((text) => lines.some((line) => line.includes(text)))) break;
      if (performance.now() > until) assert.fail(`arrived: ${lines.join('\n')}`);
      await sleep(50);
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
