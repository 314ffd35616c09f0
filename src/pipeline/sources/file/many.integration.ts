import assert from 'node:assert/strict';
import { appendFileSync, closeSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { Rig } from '../../tail/rig.ts';
import { tail } from './tail-for-tests.ts';

const openFiles = () => readdirSync('/proc/self/fd').length;
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

test('10 k files: all are read, few are held open, and they cost little while nothing happens', async (t) => {
  await using rig = new Rig();
  rig.countOnly = true;
  const files = 10_000;
  for (let index = 0; index < files; index++) writeFileSync(rig.path(`${index}.log`), `the line of ${index}\n`);
  const before = openFiles();
  await rig.start(tail(rig, { maxOpenFiles: 500 }));
  await rig.until('all are read', () => rig.count === files);
  assert.ok(openFiles() - before < 600, `${openFiles() - before} more are open`);
  for (let index = 0; index < files; index += 100) appendFileSync(rig.path(`${index}.log`), 'more\n');
  await rig.until('what was added is read', () => rig.count === files + files / 100);
  // A folder that was changed just now is read once more.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const [cpu, time] = [cpuMs(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const share = (cpuMs() - cpu) / (performance.now() - time);
  t.diagnostic(`${(share * 100).toFixed(1)} % of a core while idle`);
  // One in twenty is the aim; the machine of a test has other things to do.
  assert.ok(share < 0.15, `${(share * 100).toFixed(1)} % of a core`);
});

test('what is appended at 10,000 lines a second is handed on within milliseconds', async (t) => {
  await using rig = new Rig();
  const writer = openSync(rig.path('a.log'), 'a');
  await rig.start(tail(rig));
  const delays: number[] = [];
  const begin = performance.now();
  for (let sent = 0; sent < 10_000; ) {
    const due = Math.min(10_000, Math.ceil((performance.now() - begin) * 10));
    for (; sent < due; sent++) writeSync(writer, `${performance.now()} ${'x'.repeat(200)}\n`);
    const from = rig.got.length;
    await new Promise((resolve) => setTimeout(resolve, 1));
    for (const { text } of rig.got.slice(from)) delays.push(performance.now() - Number.parseFloat(text));
  }
  closeSync(writer);
  await rig.records(10_000);
  delays.sort((a, b) => a - b);
  const [median, late] = [delays[delays.length >> 1] ?? 0, delays[Math.floor(delays.length * 0.99)] ?? 0];
  t.diagnostic(`append to push: p50 ${median.toFixed(1)} ms, p99 ${late.toFixed(1)} ms, with the clock of the test's own loop`);
  assert.ok(median < 30, `${median} ms`);
});
