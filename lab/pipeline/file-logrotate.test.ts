/**
 * The file source under logrotate as Debian has it, by the names of rsyslog's cases: imfile-logrotate, -copytruncate, -nocopytruncate, -multiple, -async. Somebody writes all the
 * while; after every rotation each line must have arrived once. Only copytruncate may lose what was written between its copy and its truncation; here nobody writes then.
 */
import assert from 'node:assert/strict';
import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFile } from '../../src/pipeline/sources/file/file.ts';
import { fileSettings } from '../../src/pipeline/sources/file/settings.ts';
import { Rig } from '../../src/pipeline/tail/rig.ts';
import { must } from '../command.ts';
import { debianSite, unpack, whyNotDebian } from '../setup/debian.ts';
import { withLock } from '../setup/lock.ts';
import { labCacheDir } from '../setup.ts';

interface Found {
  readonly program?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly skip: string | false;
}

async function logrotate(): Promise<Found> {
  const missing = whyNotDebian();
  if (missing !== undefined) return { environment: {}, skip: missing };
  const cacheDir = labCacheDir();
  mkdirSync(cacheDir, { recursive: true });
  const wanted = { suite: 'bookworm', packages: ['logrotate', 'libpopt0', 'libacl1', 'libselinux1', 'libpcre2-8-0'] };
  const found = await withLock(join(cacheDir, 'logrotate.lock'), async () => unpack(cacheDir, await debianSite(), wanted));
  if ('reason' in found) return { environment: {}, skip: found.reason };
  const program = join(found.root, 'usr/sbin/logrotate');
  if (!existsSync(program)) return { environment: {}, skip: `${program} is not there` };
  const machine = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const libraries = ['usr/lib', 'lib'].map((folder) => join(found.root, folder, machine));
  return { program, environment: { LD_LIBRARY_PATH: libraries.join(':') }, skip: false };
}

const { program = '', environment, skip } = await logrotate();

async function rotate(rig: Rig, directives: string): Promise<void> {
  const configuration = join(rig.dir, 'logrotate.conf');
  writeFileSync(configuration, `${rig.dir}/*.log {\n  rotate 20\n  missingok\n  ${directives.split(',').join('\n  ')}\n}\n`, {
    mode: 0o600,
  });
  await must(program, ['--force', '--state', join(rig.dir, 'logrotate.state'), configuration], { env: { ...process.env, ...environment } });
}

const cases = [
  'create',
  'create,compress',
  'create,compress,delaycompress',
  'create,dateext,dateformat -%Y%m%d-%s',
  'copytruncate',
  'copytruncate,compress',
];

for (const directives of cases)
  test(`logrotate: ${directives}`, { skip }, async () => {
    await using rig = new Rig();
    rig.speed = 4;
    const settings = fileSettings.parse({ type: 'file', path: [rig.path('*.log'), rig.path('*.log[.-]*')] });
    await rig.start((context) => createFile(settings, context));
    const written: string[] = [];
    const line = (name: string) => {
      written.push(`${name} ${written.length} ${'.'.repeat(written.length % 150)}`);
      return `${written.at(-1)}\n`;
    };
    for (let round = 0; round < 4; round++) {
      const writers = ['a.log', 'b.log'].map((name) => ({ name, file: openSync(rig.path(name), 'a') }));
      for (let index = 0; index < 200; index++) for (const { name, file } of writers) writeSync(file, line(name));
      await rig.records(written.length);
      // The last ones are not read yet when it begins.
      for (const { name, file } of writers) writeSync(file, line(name));
      await rotate(rig, directives);
      if (!directives.includes('copytruncate')) await rig.records(written.length);
      for (const { file } of writers) closeSync(file);
      if (directives.includes('-%s')) await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    appendFileSync(rig.path('a.log'), line('a.log'));
    utimesSync(rig.path('a.log'), new Date(), new Date());
    await rig.records(written.length);
    const got = new Set(rig.texts);
    assert.deepEqual(
      written.filter((text) => !got.has(text)),
      [],
      'what is missing',
    );
    assert.equal(rig.got.length, written.length, 'repetitions included');
    assert.equal(rig.counters.lostBytes, 0);
  });
