import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { Registry } from 'prom-client';
import { readSettings } from '../../config/read.ts';
import { systemClock } from '../../core/clock.ts';
import { SourceText } from '../../core/text.ts';
import { testConfig } from '../../server/opamp/testing/server.ts';
import { startAgent } from '../agent.ts';
import { startAlone } from '../alone.ts';
import { agentSettings, isJoined } from '../settings/index.ts';
import { quick, temporaryFolder } from '../testing/connected.ts';
import { startControlPlane } from '../testing/control-plane.ts';
import { listeningLog, until } from '../testing/log.ts';

function settingsOf(text: string) {
  const source = new SourceText('agent.yaml', text);
  const read = readSettings(agentSettings, source);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const log = listeningLog();
  const deps = { clock: systemClock, log, registry: new Registry(), version: '0.0.0', source, environment: {}, timing: quick };
  return { settings: read.value, deps: { ...deps, signal: new AbortController().signal }, log };
}

/** The lines of a file, as soon as there are so many. */
async function linesOf(path: string, count: number): Promise<readonly string[]> {
  const end = performance.now() + 30_000;
  for (;;) {
    const found = await lines(path);
    if (found.length >= count) return found;
    if (performance.now() > end) throw new Error(`in vain: ${count} lines in ${path}, there are ${found.length}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const lines = async (path: string): Promise<readonly string[]> =>
  (await readFile(path, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

test('a configuration of the server changes what is collected while it runs: nothing is lost, nothing comes twice, and it is taken back when it does not work', async () => {
  await using stack = new AsyncDisposableStack();
  const plane = stack.use(await startControlPlane());
  const folder = await temporaryFolder(stack);
  const [log, out] = [join(folder, 'app.log'), join(folder, 'out.log')];
  await writeFile(log, '{"n":0}\n');
  const {
    settings,
    deps,
    log: heard,
  } = settingsOf(
    `server: { enrolment: ["${plane.enrolUrl}"], caFingerprint: "${plane.pin}" }\nidentity: { dataDir: ${folder}, name: edge-1 }\nhealth: { listen: "127.0.0.1:0" }\nremote: { settle: 800ms }\n`,
  );
  if (!isJoined(settings)) throw new Error('no server');
  const agent = stack.use(await startAgent(settings, { ...deps, environment: { FAIRLEAD_TOKEN: await plane.token() } }));
  await heard.heard('agent.connection.connected');
  const config = () => plane.fleet.get(agent.uid)?.record.config;
  const wanted = (number: number, more: string) =>
    plane.configurations.want(
      testConfig(number, `log_sources: [{ path: ${log}, format: json${more} }]\noutput: { type: file, path: ${out}, linger: 5ms }\n`),
    );

  wanted(1, '');
  await until(() => config()?.hash === testConfig(1).hash && config()?.status === 'applied', 'the first configuration runs');
  await linesOf(out, 1);
  wanted(2, ', tags: [edge]');
  for (let n = 1; n <= 200; n++) await appendFile(log, `{"n":${n}}\n`);
  await until(() => config()?.hash === testConfig(2).hash && config()?.status === 'applied', 'the second configuration runs');
  await appendFile(log, '{"n":201}\n');
  await linesOf(out, 202);
  const records = (await lines(out)).map((line) => JSON.parse(line));
  assert.deepEqual(
    records.map(({ n }) => n),
    Array.from({ length: 202 }, (_, n) => n),
  );
  assert.deepEqual(records.at(-1), { n: 201, tags: ['edge'] });

  plane.configurations.want(
    testConfig(3, `log_sources: [{ path: ${log}, format: json }]\noutput: { type: kafka, brokers: ["127.0.0.1:9"], topic: t }\n`),
  );
  await until(() => config()?.hash === testConfig(3).hash && config()?.status === 'failed', 'what cannot work is reported as failed');
  await appendFile(log, '{"n":202}\n');
  await linesOf(out, 203);
});

test('without a server the short form is a whole configuration, and reading it again changes what differs', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await temporaryFolder(stack);
  const log = join(folder, 'app.log');
  await writeFile(log, 'one\n');
  const text = (tags: string) =>
    JSON.stringify({
      // The archive lies in this folder too; it must not be read again.
      log_sources: [{ path: join(folder, '**', '*.log'), format: 'text', tags: [tags] }],
      identity: { dataDir: join(folder, 'data') },
      health: { listen: '127.0.0.1:0' },
    });
  const { settings, deps } = settingsOf(text('a'));
  const agent = stack.use(await startAlone(settings, deps));
  const archive = join(folder, 'data', 'archive', 'log_sources.0.log');
  await linesOf(archive, 1);
  const again = settingsOf(text('b'));
  assert.equal(await agent.reload(again.settings, again.deps.source), undefined);
  await appendFile(log, 'two\n');
  await linesOf(archive, 2);
  assert.deepEqual(await lines(archive), ['one', 'two']);
  const metrics = await (await fetch(`http://127.0.0.1:${agent.healthAddress?.port}/metrics`)).text();
  assert.match(metrics, /^fairlead_pipeline_source_records_total\{source="log_sources\.0",type="file"\} 2$/m);
});
