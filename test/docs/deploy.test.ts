/** What lies in deploy/ is what people copy: units that systemd takes, settings that the program takes, a Compose file without findings. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fairlead, folderWith } from '../cli/fairlead.ts';

const deploy = join(import.meta.dirname, '../../deploy');
const read = (path: string): string => readFileSync(join(deploy, path), 'utf8');
const units = ['fairlead-server.service', 'fairlead-agent.service'] as const;

/** Without these a service that is taken over could change the machine. */
const hardening = {
  DynamicUser: 'yes',
  NoNewPrivileges: 'yes',
  CapabilityBoundingSet: '',
  ProtectSystem: 'strict',
  ProtectHome: 'yes',
  PrivateTmp: 'yes',
  PrivateDevices: 'yes',
  ProtectKernelModules: 'yes',
  ProtectKernelTunables: 'yes',
  RestrictNamespaces: 'yes',
  RestrictSUIDSGID: 'yes',
  UMask: '0077',
};

/** systemd.syntax(7): the last assignment holds; none of our keys is a list that goes on over lines. */
function assignments(unit: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...unit.matchAll(/^([A-Za-z]+)=(.*)$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']));
}

interface Judged {
  readonly code: number | null;
  readonly text: string;
}

/** As systemd reads them, with the Node that is here in the place of the one that the unit names. */
function analyze(command: readonly string[], files: Readonly<Record<string, string>>): Judged {
  using folder = folderWith({});
  const paths = Object.entries(files).map(([name, text]) => {
    const path = join(folder.path, name);
    writeFileSync(path, text.replaceAll('/usr/bin/node', process.execPath));
    return path;
  });
  const done = spawnSync(analyzer, [...command, ...paths], { encoding: 'utf8' });
  return { code: done.status, text: `${done.stdout}${done.stderr}` };
}

/** Part of systemd, so not everywhere. */
const analyzer = 'systemd-analyze';
const verify = ['verify', '--man=no'];
const withoutSystemd = spawnSync(analyzer, ['--version']).status === 0 ? false : 'there is no systemd-analyze here';

test('both units keep their service from everything but its state, its settings and the network', () => {
  for (const name of units) {
    const found = assignments(read(`systemd/${name}`));
    assert.deepEqual(Object.fromEntries(Object.keys(hardening).map((key) => [key, found[key]])), hardening, name);
  }
});

test('each unit starts its command with the settings file beside it, and its state folder is the one of these settings', () => {
  for (const [name, program] of [
    ['server', 'cli.js server'],
    ['agent', 'agent.js'],
  ]) {
    const { ExecStart = '', StateDirectory = '' } = assignments(read(`systemd/fairlead-${name}.service`));
    assert.equal(ExecStart, `/usr/bin/node /opt/fairlead/${program} --config /etc/fairlead/${name}.yaml`);
    assert.match(read(`systemd/${name}.yaml`), new RegExp(`^ *dataDir: /var/lib/${StateDirectory}$`, 'm'));
  }
});

test('systemd takes both units', { skip: withoutSystemd }, () => {
  const all = Object.fromEntries(units.map((name) => [name, read(`systemd/${name}`)]));
  assert.deepEqual(analyze(verify, all), { code: 0, text: '' });
});

test('systemd finds a setting that does not exist', { skip: withoutSystemd }, () => {
  const wrong = read('systemd/fairlead-agent.service').replace('WatchdogSec=', 'WatchdogSecs=');
  assert.match(analyze(verify, { 'wrong.service': wrong }).text, /WatchdogSecs/);
});

test('the program takes every settings file', async () => {
  const files = [
    ['server', 'systemd/server.yaml'],
    ['agent', 'systemd/agent.yaml'],
    ['server', 'compose/server.yaml'],
  ] as const;
  for (const [command, path] of files)
    assert.deepEqual(
      await fairlead([command, '--config', join(deploy, path), '--check']),
      { code: 0, stdout: 'the settings are valid\n', stderr: '' },
      path,
    );
});

test('a settings file with a misspelt key is refused with its place', async () => {
  using folder = folderWith({ 'server.yaml': read('systemd/server.yaml').replace('publicUrl: wss', 'publicUlr: wss') });
  const { code, stderr } = await fairlead(['server', '--config', 'server.yaml', '--check'], { cwd: folder.path });
  assert.equal(code, 2);
  assert.match(stderr, /server\.yaml:\d+:\d+ .*publicUlr/);
});

interface Report {
  readonly findings: readonly unknown[];
  readonly links: readonly { readonly verdict: { readonly kind: string } }[];
}

/** All rules that are on by default, and those that are off and about what a deployment is judged by. */
const ruleSets = [[], ['--rule', 'R27'], ['--rule', 'R33']] as const;

test('the doctor has nothing to say about the Compose file, and finds both links of its agent reachable', async () => {
  for (const rules of ruleSets) {
    const { code, stdout } = await fairlead(['check', '--format', 'json', '--profile', 'agent', ...rules, join(deploy, 'compose')]);
    assert.equal(code, 0, stdout);
    // Our own format: docs/schemas/check.schema.json.
    const report = JSON.parse(stdout) as Report;
    assert.deepEqual(report.findings, []);
    assert.deepEqual(
      report.links.map(({ verdict }) => verdict.kind),
      ['reachable', 'reachable'],
    );
  }
});

test('the doctor finds a Compose file that lost the name of its server', async () => {
  using folder = folderWith({ 'compose.yaml': read('compose/compose.yaml').replace('- fleet.example.org #', '- other.example.org #') });
  const { stdout } = await fairlead(['check', '--profile', 'agent', '--docker', '28', folder.path]);
  assert.match(stdout, /[×?] agent {2}dials/);
  assert.doesNotMatch(stdout, /√ agent {2}dials/);
});

test('the image runs as a user that owns nothing but the data folders', () => {
  const lines = read('image/Dockerfile').split('\n');
  const [, user = ''] = /^USER (\S+)$/m.exec(lines.join('\n')) ?? [];
  assert.match(user, /^[1-9]\d*:[1-9]\d*$/);
  assert.equal(lines.filter((line) => line.startsWith('USER ')).length, 1);
  assert.ok(lines.some((line) => line.includes(`chown ${user} /var/lib/fairlead /var/lib/fairlead-agent`)));
});
