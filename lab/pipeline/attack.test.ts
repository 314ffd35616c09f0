/** Attacks on the pipeline as a whole: the real program, with receivers that go away at the wrong moment. */
import assert from 'node:assert/strict';
import { appendFileSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Receiver, startReceiver } from '../../src/pipeline/sending/testing/receiver.ts';
import { run } from '../command.ts';
import { missingKcat, readBack } from '../kafka/kcat.ts';
import { missingForMock, startMock } from '../kafka/mock.ts';
import { eventually, judged, numbersIn, startAttacked } from './attack/agent.ts';
import { temporaryFolder } from './running-sender.ts';

const program = new URL('../../src/cli.ts', import.meta.url).pathname;
const timeout = 180_000;

const numbersAt = ({ taken }: Receiver): readonly number[] => taken.flatMap(({ body }) => numbersIn(body.toString()));
const distinct = (receiver: Receiver): number => new Set(numbersAt(receiver)).size;

/** A log that numbers its lines. */
function writerOf(path: string) {
  let count = 0;
  return {
    get count() {
      return count;
    },
    write(lines: number) {
      appendFileSync(path, Array.from({ length: lines }, (_, line) => `{"n":${count + line},"pad":"${'x'.repeat(150)}"}\n`).join(''));
      count += lines;
    },
  };
}

const sinkTo = ({ port }: Receiver, more: object = {}) => ({
  ...{ type: 'http', url: `http://127.0.0.1:${port}/`, format: 'text', batch: { linger: '20ms' } },
  ...more,
});

/** Of a metric that has one series. */
const metricOf = (metrics: string, name: string): number => Number(new RegExp(`^${name}\\{[^}]*\\} (\\d+)$`, 'm').exec(metrics)?.[1] ?? 0);

for (const { signal, lines, what } of [
  { signal: 'SIGTERM', lines: 5_000, what: 'that the sink has taken over already' },
  { signal: 'SIGKILL', lines: 80_000, what: 'larger than what a sink takes over' },
] as const)
  test(`a file ${what} is deleted while its only sink is away, and the agent ends by ${signal}: all of it arrives later`, {
    timeout,
  }, async () => {
    using folder = temporaryFolder();
    await using receiver = await startReceiver();
    const [path, log] = [folder.at('app.log'), writerOf(folder.at('app.log'))];
    const pipeline = { sources: { app: { type: 'file', path } }, sinks: { away: sinkTo(receiver) } };
    log.write(10);
    {
      await using agent = await startAttacked({ dir: folder.path, pipeline });
      await eventually('the sink works', () => distinct(receiver) === 10);
      await receiver.stop();
      log.write(lines);
      await eventually('it has begun to read', async () => metricOf(await agent.metrics(), 'fairlead_pipeline_source_records_total') > 10);
      unlinkSync(path);
      await eventually(
        'all of it is in the spool',
        async () => metricOf(await agent.metrics(), 'fairlead_pipeline_spool_records') === lines,
      );
      agent.kill(signal);
      assert.equal(await agent.ended, signal === 'SIGTERM' ? 0 : signal);
    }
    await receiver.start();
    await using _again = await startAttacked({ dir: folder.path, pipeline });
    await eventually('all of it has arrived', () => distinct(receiver) === log.count);
    assert.equal(judged(numbersAt(receiver), log.count).repeated, 0);
  });

test('a kill while one of two sinks is away repeats no more than what that one had in memory to the sink that is well', {
  timeout,
}, async () => {
  using folder = temporaryFolder();
  await using well = await startReceiver();
  await using away = await startReceiver();
  await away.stop();
  const log = writerOf(folder.at('app.log'));
  const pipeline = { sources: { app: { type: 'file', path: folder.at('app.log') } }, sinks: { well: sinkTo(well), away: sinkTo(away) } };
  log.write(1_000);
  let before = 0;
  {
    await using agent = await startAttacked({ dir: folder.path, pipeline });
    for (let part = 0; part < 60; part++) {
      log.write(2_500);
      await sleep(30); // as a busy application writes
    }
    await eventually('all is with the one and in the spool of the other', async () => {
      const metrics = await agent.metrics();
      return distinct(well) === log.count && metricOf(metrics, 'fairlead_pipeline_source_lag_bytes') === 0;
    });
    await sleep(1_000); // positions are written twice a second
    before = numbersAt(well).length;
    agent.kill('SIGKILL');
    await agent.ended;
  }
  await away.start();
  await using _again = await startAttacked({ dir: folder.path, pipeline });
  await eventually('all has arrived', () => distinct(away) === log.count);
  assert.equal(numbersAt(well).length, before, 'the one that was well gets nothing again, however long the other was away');
  assert.equal(judged(numbersAt(away), log.count).repeated, 0);
});

test('a sink that is taken out and put back at once, with records in its spool, loses none of them', { timeout }, async () => {
  using folder = temporaryFolder();
  await using well = await startReceiver();
  await using away = await startReceiver();
  await away.stop();
  const log = writerOf(folder.at('app.log'));
  const sources = { app: { type: 'file', path: folder.at('app.log') } };
  const both = { sources, sinks: { well: sinkTo(well), away: sinkTo(away) } };
  log.write(1_000);
  await using agent = await startAttacked({ dir: folder.path, pipeline: both });
  for (let part = 0; part < 20; part++) {
    log.write(5_000);
    await sleep(30);
  }
  await eventually('all is with the one and in the spool of the other', async () => {
    const metrics = await agent.metrics();
    return distinct(well) === log.count && metricOf(metrics, 'fairlead_pipeline_source_lag_bytes') === 0;
  });
  for (let round = 0; round < 3; round++) {
    await agent.reload({ sources, sinks: { well: both.sinks.well } });
    await agent.reload(both);
  }
  await away.start();
  await eventually('all has arrived', () => distinct(away) === log.count);
  assert.ok(!agent.log.some(({ event }) => event === 'spool.torn'), 'no other sink wrote into its folder');
});

test('a file is deleted while its sink is away, and the agent is ended before anybody could be sure of that: all of it arrives later', {
  timeout,
}, async () => {
  using folder = temporaryFolder();
  await using receiver = await startReceiver();
  const [path, log] = [folder.at('app.log'), writerOf(folder.at('app.log'))];
  const pipeline = { sources: { app: { type: 'file', path } }, sinks: { away: sinkTo(receiver) } };
  log.write(10);
  {
    await using agent = await startAttacked({ dir: folder.path, pipeline });
    await eventually('the sink works', () => distinct(receiver) === 10);
    await receiver.stop();
    log.write(5_000);
    await eventually('the sink has it', async () => metricOf(await agent.metrics(), 'fairlead_pipeline_sink_pending_records') === 5_000);
    unlinkSync(path);
    await eventually('it is missed', () => agent.log.some(({ event }) => event === 'pipeline.sink.unreachable'));
    await sleep(500); // less than it takes to be sure
    agent.kill('SIGTERM');
    assert.equal(await agent.ended, 0);
  }
  await receiver.start();
  await using _again = await startAttacked({ dir: folder.path, pipeline });
  await eventually('all of it has arrived', () => distinct(receiver) === log.count, 20_000);
});

const skip = missingForMock() ?? missingKcat() ?? false;

test('settings that change every 100 ms under load lose nothing on the way to Kafka and repeat nothing', { skip, timeout }, async () => {
  using folder = temporaryFolder();
  await using mock = await startMock();
  await mock.topic('t', 4);
  const log = writerOf(folder.at('app.log'));
  const settings = (round: number) => ({
    sources: { app: { type: 'file', path: folder.at('app.log'), format: 'json', tags: [`v${round % 3}`] } },
    sinks: { kafka: { type: 'kafka', brokers: [mock.bootstrap], topic: 't', linger: `${1 + (round % 7)}ms` } },
  });
  log.write(1_000);
  await using agent = await startAttacked({ dir: folder.path, pipeline: settings(0) });
  for (let round = 1; round <= 25; round++) {
    log.write(6_000);
    await agent.reload(settings(round));
    await sleep(100);
  }
  const delivered = async () => metricOf(await agent.metrics(), 'fairlead_pipeline_sink_records_total');
  await eventually('all is acknowledged', async () => (await delivered()) >= log.count);
  const found = judged(
    (await readBack(mock.bootstrap, 't')).flatMap(({ value }) => numbersIn(value)),
    log.count,
  );
  assert.deepEqual(found, { missing: [], repeated: 0 });
});

test('standard input with a receiver that is away ends when everything is delivered, and not before', { timeout }, async () => {
  using folder = temporaryFolder();
  await using receiver = await startReceiver();
  await receiver.stop();
  const pipeline = { sources: { in: { type: 'stdin' } }, sinks: { away: sinkTo(receiver) } };
  await using agent = await startAttacked({ dir: folder.path, pipeline, stdin: 'pipe' });
  agent.stdin?.end(Array.from({ length: 20_000 }, (_, n) => `{"n":${n}}\n`).join(''));
  await eventually('it has ended', () => agent.log.some(({ event }) => event === 'pipeline.source.input-ended'));
  await receiver.start();
  assert.equal(await agent.ended, 0);
  assert.deepEqual(judged(numbersAt(receiver), 20_000), { missing: [], repeated: 0 });
});

test('an expression that would take for ever on a line does not stop the agent', { timeout }, async () => {
  using folder = temporaryFolder();
  await using receiver = await startReceiver();
  folder.write('app.log', `${'a'.repeat(60)}!\n{"n":0}\n`);
  const pipeline = {
    sources: { app: { type: 'file', path: folder.at('app.log'), format: 'text' } },
    transforms: { parts: { type: 'parse', format: 'regex', pattern: '^(?<all>(a+)+)$' } },
    sinks: { out: sinkTo(receiver, { format: 'ndjson' }) },
  };
  await using agent = await startAttacked({ dir: folder.path, pipeline });
  await eventually('both lines have arrived', () => receiver.taken.some(({ body }) => body.includes('a!')), 30_000);
  agent.kill('SIGTERM');
  assert.equal(await agent.ended, 0);
});

test('twenty that tail and do not read harm nobody: top works, and one more is told why it cannot', { timeout }, async () => {
  using folder = temporaryFolder();
  await using receiver = await startReceiver();
  const log = writerOf(folder.at('app.log'));
  log.write(10);
  const pipeline = { sources: { app: { type: 'file', path: folder.at('app.log') } }, sinks: { out: sinkTo(receiver) } };
  await using agent = await startAttacked({ dir: folder.path, pipeline });
  const data = folder.at('data');
  const sockets = Array.from({ length: 20 }, () => {
    const socket = connect(`${data}/agent.sock`);
    socket.on('error', () => {}); // some are turned away
    socket.write('GET /v1/tail HTTP/1.1\r\nhost: agent\r\n\r\n');
    return socket.pause();
  });
  log.write(50_000);
  await eventually('all has arrived', () => distinct(receiver) === log.count);
  const top = await run(process.execPath, [program, 'agent', 'top', '--json', '--data', data], { timeoutMs: 30_000 });
  assert.equal(top.code, 0, top.stderr);
  const tail = await run(process.execPath, [program, 'tail', '-n', '1', '--data', data], { timeoutMs: 30_000 });
  assert.match(tail.stderr, /16 look at what flows already/);
  for (const socket of sockets) socket.destroy();
  agent.kill('SIGTERM');
  assert.equal(await agent.ended, 0);
});
