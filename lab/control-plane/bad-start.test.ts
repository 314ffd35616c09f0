import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Program } from './program.ts';
import { defaultServerSettings, type Server, type Settings, serverAddress, serverHost } from './server.ts';
import { openWorld, type World, whyNot } from './world.ts';

const skip = await whyNot();

interface Case {
  readonly what: string;
  /** Prepares what is wrong; the result are the settings to start with. */
  readonly prepare: (world: World, folder: string) => Promise<Settings> | Settings;
  readonly code: number;
  readonly sentence: RegExp;
}

const settingsFor = (folder: string): Settings => defaultServerSettings(join(folder, 'data'));

const cases: readonly Case[] = [
  {
    what: 'a database of a newer version',
    prepare: async (_world, folder) => {
      const settings = settingsFor(folder);
      mkdirSync(join(folder, 'data'), { recursive: true });
      const database = new DatabaseSync(join(folder, 'data', 'fairlead.sqlite'));
      // Ours (application_id in src/server/store/sqlite-file.ts), and of a version that is not written yet.
      database.exec('PRAGMA application_id = 1179407188; PRAGMA user_version = 999; CREATE TABLE future (a)');
      database.close();
      return settings;
    },
    code: 3,
    sentence: /fairlead\.sqlite: the database was written by a newer version \(format 999, this version knows 1\); nothing was changed/,
  },
  {
    what: 'a port that is taken by another process',
    prepare: (_world, folder) => ({ ...settingsFor(folder), agents: { listen: `${serverAddress}:9000` } }),
    code: 3,
    sentence: /cannot listen on 10\.98\.0\.1:9000: another process listens there/,
  },
  {
    what: 'the port of the API taken by another process',
    prepare: (_world, folder) => ({ ...settingsFor(folder), api: { listen: `${serverAddress}:9000` } }),
    code: 3,
    sentence: /api\.listen.* cannot listen on 10\.98\.0\.1:9000: another process listens there/,
  },
  {
    what: 'an address that this machine does not have',
    prepare: (_world, folder) => ({ ...settingsFor(folder), agents: { listen: '203.0.113.9:8443' } }),
    code: 3,
    sentence: /cannot listen on 203\.0\.113\.9:8443: this machine has no such address/,
  },
  {
    what: 'a DNS address that this machine does not have',
    prepare: (_world, folder) => ({ ...settingsFor(folder), discovery: { dns: '203.0.113.9:8600', http: `${serverAddress}:8500` } }),
    code: 3,
    sentence: /203\.0\.113\.9:8600.*this machine has no such address/,
  },
  {
    what: 'a key file that is not there',
    prepare: (_world, folder) => ({ ...settingsFor(folder), ca: { keyEncryptionFile: join(folder, 'no-key') } }),
    code: 2,
    sentence: /no-key: the key file of the certificate authority cannot be used/,
  },
  {
    what: 'a key file that holds something else',
    prepare: (_world, folder) => {
      writeFileSync(join(folder, 'key'), 'not a key');
      return { ...settingsFor(folder), ca: { keyEncryptionFile: join(folder, 'key') } };
    },
    code: 2,
    sentence: /key: the key file of the certificate authority cannot be used: it does not hold 64 hexadecimal digits/,
  },
  {
    what: 'a data folder below a file',
    prepare: (_world, folder) => {
      writeFileSync(join(folder, 'file'), '');
      return { ...settingsFor(folder), dataDir: join(folder, 'file', 'data') };
    },
    code: 3,
    sentence: /the data folder .*file\/data cannot be used/,
  },
  {
    what: 'a misspelt setting',
    prepare: (_world, folder) => ({ ...settingsFor(folder), livenes: {} }),
    code: 2,
    sentence: /server-\w+\.yaml:1:\d+ unknown key "livenes"\n {2}did you mean "liveness"\?/,
  },
  {
    what: 'a ttl without room for a late heartbeat',
    prepare: (_world, folder) => ({ ...settingsFor(folder), liveness: { heartbeatInterval: '30s', ttl: '20s' } }),
    code: 2,
    sentence: /server-\w+\.yaml:1:\d+ .*ttl 20s leaves no room for one late heartbeat/,
  },
];

test('a server that cannot start says why in one sentence, with its exit code, and touches nothing of others', { skip }, async (t) => {
  await using world = await openWorld({ hosts: 0 });
  const { server, network, folder } = world;
  await server.process.stop();
  await using other = new Program({
    network,
    host: serverHost,
    program: process.execPath,
    args: [join(import.meta.dirname, 'receiver.ts'), serverAddress, '9000'],
  });
  await other.event('receiver.ready');
  for (const [index, { what, prepare, code, sentence }] of cases.entries())
    await t.test(what, async () => {
      const own = join(folder, `case-${index}`);
      mkdirSync(own);
      const file = join(own, `server-case${index}.yaml`);
      writeFileSync(file, JSON.stringify(await prepare(world, own)));
      const { ended, stderr } = await run(server, file);
      assert.match(stderr, sentence);
      assert.deepEqual(ended, { code, signal: null }, stderr);
      // The log of the way there is JSON; besides it there is the sentence, and its hint.
      const said = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
      assert.ok(said.length <= 2 && (said[1] ?? '  ').startsWith('  '), stderr);
      assert.doesNotMatch(stderr, /\n\s+at .*:\d+:\d+\)?\n|E[A-Z]{5,}\n/, 'no stack, no bare code');
      if (code === 2) assert.deepEqual(stderr.match(/"event":"[\w.-]+"/g) ?? [], [], 'nothing was opened');
    });
  assert.equal(other.all('receiver.request').length, 0);
});

async function run(server: Server, file: string) {
  await using process = server.spawn(['--config', file]);
  const ended = await process.ended;
  return { ended, stderr: process.stderr };
}
