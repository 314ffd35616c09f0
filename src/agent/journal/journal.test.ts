import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Registry } from 'prom-client';
import { type ManualClock, manualClock } from '../../core/manual-clock.ts';
import { silentLog } from '../../observe/log.ts';
import type { JournalSettings } from '../settings/journal.ts';
import { header } from './frame.ts';
import { type Journal, openJournal } from './journal.ts';
import { journalFileName, readJournal } from './load.ts';
import { journalMetrics } from './metrics.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'fairlead-journal-'));
const roomy: JournalSettings = { maxOutages: 1_000, maxSize: 4 << 20, maxAge: 30 * 86_400_000 };

/** `bootMs` is what the clock showed at boot: time since then goes on over restarts of the agent. */
const opened = (dir: string, clock: ManualClock, { settings = roomy, boot = 'a' } = {}): Promise<Journal> =>
  openJournal(settings, {
    dir,
    clock,
    uptime: () => ({ boot, ms: clock.monotonicMs() }),
    log: silentLog,
    metrics: journalMetrics(new Registry()),
  });
const now = (clock: ManualClock) => ({ atMs: clock.now(), upMs: clock.monotonicMs() });
const outage = (clock: ManualClock, link = 'kafka') =>
  ({ link, to: `${link}.example.org:9092`, plane: 'data', since: now(clock), error: 'connection refused', attempts: 2 }) as const;

test('an outage is on disk with its times, attempts and last error', async () => {
  const [dir, clock] = [folder(), manualClock()];
  const from = clock.now();
  await using journal = await opened(dir, clock);
  const id = journal.open(outage(clock));
  clock.advance(90_000);
  journal.failed(id, 'no answer');
  clock.advance(10_000);
  journal.close(id, 'recovered');
  await journal.flushed();
  const [read] = (await readJournal(dir))?.outages ?? [];
  assert.partialDeepStrictEqual(read, {
    id,
    fromMs: from,
    toMs: from + 100_000,
    durationMs: 100_000,
    attempts: 3,
    lastError: 'no answer',
    how: 'recovered',
    revision: 2,
  });
  assert.equal(read?.clockStepMs, undefined);
});

test('a step of the wall clock does not change how long an outage lasted, and is noted', async () => {
  const [dir, clock] = [folder(), manualClock()];
  await using journal = await opened(dir, clock);
  const id = journal.open(outage(clock));
  clock.advance(60_000);
  clock.step(-3_600_000);
  journal.close(id, 'recovered');
  assert.partialDeepStrictEqual(journal.outages()[0], { durationMs: 60_000, clockStepMs: -3_600_000 });
});

test('an open outage is carried over a restart and lasts on, by the clock of the boot', async () => {
  const [dir, clock] = [folder(), manualClock()];
  const id = await (async () => {
    await using journal = await opened(dir, clock);
    return journal.open(outage(clock));
  })();
  clock.advance(300_000);
  clock.step(5_000_000);
  await using journal = await opened(dir, clock);
  assert.deepEqual(
    journal.carried().map((one) => one.id),
    [id],
  );
  journal.close(id, 'agent-restarted');
  assert.partialDeepStrictEqual(journal.outages()[0], { durationMs: 300_000, clockStepMs: 5_000_000, how: 'agent-restarted' });
  assert.deepEqual(journal.carried(), []);
});

test('after a reboot the wall clock is all there is', async () => {
  const [dir, clock] = [folder(), manualClock()];
  await (async () => {
    await using journal = await opened(dir, clock);
    journal.open(outage(clock));
  })();
  clock.advance(60_000);
  await using journal = await opened(dir, clock, { boot: 'b' });
  journal.close(journal.carried()[0]?.id ?? '', 'agent-restarted');
  assert.partialDeepStrictEqual(journal.outages()[0], { durationMs: 60_000 });
});

test('a torn tail ends the file without an error, and the next record is found', async () => {
  const [dir, clock] = [folder(), manualClock()];
  const path = join(dir, journalFileName);
  await (async () => {
    await using journal = await opened(dir, clock);
    for (const link of ['a', 'b', 'c']) journal.open(outage(clock, link));
  })();
  truncateSync(path, statSync(path).size - 5);
  await using journal = await opened(dir, clock);
  assert.deepEqual(
    journal.outages().map(({ link }) => link),
    ['a', 'b'],
  );
  journal.open(outage(clock, 'd'));
  await journal.flushed();
  assert.deepEqual(
    (await readJournal(dir))?.outages.map(({ link }) => link),
    ['a', 'b', 'd'],
  );
});

test('a damaged record in the middle costs itself alone', async () => {
  const [dir, clock] = [folder(), manualClock()];
  const path = join(dir, journalFileName);
  const ends: number[] = [];
  await (async () => {
    await using journal = await opened(dir, clock);
    for (const link of ['a', 'b', 'c']) {
      journal.open(outage(clock, link));
      await journal.flushed();
      ends.push(statSync(path).size);
    }
  })();
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8((ends[0] ?? 0) + 20) ^ 0x10, (ends[0] ?? 0) + 20);
  writeFileSync(path, bytes);
  const read = await readJournal(dir);
  assert.deepEqual([read?.outages.map(({ link }) => link), read?.damagedBytes], [['a', 'c'], (ends[1] ?? 0) - (ends[0] ?? 0)]);
});

test('every length that a crash can leave gives a prefix of what was told', async () => {
  const [dir, clock] = [folder(), manualClock()];
  const path = join(dir, journalFileName);
  await (async () => {
    await using journal = await opened(dir, clock);
    journal.close(journal.open(outage(clock, 'a')), 'recovered');
    journal.open(outage(clock, 'b'));
  })();
  const whole = readFileSync(path);
  const counts = new Set<string>();
  for (let length = 0; length <= whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    const links = (await readJournal(dir))?.outages.map(({ link, toMs }) => `${link}${toMs === undefined ? '' : '.'}`).join() ?? 'none';
    counts.add(links);
  }
  assert.deepEqual([...counts], ['', 'a', 'a.', 'a.,b']);
});

test('what the server has goes first when there are too many, then the oldest, and that is counted', async () => {
  const [dir, clock] = [folder(), manualClock()];
  await using journal = await opened(dir, clock, { settings: { ...roomy, maxOutages: 10 } });
  const ids = Array.from({ length: 10 }, (_, index) => {
    clock.advance(1_000);
    const id = journal.open(outage(clock, `l${index}`));
    journal.close(id, 'recovered');
    return id;
  });
  journal.delivered([[ids[4] ?? '', 2]]);
  const open = journal.open(outage(clock, 'open'));
  assert.equal(
    journal.outages().some(({ id }) => id === ids[4]),
    false,
  );
  assert.equal(journal.dropped(), 0);
  journal.close(journal.open(outage(clock, 'last')), 'recovered');
  assert.equal(
    journal.outages().some(({ id }) => id === ids[0]),
    false,
  );
  assert.equal(
    journal.outages().some(({ id }) => id === open),
    true,
  );
  assert.equal(journal.dropped(), 1);
  await journal.flushed();
  assert.equal((await readJournal(dir))?.dropped, 1);
});

test('outages that ended too long ago are forgotten', async () => {
  const [dir, clock] = [folder(), manualClock()];
  await using journal = await opened(dir, clock, { settings: { ...roomy, maxAge: 3_600_000 } });
  journal.close(journal.open(outage(clock, 'old')), 'recovered');
  clock.advance(3_600_001);
  journal.open(outage(clock, 'new'));
  assert.deepEqual(
    journal.outages().map(({ link }) => link),
    ['new'],
  );
});

test('a file that has grown to its bound is rewritten, and holds what counts', async () => {
  const [dir, clock] = [folder(), manualClock()];
  const path = join(dir, journalFileName);
  await using journal = await opened(dir, clock, { settings: { ...roomy, maxSize: 65_536 } });
  for (let index = 0; index < 400; index++) {
    clock.advance(1_000);
    const id = journal.open(outage(clock, `l${index}`));
    journal.close(id, 'recovered');
    journal.delivered([[id, 2]]);
    await journal.flushed();
    assert.ok(statSync(path).size <= 65_536 + 1_024, `${statSync(path).size} bytes after ${index}`);
  }
  const read = await readJournal(dir);
  assert.deepEqual(read?.outages, journal.outages());
  assert.equal(read?.outages.at(-1)?.link, 'l399');
});

test('only what the server does not have in its last revision is to be delivered', async () => {
  const [dir, clock] = [folder(), manualClock()];
  await using journal = await opened(dir, clock);
  const id = journal.open(outage(clock));
  const revisions = () => journal.undelivered(10).map(({ revision }) => revision);
  assert.deepEqual(revisions(), [1]);
  journal.delivered([[id, 1]]);
  assert.deepEqual(revisions(), []);
  journal.close(id, 'recovered');
  assert.deepEqual(revisions(), [2]);
  journal.delivered([[id, 2]]);
  journal.explain(id, { kind: 'refused', sentence: 'nobody listens on kafka.example.org:9092' });
  assert.deepEqual(revisions(), [3]);
  await journal.flushed();
  assert.partialDeepStrictEqual((await readJournal(dir))?.outages[0], { cause: { kind: 'refused' }, revision: 3, deliveredRevision: 2 });
});

test('a folder that cannot be used and a journal of a later version are refused with a sentence', async () => {
  const [dir, clock] = [folder(), manualClock()];
  writeFileSync(join(dir, 'file'), '');
  await assert.rejects(opened(join(dir, 'file'), clock), { code: 'FAIRLEAD_AGENT_JOURNAL', message: /ENOTDIR/ });
  const newer = Buffer.from(header);
  newer.writeUInt8(2, 8);
  mkdirSync(join(dir, 'newer'));
  writeFileSync(join(dir, 'newer', journalFileName), newer);
  await assert.rejects(opened(join(dir, 'newer'), clock), {
    message: /outages\.journal cannot be used: it was written by a later version$/,
  });
  mkdirSync(join(dir, 'foreign'));
  appendFileSync(join(dir, 'foreign', journalFileName), 'this is a note to myself');
  await assert.rejects(opened(join(dir, 'foreign'), clock), { message: /it is no outage journal$/ });
});
