import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fairlead, folderWith } from './fairlead.ts';

function manyServices(count: number): string {
  const services = Array.from(
    { length: count },
    (_, index) =>
      `  s${index}:\n    image: example.org/app:1\n    expose: ["8080"]\n    environment:\n      PEER_URL: http://s${(index + 1) % count}:8080\n`,
  );
  return `services:\n${services.join('')}`;
}

test('a report of more than 5 MB arrives whole at the other end of a pipe', async () => {
  using folder = folderWith({ 'compose.yaml': manyServices(1600) });
  const { stdout, code } = await fairlead(['check', '--format', 'json'], { cwd: folder.path });
  assert.ok(stdout.length > 5_000_000, String(stdout.length));
  assert.equal(JSON.parse(stdout).links.length, 1600);
  assert.equal(code, 0);
});

test('a reader that goes away early is no error', async () => {
  using folder = folderWith({ 'compose.yaml': manyServices(600) });
  const program = join(import.meta.dirname, '../../src/cli.ts');
  const child = spawn(process.execPath, [program, 'check', '--format', 'json'], { cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(said, '');
  assert.equal(code, 0);
});

test('standard input is taken for what it is', async () => {
  const inputs = [
    ['docker run -d -e AGENT_ENDPOINT=http://localhost:9090 my-monitoring-agent\n', /<stdin>:1:\d+ .*localhost inside the container/],
    [
      'services:\n  agent:\n    image: my-agent\n    environment:\n      AGENT_ENDPOINT: http://localhost:9090\n',
      /<stdin>:5:\d+ .*localhost inside the container/,
    ],
    ['# Start\n\n```sh\ndocker run -d -e AGENT_ENDPOINT=http://localhost:9090 my-monitoring-agent\n```\n', /<stdin>:4:\d+/],
    ['[{"Id": "1", "Name": "/a"', /<stdin>:1:\d+/],
  ] as const;
  for (const [input, found] of inputs) {
    const { stdout } = await fairlead(['check', '-'], { input });
    assert.match(stdout, found);
  }
});

test('colour is for terminals, NO_COLOR forbids it, FORCE_COLOR brings it into pipes', async () => {
  const run = async (env: Record<string, string>, ...args: string[]) =>
    (await fairlead(['check', 'broken-telemetry', ...args], { env })).stdout.includes('\u001b[');
  assert.equal(await run({}), false);
  assert.equal(await run({ FORCE_COLOR: '1' }), true);
  assert.equal(await run({ FORCE_COLOR: '1', NO_COLOR: '1' }), false);
  assert.equal(await run({ FORCE_COLOR: '1' }, '--no-color'), false);
});

test('control characters of the input do not reach the terminal', async () => {
  const input = 'docker run -d -e "AGENT_ENDPOINT=http://localhost:9090/\u001b]0;x\u0007" --name agent my-monitoring-agent\n';
  const { stdout } = await fairlead(['check', '-'], { input });
  assert.match(stdout, /localhost/);
  assert.doesNotMatch(stdout, /[\u001b\u0007]/);
});
