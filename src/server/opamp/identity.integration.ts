import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import { systemClock } from '../../core/clock.ts';
import { uuidv7 } from '../../core/uuid.ts';
import { testKey } from '../ca/testing/csr.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { connectAgent, description, tlsOf } from './testing/agent.ts';
import { messageOf, post, refusalIn } from './testing/http.ts';
import { startTestServer, type TestIdentity, type TestServer } from './testing/server.ts';

/** What the server answers to an upgrade that it refuses. */
async function upgradeRefusal(server: TestServer, identity: TestIdentity | undefined, ca: string) {
  const socket = connect({ host: '127.0.0.1', port: server.port, ca, ...(identity === undefined ? {} : tlsOf(identity)) });
  socket.write(
    'GET /v1/opamp HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n',
  );
  let text = '';
  for await (const data of socket) text += String(data);
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), json: JSON.parse(body) as { code: string; sentence: string } };
}

async function refusedBothWays(server: TestServer, identity: TestIdentity | undefined, ca: string, code: string): Promise<string> {
  const upgrade = await upgradeRefusal(server, identity, ca);
  assert.equal(upgrade.status, 401);
  assert.equal(upgrade.json.code, code);
  const polled = await post({ port: server.port, identity, ca, body: messageOf(identity?.uid ?? uuidv7(1), 1) });
  assert.equal(polled.status, 401);
  assert.equal(refusalIn(polled).code, code);
  assert.ok(server.log.said.some(({ name, fields }) => name === 'opamp.refused' && fields.reason === code));
  return upgrade.json.sentence;
}

test('without a certificate an agent is told so', async () => {
  await using server = await startTestServer();
  const { bundlePem } = await server.enrol();
  await refusedBothWays(server, undefined, bundlePem, 'missing');
});

test('a certificate of another authority is refused by name', async () => {
  await using server = await startTestServer();
  await using other = await startTestServer();
  const { bundlePem } = await server.enrol();
  const foreign = await other.enrol();
  await refusedBothWays(server, { ...foreign, bundlePem }, bundlePem, 'unknown-authority');
});

test('a certificate of an agent that was removed is refused', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  await server.fleet.remove(identity.uid, 'test');
  assert.match(await refusedBothWays(server, identity, identity.bundlePem, 'unknown-agent'), new RegExp(identity.uid));
});

test('an open connection ends when its certificate does, and the certificate is refused with the moment of its end', async () => {
  await using server = await startTestServer({ ca: { agentCertificateLifetime: '10s', backdate: '9s' } });
  const identity = await server.enrol();
  await using agent = await connectAgent(server, identity);
  await agent.ask(description());
  assert.deepEqual(await agent.closed, { code: 1008, reason: 'certificate expired' });
  assert.match(await refusedBothWays(server, identity, identity.bundlePem, 'expired'), /20\d\d-/);
});

test('revocation cuts a live connection within a second', async () => {
  await using server = await startTestServer();
  const [identity, other] = [await server.enrol(), await server.enrol()];
  await using agent = await connectAgent(server, identity);
  await using bystander = await connectAgent(server, other);
  await agent.ask(description());
  await bystander.ask(description());
  await server.authority.revoke(identity.uid, 'stolen laptop');
  const revokedAt = performance.now();
  assert.deepEqual(await agent.closed, { code: 1008, reason: 'revoked: stolen laptop' });
  assert.ok(performance.now() - revokedAt < 1_000);
  assert.equal((await bystander.ask()).errorResponse, undefined);
  await refusedBothWays(server, identity, identity.bundlePem, 'revoked');
});

test('a removed agent is disconnected', async () => {
  await using server = await startTestServer();
  const identity = await server.enrol();
  await using agent = await connectAgent(server, identity);
  await agent.ask(description());
  await server.fleet.remove(identity.uid, 'test');
  assert.equal((await agent.closed).code, 1008);
});

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a resumed session of ${maxVersion} still carries the certificate, also after a restart of the server`, async () => {
    await using store = await openSqliteStore({ path: ':memory:', clock: systemClock });
    let identity: TestIdentity;
    let session: Buffer;
    {
      await using first = await startTestServer({ store });
      identity = await first.enrol();
      session = (await talk(first.port, identity, maxVersion)).session;
    }
    await using second = await startTestServer({ store });
    const again = await talk(second.port, identity, maxVersion, session);
    assert.equal(again.resumed, true);
    assert.match(again.text, /^HTTP\/1\.1 200 /);
    await second.authority.revoke(identity.uid, 'test');
    const revoked = await talk(second.port, identity, maxVersion, session);
    assert.equal(revoked.resumed, true);
    assert.match(revoked.text, /^HTTP\/1\.1 401 /);
  });
}

/** One poll over TLS by hand: what came back, and the session to resume. */
async function talk(port: number, identity: TestIdentity, maxVersion: SecureVersion, session?: Buffer) {
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port,
    ...tlsOf(identity),
    maxVersion,
    ...(session === undefined ? {} : { session }),
  });
  let last = session ?? Buffer.alloc(0);
  socket.on('session', (given: Buffer) => {
    last = given;
  });
  const body = messageOf(identity.uid, 1);
  socket.write(
    `POST /v1/opamp HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  socket.write(body);
  let text = '';
  let resumed = false;
  socket.once('secureConnect', () => {
    resumed = socket.isSessionReused();
  });
  for await (const data of socket) text += String(data);
  return { text, session: last, resumed };
}

test('a certificate renewed over OpAMP is complete, holds no key, and works', async () => {
  await using server = await startTestServer({ settings: { publicUrl: 'wss://fairlead.example.org:8443/v1/opamp' } });
  const identity = await server.enrol();
  await using agent = await connectAgent(server, identity);
  await agent.ask(description());
  const key = await testKey();
  const csr = Buffer.from(await key.csr(identity.uid));
  const { connectionSettings } = await agent.ask({ connectionSettingsRequest: { opamp: { certificateRequest: { csr } } } });
  const offer = connectionSettings?.opamp;
  assert.equal(offer?.destinationEndpoint, 'wss://fairlead.example.org:8443/v1/opamp');
  assert.equal(offer?.heartbeatIntervalSeconds, 30n);
  assert.equal(offer?.certificate?.privateKey.length, 0);
  const chainPem = Buffer.from(offer?.certificate?.cert ?? []).toString();
  const bundlePem = Buffer.from(offer?.certificate?.caCert ?? []).toString();
  await using renewed = await connectAgent(
    server,
    { uid: identity.uid, keyPem: key.keyPem, chainPem, bundlePem },
    { sequence: agent.sequence },
  );
  assert.equal((await renewed.ask()).flags, 0n);
  assert.deepEqual(await agent.closed.then(({ code }) => code), 1008);
  assert.equal(server.fleet.get(identity.uid)?.conflict, undefined);
});

test('a request that cannot be signed is a bad request', async () => {
  await using server = await startTestServer({ settings: { publicUrl: 'wss://fairlead.example.org:8443/v1/opamp' } });
  const identity = await server.enrol();
  await using agent = await connectAgent(server, identity);
  await agent.ask(description());
  const key = await testKey();
  for (const csr of [new Uint8Array(), Buffer.from('hello'), Buffer.from(await key.csr(uuidv7(1)))]) {
    const answer = await agent.ask({ connectionSettingsRequest: { opamp: { certificateRequest: { csr } } } });
    assert.equal(answer.errorResponse?.type, 1);
    assert.equal(answer.connectionSettings, undefined);
  }
  assert.equal((await agent.ask()).errorResponse, undefined);
});
