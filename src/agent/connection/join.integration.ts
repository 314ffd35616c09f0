import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { createServer } from 'node:tls';
import { certificateRequest, newKey } from '../identity/csr.ts';
import { enrol } from '../join/enrolment.ts';
import { connected, fileWith, temporaryFolder } from '../testing/connected.ts';
import { startControlPlane } from '../testing/control-plane.ts';
import { until } from '../testing/log.ts';

test('an agent joins with a token, connects over mutual TLS and reports itself', async () => {
  await using plane = await startControlPlane();
  await using agent = await connected({ server: { enrolment: [plane.enrolUrl], caFingerprint: plane.pin }, token: await plane.token() });
  await agent.log.heard('agent.connection.connected');
  assert.match(agent.connection.uid, /^[0-9a-f-]{36}$/);
  await until(() => plane.fleet.get(agent.connection.uid)?.record.liveness.state === 'online', 'the agent is online');
  await until(() => plane.fleet.get(agent.connection.uid)?.record.attributes['host.name'] === 'test', 'its description arrived');
});

/** A server with the certificate of another authority, that counts what is said to it after the handshake. */
async function impostor(stack: AsyncDisposableStack) {
  const other = stack.use(await startControlPlane());
  let credentials = { keyPem: '', chainPem: '', bundlePem: '' };
  other.authority.serverTls((given) => {
    credentials = given;
  })();
  const heard = { bytes: 0, connections: 0 };
  const server = createServer({ key: credentials.keyPem, cert: credentials.chainPem + credentials.bundlePem }, (socket) => {
    socket.on('data', (data) => {
      heard.bytes += data.length;
    });
    socket.on('error', () => {});
  });
  server.on('connection', () => {
    heard.connections += 1;
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => void server.close());
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  return { heard, port, pin: other.pin };
}

test('nothing is said to a server that is not the pinned one', async () => {
  await using stack = new AsyncDisposableStack();
  const plane = stack.use(await startControlPlane());
  const { heard, port } = await impostor(stack);
  const server = { enrolment: [`https://127.0.0.1:${port}`], caFingerprint: plane.pin };
  const agent = stack.use(await connected({ server, token: await plane.token() }));
  const { fields } = await agent.log.heard('agent.join.failed', 2);
  assert.match(String(fields.reason), new RegExp(`is not the pinned server: it shows .* and not ${plane.pin}; nothing was sent to it`));
  assert.ok(heard.connections >= 2);
  assert.equal(heard.bytes, 0);
});

test('the server that counts does count: with its own pin it is spoken to', async () => {
  await using stack = new AsyncDisposableStack();
  const { heard, port, pin } = await impostor(stack);
  const server = { enrolment: [`https://127.0.0.1:${port}`], caFingerprint: pin };
  stack.use(await connected({ server, token: `flt_abcd_${'x'.repeat(32)}` }));
  await until(() => heard.bytes > 0, 'the request arrives');
});

test('nothing is said to a server with the pinned authority and another name', async () => {
  await using stack = new AsyncDisposableStack();
  const { heard, port, pin } = await impostor(stack);
  const server = { enrolment: [`https://127.0.0.1:${port}`], caFingerprint: pin, name: 'fleet.example.org' };
  const agent = stack.use(await connected({ server, token: `flt_abcd_${'x'.repeat(32)}` }));
  const { fields } = await agent.log.heard('agent.join.failed');
  assert.match(String(fields.reason), /is not for fleet\.example\.org/);
  assert.ok(heard.connections >= 1);
  assert.equal(heard.bytes, 0);
});

test('the authority can be a file, and then nothing else is believed', async () => {
  await using stack = new AsyncDisposableStack();
  const plane = stack.use(await startControlPlane());
  const caFile = await fileWith(stack, plane.authority.roots()[0]?.pem ?? '');
  const agent = stack.use(await connected({ server: { enrolment: [plane.enrolUrl], caFile }, token: await plane.token() }));
  await agent.log.heard('agent.connection.connected');
  const { heard, port } = await impostor(stack);
  const fooled = stack.use(await connected({ server: { enrolment: [`https://127.0.0.1:${port}`], caFile }, token: await plane.token() }));
  assert.match(String((await fooled.log.heard('agent.join.failed')).fields.reason), /does not lead to an authority that this agent trusts/);
  assert.equal(heard.bytes, 0);
});

test('trust on first use says whom it trusted', async () => {
  await using plane = await startControlPlane();
  await using agent = await connected({ server: { enrolment: [plane.enrolUrl], trustOnFirstUse: true }, token: await plane.token() });
  assert.equal((await agent.log.heard('agent.join.trusted-unseen')).fields.fingerprint, plane.pin);
  await agent.log.heard('agent.connection.connected');
});

test('an agent waits until an operator approves it', async () => {
  await using plane = await startControlPlane();
  const token = await plane.token({ approval: 'manual' });
  await using agent = await connected({ server: { enrolment: [plane.enrolUrl], caFingerprint: plane.pin }, token });
  const { fields } = await agent.log.heard('agent.join.pending');
  const [waiting] = await plane.enrolments.pending.list();
  assert.equal(waiting?.keyFingerprint, fields.keyFingerprint, 'both sides show the same fingerprint');
  assert.equal(agent.connection.uid, '');
  await plane.enrolments.pending.approve(waiting?.id ?? '', 'ada');
  await agent.log.heard('agent.connection.connected');
});

test('a refused token is a sentence and no end: the agent asks again, slowly', async () => {
  await using plane = await startControlPlane();
  const token = `flt_abcd_${'x'.repeat(32)}`;
  await using agent = await connected({ server: { enrolment: [plane.enrolUrl], caFingerprint: plane.pin }, token });
  const { fields } = await agent.log.heard('agent.join.refused');
  assert.match(String(fields.reason), /token/);
  assert.ok(!String(JSON.stringify(agent.log.said)).includes('x'.repeat(32)), 'the token is in no log line');
  await agent.log.heard('agent.connection.waiting');
  const state = agent.connection.state();
  assert.ok(state.kind === 'waiting' && state.untilMs - state.sinceMs >= 300_000);
});

test('a request whose answer was lost is the same request: one use, one UID', async () => {
  await using stack = new AsyncDisposableStack();
  const plane = stack.use(await startControlPlane());
  const dataDir = await temporaryFolder(stack);
  const token = await plane.token();
  const keyPem = await newKey();
  const signal = new AbortController().signal;
  const server = { url: plane.enrolUrl, name: undefined, local: { kind: 'any' }, timeoutMs: 5_000, signal, nowMs: Date.now } as const;
  const request = { token, csr: certificateRequest(keyPem, 'agent-1'), name: 'agent-1' };
  const first = await enrol(server, { ca: '', pin: plane.pin, onFirstUse: false }, request);
  assert.equal(first.kind, 'identity');
  // The key was on disk before the request; the answer never was.
  const { writeFile } = await import('node:fs/promises');
  await writeFile(`${dataDir}/pending-key.pem`, keyPem, { mode: 0o600 });
  const agent = stack.use(await connected({ server: { enrolment: [plane.enrolUrl], caFingerprint: plane.pin }, token, dataDir }));
  await agent.log.heard('agent.connection.connected');
  assert.equal(agent.connection.uid, first.kind === 'identity' ? first.identity.uid : '');
  assert.equal(plane.fleet.size, 1);
});

test('the second enrolment server is asked when the first is away', async () => {
  await using plane = await startControlPlane();
  const server = { enrolment: ['https://127.0.0.1:9', plane.enrolUrl], caFingerprint: plane.pin };
  await using agent = await connected({ server, token: await plane.token() });
  await agent.log.heard('agent.connection.connected');
  assert.equal(agent.log.count('agent.join.failed'), 1);
});

test('mounted certificates name the agent, and nothing is enrolled', async () => {
  await using stack = new AsyncDisposableStack();
  const plane = stack.use(await startControlPlane());
  const joined = await connected({ server: { enrolment: [plane.enrolUrl], caFingerprint: plane.pin }, token: await plane.token() });
  await joined.log.heard('agent.connection.connected');
  const { uid, credentials } = joined.keeper.current() ?? { uid: '', credentials: undefined };
  await joined[Symbol.asyncDispose]();
  const server = {
    endpoints: [plane.url],
    certificateFile: await fileWith(stack, credentials?.chainPem ?? ''),
    keyFile: await fileWith(stack, credentials?.keyPem ?? ''),
    caFile: await fileWith(stack, credentials?.bundlePem ?? ''),
  };
  const agent = stack.use(await connected({ server }));
  await agent.log.heard('agent.connection.connected');
  assert.equal(agent.connection.uid, uid);
  assert.equal(agent.log.count('agent.join.started'), 0);
});
