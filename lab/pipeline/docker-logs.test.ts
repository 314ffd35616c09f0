/** Logs of real containers: as files of the engine, and asked from the engine; long lines on both streams, rotation, restarts of the source. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SourceContext } from '../../src/pipeline/source.ts';
import { createContainerLogs } from '../../src/pipeline/sources/container-logs/container-logs.ts';
import { containerLogsSettings } from '../../src/pipeline/sources/container-logs/settings.ts';
import { createDockerLogs } from '../../src/pipeline/sources/docker-logs/docker-logs.ts';
import { dockerLogsSettings } from '../../src/pipeline/sources/docker-logs/settings.ts';
import { Rig } from '../../src/pipeline/tail/rig.ts';
import { type LabEngine, startEngine } from '../engine.ts';
import { imageTag } from '../names.ts';
import { availableEngines, ensureLab } from '../setup.ts';

const lab = await ensureLab((line) => process.stderr.write(`lab: ${line}\n`));
const versions = availableEngines(lab);
const chosen = [...new Set([versions.at(0), versions.at(-1)])].filter((version) => version !== undefined);
if (chosen.length === 0)
  test('logs of real containers', { skip: lab.system.available ? 'no engine is available' : lab.system.reason }, () => {});

const withinMs = 60_000;
const lines = 60;
/** Writes so many lines to each stream, some of them of 40,000 characters that an engine cuts into parts, and goes on when a line comes in. */
const program = `
const line = (stream, index) => JSON.stringify({ stream, index, text: index % 7 === 3 ? 'z"\\\\\\\\x'.repeat(8000) : 'short' }) + '\\n';
for (let index = 0; index < ${lines}; index += 1) { process.stdout.write(line('stdout', index)); process.stderr.write(line('stderr', index)); }
`;

async function start(engine: LabEngine, name: string, ...options: readonly string[]): Promise<void> {
  const args = [
    'run',
    '--detach',
    '--name',
    name,
    '--label',
    'com.docker.compose.service=shop',
    ...options,
    imageTag,
    'node',
    '-e',
    program,
  ];
  const { code, stderr } = await engine.docker(args);
  assert.equal(code, 0, stderr);
  await engine.docker(['wait', name]);
}

/** Every line of both streams once, whole, in order, with the labels of its container. */
function assertWhole(rig: Rig, container: string, from = 0, to = lines): void {
  for (const stream of ['stdout', 'stderr']) {
    const of = rig.got.filter((one) => one.stream.labels.container === container && one.stream.labels.stream === stream);
    const read = of.map(({ text }) => JSON.parse(text));
    assert.deepEqual(
      read.map(({ index }) => index),
      Array.from({ length: to - from }, (_, index) => from + index),
      `${container} ${stream}`,
    );
    for (const one of read) assert.equal(one.text.length, one.index % 7 === 3 ? 40_000 : 5);
    for (const one of of) {
      assert.equal(one.stream.format, 'json');
      assert.equal(one.stream.labels.compose_service, 'shop');
      assert.equal(one.stream.labels.image, imageTag);
    }
    assert.equal(new Set(of.map((one) => `${one.stream.generation} ${one.position}`)).size, of.length);
  }
}

for (const version of chosen)
  test(`Docker ${version}: long lines on both streams come whole from its files and from its API, across rotation and restarts`, async () => {
    await using engine = await startEngine({ version });
    await start(engine, 'plain');
    await start(engine, 'rotated', '--log-opt', 'max-size=300k', '--log-opt', 'max-file=20');

    await using files = new Rig();
    const path = join(engine.run.dir, 'data/containers/*/*-json.log');
    const fileSettings = containerLogsSettings.parse({ type: 'container-logs', path });
    await files.start((context) => createContainerLogs(fileSettings, context));
    await files.until('all lines of the files', () => files.got.length >= 4 * lines, withinMs);
    // Files of a rotation are read side by side, and their first records wait for each other: each record once, in whatever order.
    files.got.sort((a, b) => JSON.parse(a.text).index - JSON.parse(b.text).index);
    assertWhole(files, 'plain');
    assertWhole(files, 'rotated');

    await using asked = new Rig();
    const settings = dockerLogsSettings.parse({ type: 'docker-logs', socket: engine.socket, exclude: ['ign*'] });
    const create = (context: SourceContext) => createDockerLogs(settings, context);
    await asked.start(create);
    await asked.until('all lines that were asked for', () => asked.got.length >= 4 * lines, withinMs);
    assertWhole(asked, 'plain');
    assertWhole(asked, 'rotated');

    await asked.stop();
    asked.got.length = 0;
    await asked.start(create);
    await start(engine, 'ignored');
    await start(engine, 'terminal', '--tty');
    await asked.until('the container with a terminal', () => asked.got.length >= 2 * lines, withinMs);
    assert.deepEqual([...new Set(asked.got.map((one) => one.stream.labels.container))], ['terminal'], 'nothing of before came again');
    const seen = asked.got.map(({ text }) => JSON.parse(text)).map(({ stream, index, text }) => `${stream} ${index} ${text.length}`);
    assert.equal(new Set(seen).size, 2 * lines);

    await asked.reload(create);
    asked.got.length = 0;
    assert.equal((await engine.docker(['start', 'plain'])).code, 0);
    await asked.until('what it wrote after its second start', () => asked.got.length >= 2 * lines, withinMs);
    assertWhole(asked, 'plain');
  });
