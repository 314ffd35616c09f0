import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { startEngine } from './engine.ts';
import { findMarked } from './process-table.ts';
import { realise } from './realise.ts';
import { markOf } from './run-state.ts';
import { availableEngines, ensureLab } from './setup.ts';
import type { Topology } from './topology.ts';
import { bridge, on } from './truth-table/parts.ts';

const lab = await ensureLab((line) => process.stderr.write(`lab: ${line}\n`));
const versions = availableEngines(lab);
const skip = versions.length > 0 ? false : lab.system.available ? 'no engine is available' : lab.system.reason;
const version = versions.at(-1) ?? '';

for (const [name, engine] of Object.entries(lab.engines)) {
  const options = engine.available && lab.system.available ? {} : { skip: engine.available ? skip : engine.reason };
  test(`Docker ${name} starts, answers and leaves nothing behind`, options, async () => {
    const { run } = await useEngine(name);
    assert.deepEqual(findMarked(markOf(run)), []);
    assert.deepEqual(
      run.namespaces.filter((namespace) => existsSync(`/run/netns/${namespace}`)),
      [],
    );
    assert.equal(existsSync(run.dir), false);
  });
}

test('a second look at what the lab has takes less than 200 ms', { skip }, async () => {
  const started = performance.now();
  await ensureLab();
  assert.ok(performance.now() - started < 200);
});

test('two engines with the same addresses do not see each other', { skip }, async () => {
  const topology: Topology = {
    networks: [bridge('front', 1)],
    containers: [on('web', [{ network: 'front', ip: '172.20.1.10' }])],
    host: { listeners: [], firewall: [] },
    remote: { listeners: [] },
  };
  await using first = await startEngine({ version });
  await using second = await startEngine({ version });
  await using one = await realise(first, topology);
  await using other = await realise(second, { ...topology, containers: [] });
  const question = { from: { place: 'host' }, to: { kind: 'literal', host: '172.20.1.10' }, port: 80, transport: 'tcp' } as const;
  assert.equal((await one.ask(question, { timeoutMs: 2500 })).answeredBy, 'web');
  assert.equal((await other.ask(question, { timeoutMs: 4500 })).outcome, 'host-unreachable');
});

test('what a killed run left is removed by the next one', { skip }, async () => {
  const script = `import { startEngine } from '${import.meta.dirname}/engine.ts';
    const engine = await startEngine({ version: '${version}' });
    console.log(JSON.stringify(engine.run));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  const run = JSON.parse(line);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.ok(findMarked(markOf(run)).length > 0, 'the engine outlives its owner');
  await useEngine(version);
  assert.deepEqual(findMarked(markOf(run)), []);
  assert.deepEqual(
    readdirSync('/var/tmp/fairlead-lab').filter((id) => id === run.id),
    [],
  );
});

test('the command line and Compose speak to the private engine', { skip }, async () => {
  await using engine = await startEngine({ version });
  const { stdout } = await engine.docker(['version', '--format', '{{.Server.Version}}']);
  assert.equal(stdout.trim(), engine.exactVersion);
  for (const [name, compose] of Object.entries(lab.compose)) {
    if (!compose.available) continue;
    const result = await engine.compose(['version', '--short'], { cwd: engine.run.dir, version: name });
    assert.equal(result.stdout.trim(), compose.exact);
  }
});

async function useEngine(name: string) {
  await using engine = await startEngine({ version: name });
  const result = await engine.docker(['run', '--rm', 'fairlead-lab:1', 'node', '--version']);
  assert.equal(result.stdout.trim(), process.version);
  return engine;
}
