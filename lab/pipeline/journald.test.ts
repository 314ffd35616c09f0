/** A journal of its own, written by a real systemd-journald in a mount namespace, and read by the real journalctl. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import type { SourceContext } from '../../src/pipeline/source.ts';
import { createJournald } from '../../src/pipeline/sources/journald/journald.ts';
import { journaldSettings } from '../../src/pipeline/sources/journald/settings.ts';
import { Rig } from '../../src/pipeline/tail/rig.ts';

const journald = '/lib/systemd/systemd-journald';
const needed = [journald, '/usr/bin/journalctl', '/usr/bin/unshare', '/usr/bin/python3'];
const missing = needed.filter((program) => !existsSync(program));
const skip =
  process.getuid?.() !== 0 ? 'only root can mount a /run of its own' : missing.length > 0 ? `not installed: ${missing.join(', ')}` : false;

/** Sends entries in journald's own protocol: each line of input is a JSON object of fields (systemd: docs/JOURNAL_NATIVE_PROTOCOL.md). */
const sender = `
import json, socket, struct, sys
to = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
to.connect("/run/systemd/journal/socket")
print("ready", flush=True)
for line in sys.stdin:
    for entry in json.loads(line):
        data = b""
        for name, value in entry:
            value = value.encode("latin1")
            data += name.encode() + b"\\n" + struct.pack("<Q", len(value)) + value + b"\\n"
        to.send(data)
`;

const script = `
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal || exit 1
${journald} >/dev/null 2>&1 &
while ! [ -S /run/systemd/journal/socket ]; do sleep 0.1; done
python3 -c "$SENDER"
kill $!
`;

type Entry = readonly (readonly [string, string])[];

class Journal implements AsyncDisposable {
  readonly #child = spawn('/usr/bin/unshare', ['--mount', '--propagation', 'private', '/bin/sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, SENDER: sender },
  });

  async ready(): Promise<void> {
    await once(this.#child.stdout, 'data');
  }

  get directory(): string {
    return `/proc/${this.#child.pid}/root/run/log/journal`;
  }

  write(...entries: readonly Entry[]): void {
    this.#child.stdin.write(`${JSON.stringify(entries)}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}

const entry = (message: string, ...more: Entry): Entry => [['MESSAGE', message], ['PRIORITY', '4'], ['SYSLOG_IDENTIFIER', 'shop'], ...more];
const messages = (rig: Rig) => rig.got.map(({ text }) => JSON.parse(text).message);

test('entries of the journal become records once each, across restarts, reloads and receipts that failed', { skip }, async () => {
  await using journal = new Journal();
  await journal.ready();
  const settings = journaldSettings.parse({ type: 'journald', directory: journal.directory, identifiers: ['shop'], tags: ['host'] });
  const create = (context: SourceContext) => createJournald(settings, context);
  journal.write(entry('one', ['ORDER_ID', '7'], ['STEP', 'a'], ['STEP', 'b']), entry('two\nlines = "quoted" \u0000 \xff'));
  journal.write([
    ['MESSAGE', 'of another program'],
    ['SYSLOG_IDENTIFIER', 'other'],
  ]);

  await using rig = new Rig();
  await rig.start(create);
  await rig.until('two entries', () => rig.got.length >= 2, 60_000);
  const [first, second] = rig.got.map(({ text }) => JSON.parse(text));
  const { pid, host, ...others } = first;
  assert.deepEqual(others, { message: 'one', priority: 'warning', identifier: 'shop', order_id: '7', step: ['a', 'b'] });
  assert.equal(typeof pid, 'number');
  assert.ok(host.length > 0);
  assert.equal(second.message, 'two\nlines = "quoted" \u0000 \ufffd', 'what is no UTF-8 cannot be in JSON');
  assert.deepEqual([rig.got[0]?.stream.format, rig.got[0]?.stream.tags], ['json', ['host']]);

  await rig.stop();
  journal.write(entry('three'));
  await rig.start(create);
  await rig.until('the third', () => rig.got.length >= 3, 60_000);
  rig.acknowledge = 'keep';
  journal.write(entry('four'));
  await rig.until('the fourth', () => rig.got.length >= 4, 60_000);
  await rig.reload(create);
  journal.write(entry('five'));
  await rig.until('the fifth', () => rig.got.length >= 5, 60_000);
  assert.deepEqual(messages(rig).slice(2), ['three', 'four', 'five'], 'nothing is repeated');

  rig.acknowledge = 'settle';
  const before = rig.got.slice(3);
  for (const receipt of rig.receipts.splice(0)) receipt.fail();
  await rig.until('what was given back', () => rig.got.length >= 7, 60_000);
  assert.deepEqual(messages(rig).slice(5), ['four', 'five']);
  assert.deepEqual(
    rig.got.slice(5).map(({ position }) => position),
    before.map(({ position }) => position),
    'with the identity that they had',
  );
});

test('without journalctl the source says so and tries again', async () => {
  await using rig = new Rig();
  const settings = journaldSettings.parse({ type: 'journald', journalctl: '/nowhere/journalctl' });
  await rig.start((context) => createJournald(settings, context));
  await rig.until('a complaint', () => rig.said.some(({ name }) => name === 'pipeline.journald.unavailable'), 30_000);
  assert.match(rig.source.problem?.() ?? '', /\/nowhere\/journalctl: .*ENOENT/);
});
