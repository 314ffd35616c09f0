import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyOfExample, fairlead, folderWith } from './fairlead.ts';

const textsOf = (folder: string): readonly string[] =>
  readdirSync(folder).map((name) => `${name}\n${readFileSync(join(folder, name), 'utf8')}`);

test('--fix mends what is safe, keeps the comments, and has nothing left to do the second time', async () => {
  using folder = copyOfExample('broken-telemetry');
  const first = await fairlead(['check', '--fix'], { cwd: folder.path });
  assert.equal(first.code, 0, first.stdout);
  assert.match(first.stderr, /4 findings fixed in 2 files/);
  assert.match(first.stdout, /√ no findings · 6 links: 6 reachable/);
  const after = textsOf(folder.path);
  assert.ok(after.some((text) => text.includes('# Four agents, four reasons')));
  const second = await fairlead(['check', '--fix'], { cwd: folder.path });
  assert.match(second.stderr, /nothing to fix by itself/);
  assert.deepEqual(textsOf(folder.path), after);
});

test('--diff writes nothing, and patch takes it to what --fix writes', async () => {
  using patched = copyOfExample('broken-telemetry');
  using fixed = copyOfExample('broken-telemetry');
  const before = textsOf(patched.path);
  const { stdout, code } = await fairlead(['check', '--diff'], { cwd: patched.path });
  assert.equal(code, 1);
  assert.deepEqual(textsOf(patched.path), before);
  execFileSync('git', ['apply', '-'], { cwd: patched.path, input: stdout });
  await fairlead(['check', '--fix'], { cwd: fixed.path });
  assert.deepEqual(textsOf(patched.path), textsOf(fixed.path));
});

test('CRLF line ends survive a fix', async () => {
  using folder = folderWith({
    'compose.yaml':
      'services:\r\n  agent:\r\n    image: my-agent\r\n    environment:\r\n      AGENT_ENDPOINT: http://localhost:9090 # here\r\n  prometheus:\r\n    image: prom/prometheus:v2.53.0\r\n',
  });
  await fairlead(['check', '--fix'], { cwd: folder.path });
  const text = readFileSync(join(folder.path, 'compose.yaml'), 'utf8');
  assert.match(text, /http:\/\/prometheus:9090 # here\r\n/);
  assert.equal(text.split('\n').length, text.split('\r\n').length);
});
