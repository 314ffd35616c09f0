import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { Registry } from 'prom-client';
import { readSettings } from '../config/read.ts';
import { systemClock } from '../core/clock.ts';
import { FairleadError } from '../core/errors.ts';
import { SourceText } from '../core/text.ts';
import { testConfig } from '../server/opamp/testing/server.ts';
import { startAgent } from './agent.ts';
import { agentSettings, isJoined } from './settings/index.ts';
import { quick, temporaryFolder } from './testing/connected.ts';
import { startControlPlane } from './testing/control-plane.ts';
import { listeningLog, until } from './testing/log.ts';

async function start(text: string, environment: Readonly<Record<string, string>> = {}) {
  const source = new SourceText('agent.yaml', text);
  const read = readSettings(agentSettings, source);
  if (!read.ok || !isJoined(read.value)) throw new Error(JSON.stringify(read));
  const log = listeningLog();
  const agent = await startAgent(read.value, {
    ...{ clock: systemClock, log, registry: new Registry(), version: '0.0.0', source, environment, timing: quick },
    signal: new AbortController().signal,
  });
  return { agent, log, [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose]() };
}

const settingsText = (dataDir: string, server: string, more = '') =>
  `server: ${server}\nidentity: { dataDir: ${dataDir}, name: edge-1, labels: { region: eu } }\nhealth: { listen: "127.0.0.1:0" }\n${more}`;

test('a whole agent joins, reports its host and health, runs a configuration and says goodbye', async () => {
  await using stack = new AsyncDisposableStack();
  const plane = stack.use(await startControlPlane());
  const dataDir = join(await temporaryFolder(stack), 'data');
  const server = `{ enrolment: ["${plane.enrolUrl}"], caFingerprint: "${plane.pin}" }`;
  const { agent, log } = stack.use(await start(settingsText(dataDir, server), { FAIRLEAD_TOKEN: await plane.token() }));
  await log.heard('agent.connection.connected');
  const known = () => plane.fleet.get(agent.uid);
  await until(() => known()?.hostReport !== undefined, 'the host report arrived');
  await until(() => known()?.record.identifying['service.instance.id'] === agent.uid, 'the description names the UID');
  await until(() => (known()?.health.length ?? 0) > 0, 'the health arrived');
  assert.equal(known()?.record.name, 'edge-1');
  assert.equal(known()?.record.selfLabels?.region, 'eu');
  const { port } = agent.healthAddress ?? { port: 0 };
  assert.equal((await fetch(`http://127.0.0.1:${port}/health/ready`)).status, 200);
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assert.match(metrics, /^fairlead_agent_connected 1$/m);

  plane.configurations.want(testConfig(7, 'heartbeat: { interval: 7s }\n'));
  await until(() => known()?.record.config.status === 'applied', 'the configuration is applied');
  assert.equal(known()?.record.config.hash, testConfig(7).hash);

  plane.configurations.want(testConfig(8, 'server: { endpoints: ["wss://evil.example.org"] }\n'));
  await until(() => known()?.record.config.status === 'failed', 'a configuration that leads the agent away is refused');
  assert.match(known()?.record.config.error ?? '', /server/);

  await agent[Symbol.asyncDispose]();
  await until(() => known()?.record.liveness.state === 'stopped', 'the goodbye arrived');
  assert.equal((await stat(join(dataDir, 'identity.json'))).mode & 0o777, 0o600);
  assert.equal((await stat(dataDir)).mode & 0o777, 0o700);
});

test('an agent starts while its server is away, and connects when it comes', async () => {
  await using stack = new AsyncDisposableStack();
  const plane = stack.use(await startControlPlane());
  const dataDir = await temporaryFolder(stack);
  const text = settingsText(dataDir, `{ enrolment: ["${plane.enrolUrl}"], caFingerprint: "${plane.pin}" }`);
  const first = await start(text, { FAIRLEAD_TOKEN: await plane.token() });
  await first.log.heard('agent.connection.connected');
  const { uid } = first.agent;
  await first.agent[Symbol.asyncDispose]();
  await plane.stopListening();
  const { agent, log } = stack.use(await start(text));
  await log.heard('agent.connection.waiting');
  assert.equal(agent.uid, uid, 'without a token and without a server it is who it was');
  await plane.listenAgain();
  await log.heard('agent.connection.connected');
  assert.equal(plane.fleet.size, 1);
});

test('two agents do not share a folder', async () => {
  await using stack = new AsyncDisposableStack();
  const dataDir = await temporaryFolder(stack);
  const text = settingsText(dataDir, '{ endpoints: ["ws://127.0.0.1:9/v1/opamp"] }');
  stack.use(await start(text));
  await assert.rejects(
    start(text),
    (error) => error instanceof FairleadError && error.code === 'FAIRLEAD_AGENT_DATA_DIR_IN_USE' && /process \d+ on /.test(error.message),
  );
});

test('a torn identity ends the start and is left as it is', async () => {
  await using stack = new AsyncDisposableStack();
  const dataDir = await temporaryFolder(stack);
  const text = settingsText(dataDir, '{ endpoints: ["ws://127.0.0.1:9/v1/opamp"] }');
  await (await start(text)).agent[Symbol.asyncDispose]();
  const file = join(dataDir, 'identity.json');
  const whole = await readFile(file, 'utf8');
  const torn = whole.slice(0, whole.length / 2);
  await writeFile(file, torn);
  await assert.rejects(start(text), (error) => error instanceof FairleadError && error.code === 'FAIRLEAD_AGENT_IDENTITY_UNREADABLE');
  assert.equal(await readFile(file, 'utf8'), torn);
  await writeFile(file, whole);
  await using again = await start(text);
  assert.ok(whole.includes(again.agent.uid), 'put back, it is the same agent');
});

const cannotStart: readonly (readonly [string, string, string, string])[] = [
  ['no token', `{ enrolment: ["https://127.0.0.1:9"], trustOnFirstUse: true }`, '', 'FAIRLEAD_AGENT_CREDENTIAL'],
  ['a CA file that is not there', `{ endpoints: ["wss://127.0.0.1:9"], caFile: /nowhere/ca.pem }`, '', 'FAIRLEAD_AGENT_CREDENTIAL'],
  [
    'an address that is not there',
    `{ endpoints: ["ws://127.0.0.1:9"] }`,
    'planes: { control: { localAddress: 203.0.113.9 } }\n',
    'FAIRLEAD_AGENT_PLANE',
  ],
];

for (const [what, server, more, code] of cannotStart) {
  test(`with ${what} the agent does not start`, async () => {
    await using stack = new AsyncDisposableStack();
    const text = settingsText(await temporaryFolder(stack), server, more);
    await assert.rejects(start(text), (error) => error instanceof FairleadError && error.code === code && error.exitCode === 3);
  });
}
