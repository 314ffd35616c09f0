/** The source on real files: rotation, restarts and reloads in the middle of records. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import type { Source, SourceContext } from '../../source.ts';
import { Rig } from '../../tail/rig.ts';
import { createContainerLogs } from './container-logs.ts';
import { containerLogsSettings } from './settings.ts';

const podFolder = 'pods/shop_web-7d9f_0f1e/app';
const time = '2026-01-02T03:04:05.000000001Z';
const cri = (channel: string, tag: string, text: string) => `${time} ${channel} ${tag} ${text}\n`;

function source(rig: Rig, settings: object = {}): (context: SourceContext) => Promise<Source> {
  const read = containerLogsSettings.parse({ type: 'container-logs', path: rig.path('pods/*/*/*.log'), ...settings });
  return (context) => createContainerLogs(read, context);
}

function write(rig: Rig, name: string, ...lines: readonly string[]): void {
  mkdirSync(dirname(rig.path(name)), { recursive: true });
  appendFileSync(rig.path(name), lines.join(''));
}

const texts = (rig: Rig, stream: string) => rig.got.filter((one) => one.stream.labels.stream === stream).map(({ text }) => text);

test('records of a pod have its labels, and the stream they were written to', async () => {
  await using rig = new Rig();
  rig.speed = 5;
  write(rig, `${podFolder}/0.log`, cri('stdout', 'F', 'hello'), cri('stderr', 'F', '{"a":1}'));
  await rig.start(source(rig, { labels: { site: 'north' }, tags: ['k8s'] }));
  await rig.records(2);
  const pod = { namespace: 'shop', pod: 'web-7d9f', pod_uid: '0f1e', container: 'app', site: 'north' };
  const [out, error] = [...rig.got].sort((a, b) => b.text.localeCompare(a.text));
  assert.deepEqual([out?.text, out?.stream.labels, out?.stream.format], ['hello', { ...pod, stream: 'stdout' }, 'text']);
  assert.deepEqual([error?.text, error?.stream.labels, error?.stream.format], ['{"a":1}', { ...pod, stream: 'stderr' }, 'json']);
  assert.deepEqual(out?.stream.tags, ['k8s']);
});

test("records of Docker have the labels of the engine's own file about the container", async () => {
  await using rig = new Rig();
  rig.speed = 5;
  const id = 'ab'.repeat(32);
  const config = { Name: '/web-1', Config: { Image: 'shop/web:3', Labels: { 'com.docker.compose.service': 'web', other: 'x' } } };
  mkdirSync(rig.path(`containers/${id}`), { recursive: true });
  writeFileSync(rig.path(`containers/${id}/config.v2.json`), JSON.stringify(config));
  write(rig, `containers/${id}/${id}-json.log`, `${JSON.stringify({ log: 'hello\n', stream: 'stdout', time })}\n`);
  await rig.start(source(rig, { path: rig.path('containers/*/*-json.log') }));
  await rig.records(1);
  assert.deepEqual(rig.got[0]?.stream.labels, {
    container: 'web-1',
    container_id: id.slice(0, 12),
    image: 'shop/web:3',
    compose_service: 'web',
    stream: 'stdout',
  });
});

test('a symbolic link of /var/log/containers says the same as the path it leads to', async () => {
  await using rig = new Rig();
  rig.speed = 5;
  const id = 'cd'.repeat(32);
  write(rig, `${podFolder}/0.log`, cri('stdout', 'F', 'hello'));
  symlinkSync(rig.path(`${podFolder}/0.log`), rig.path(`web-7d9f_shop_app-${id}.log`));
  await rig.start(source(rig, { path: rig.path('*.log') }));
  await rig.records(1);
  assert.deepEqual(rig.got[0]?.stream.labels, {
    pod: 'web-7d9f',
    namespace: 'shop',
    container: 'app',
    container_id: id.slice(0, 12),
    stream: 'stdout',
  });
});

test('CRI P-line, then rotation, then F-line: one record', async () => {
  await using rig = new Rig();
  rig.speed = 5;
  write(rig, `${podFolder}/0.log`, cri('stdout', 'F', 'first'), cri('stdout', 'P', 'begin '));
  await rig.start(source(rig));
  await rig.records(1);
  renameSync(rig.path(`${podFolder}/0.log`), rig.path(`${podFolder}/0.log.20260102-030405`));
  write(rig, `${podFolder}/0.log`, cri('stderr', 'F', 'beside'), cri('stdout', 'F', 'end'), cri('stdout', 'F', 'next'));
  await rig.until('all of it', () => texts(rig, 'stdout').length >= 3 && texts(rig, 'stderr').length >= 1);
  assert.deepEqual([...texts(rig, 'stdout')].sort(), ['begin end', 'first', 'next']);
  assert.deepEqual(texts(rig, 'stderr'), ['beside']);
});

test('the same when nobody read while the file was moved aside: the checkpoint stands before the record', async () => {
  await using rig = new Rig();
  rig.speed = 5;
  write(rig, `${podFolder}/0.log`, cri('stdout', 'F', 'first'), cri('stdout', 'P', 'begin '));
  await rig.start(source(rig));
  await rig.records(1);
  await rig.stop();
  write(rig, `${podFolder}/0.log`, cri('stdout', 'P', 'middle '));
  renameSync(rig.path(`${podFolder}/0.log`), rig.path(`${podFolder}/0.log.20260102-030405`));
  write(rig, `${podFolder}/0.log`, cri('stdout', 'F', 'end'), cri('stdout', 'F', 'next'));
  await rig.start(source(rig));
  await rig.until('the joined record', () => rig.texts.includes('begin middle end') && rig.texts.includes('next'));
  // What was read with the part, and not acknowledged because of it, comes again.
  assert.deepEqual([...new Set(rig.texts)].sort(), ['begin middle end', 'first', 'next']);
});

test('a record that goes on passes from one source to the next in a reload, and nothing is repeated', async () => {
  await using rig = new Rig();
  rig.speed = 5;
  write(rig, `${podFolder}/0.log`, cri('stdout', 'F', 'first'), cri('stdout', 'P', 'begin '), cri('stderr', 'F', 'beside'));
  await rig.start(source(rig));
  await rig.records(2);
  await rig.reload(source(rig, { tags: ['new'] }));
  write(rig, `${podFolder}/0.log`, cri('stdout', 'F', 'end'));
  await rig.records(3);
  assert.deepEqual(rig.texts.slice(2), ['begin end']);
  assert.deepEqual(rig.got[2]?.stream.tags, ['new']);
  assert.deepEqual([...rig.texts].sort(), ['begin end', 'beside', 'first']);
});

test('a part whose end does not come leaves after the timeout, and the checkpoint goes on', async () => {
  await using rig = new Rig();
  rig.speed = 5;
  write(rig, `${podFolder}/0.log`, cri('stdout', 'P', 'left behind'));
  await rig.start(source(rig, { joinTimeout: '100ms' }));
  await rig.records(1);
  await rig.stop();
  await rig.start(source(rig, { joinTimeout: '100ms' }));
  write(rig, `${podFolder}/0.log`, cri('stdout', 'F', 'next'));
  await rig.records(2);
  assert.deepEqual(rig.texts, ['left behind', 'next']);
});

test('what a sink gives back is read again, parts and all', async () => {
  await using rig = new Rig();
  rig.speed = 5;
  rig.acknowledge = 'keep';
  write(rig, `${podFolder}/0.log`, cri('stdout', 'P', 'begin '));
  await rig.start(source(rig));
  await rig.until('the file', () => rig.source.lagBytes?.() !== 0);
  write(rig, `${podFolder}/0.log`, cri('stdout', 'F', 'end'), cri('stdout', 'P', 'more '));
  await rig.records(1);
  for (const receipt of rig.receipts.splice(0)) receipt.fail();
  write(rig, `${podFolder}/0.log`, cri('stdout', 'F', 'to come'));
  rig.acknowledge = 'settle';
  await rig.until('both', () => rig.texts.filter((text) => text === 'begin end').length >= 2 && rig.texts.includes('more to come'));
  assert.deepEqual([...new Set(rig.texts)].sort(), ['begin end', 'more to come']);
  const positions = rig.got.filter(({ text }) => text === 'begin end').map(({ position }) => position);
  assert.equal(new Set(positions).size, 1, 'the record has one identity');
});
