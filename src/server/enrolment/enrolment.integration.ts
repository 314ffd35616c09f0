import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { Agent } from 'node:https';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { manualClock } from '../../core/manual-clock.ts';
import { authorities, identity, refusal } from '../../protocol/enrolment.ts';
import { eventually } from '../ca/testing/authority.ts';
import { testKey } from '../ca/testing/csr.ts';
import { type Desk, type DeskOptions, openDesk } from './testing/desk.ts';
import { call, listen, pinnedRoot } from './testing/listener.ts';

const hour = 3_600_000;

/** TLS looks at the machine's clock, so ours begins there, or so much before or after it. */
const deskAt = (offsetMs = 0, options: DeskOptions = {}): Promise<Desk> =>
  openDesk({
    ...options,
    clock: manualClock(Date.now() + offsetMs),
    ca: { serverNames: ['127.0.0.1'], rootLifetime: '3650d', ...options.ca },
  });

const activePin = (desk: Desk): string => desk.authority.roots().find(({ active }) => active)?.fingerprint ?? '';

/** Joins as an agent does and gives what it needs to present itself. */
async function join(desk: Desk, port: number, name: string) {
  const key = await testKey();
  const ca = await pinnedRoot(port, activePin(desk));
  assert.ok(ca);
  const answer = await call(port, '/v1/enrol', { ca, body: { token: await desk.token(), csr: await key.csr(), name } });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const got = identity.parse(answer.body);
  return { uid: got.uid, ca: got.bundle, cert: got.certificateChain, key: key.keyPem, csr: await key.csr() };
}

test('an agent finds the pinned root before it says anything, enrols, and renews with its certificate, over TLS 1.2 and 1.3', async () => {
  await using desk = await deskAt();
  await using listener = await listen(desk);
  assert.equal(await pinnedRoot(listener.port, `sha256:${'0'.repeat(64)}`), undefined);
  const { uid, csr, ...tls } = await join(desk, listener.port, 'web-1');
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    assert.ok(await pinnedRoot(listener.port, activePin(desk), maxVersion));
    const answer = await call(listener.port, '/v1/renew', { ...tls, maxVersion, body: { csr } });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.equal(identity.parse(answer.body).uid, uid);
    assert.equal(answer.headers['cache-control'], 'no-store');
  }
  const ca = authorities.parse((await call(listener.port, '/v1/ca', { ca: tls.ca })).body);
  assert.deepEqual([ca.bundle, ca.fingerprints], [tls.ca, [activePin(desk)]]);
});

test('during a rotation whoever trusts the old root, the new one or both gets in, with a certificate of either, and nobody is cut off', async () => {
  await using desk = await deskAt(-30_000);
  await using listener = await listen(desk);
  const before = await join(desk, listener.port, 'before');
  const oldPin = activePin(desk);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const open = { agent, ca: before.ca, cert: before.cert, key: before.key, body: { csr: before.csr } };
  await call(listener.port, '/v1/renew', open);
  const [socket] = Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? []);
  assert.ok(socket);
  const changes: string[] = [];
  desk.authority.serverTls(({ chainPem }) => changes.push(chainPem));
  assert.deepEqual(await desk.authority.rotate('prepare', 'ada'), { ok: true });
  assert.deepEqual(await desk.authority.rotate('activate', 'ada'), { ok: true });
  const newPin = activePin(desk);
  assert.notEqual(newPin, oldPin);
  await eventually(() => changes.at(-1)?.match(/BEGIN/g)?.length === 2);
  const after = await join(desk, listener.port, 'after');
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const pin of [oldPin, newPin]) {
      const ca = await pinnedRoot(listener.port, pin, maxVersion);
      assert.ok(ca, `${maxVersion} ${pin}`);
      for (const { cert, key, csr } of [before, after]) {
        const answer = await call(listener.port, '/v1/renew', { ca, cert, key, maxVersion, body: { csr } });
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        assert.equal(identity.parse(answer.body).bundle.match(/BEGIN/g)?.length, 2);
      }
    }
  }
  // The connection from before still answers, on the same socket.
  assert.equal((await call(listener.port, '/v1/renew', open)).status, 200);
  assert.equal(socket.destroyed, false);
  agent.destroy();
  assert.deepEqual(await desk.authority.rotate('retire', 'ada', true), { ok: true });
  await eventually(() => changes.at(-1)?.match(/BEGIN/g)?.length === 1);
  assert.equal(await pinnedRoot(listener.port, oldPin), undefined);
  const cutOff = await call(listener.port, '/v1/renew', { ca: after.ca, cert: before.cert, key: before.key, body: { csr: before.csr } });
  assert.deepEqual([cutOff.status, cutOff.body.code], [401, 'certificate-refused']);
});

test('an expired certificate renews within the window; a revoked, a foreign, a future one and none are refused with a sentence', async () => {
  await using desk = await deskAt(-26 * hour);
  await using elsewhere = await deskAt();
  await using listener = await listen(desk);
  await using foreignListener = await listen(elsewhere);
  const joined = await join(desk, listener.port, 'sleeper');
  const revoked = await join(desk, listener.port, 'stolen');
  const foreign = await join(elsewhere, foreignListener.port, 'foreign');
  await desk.authority.revoke(revoked.uid, 'host was stolen');
  desk.clock.step(26 * hour + 2 * hour);
  const future = await join(desk, listener.port, 'future');
  desk.clock.step(-2 * hour);
  const ask = async ({ cert, key, csr }: { readonly cert?: string; readonly key?: string; readonly csr: string }) => {
    const client = cert === undefined || key === undefined ? {} : { cert, key };
    return call(listener.port, '/v1/renew', { ca: joined.ca, ...client, body: { csr } });
  };
  assert.ok(new X509Certificate(joined.cert).validToDate.getTime() < Date.now());
  const answer = await ask(joined);
  assert.deepEqual([answer.status, answer.body.uid], [200, joined.uid]);
  const cases = [
    [revoked, 'token-needed', /of .* is revoked: host was stolen/],
    [foreign, 'certificate-refused', /is no authority of this server/],
    [future, 'certificate-refused', /is valid from .* a clock is wrong/],
    [{ csr: joined.csr }, 'certificate-missing', /no client certificate/],
  ] as const;
  for (const [who, code, title] of cases) {
    const refused = await ask(who);
    const body = refusal.parse(refused.body);
    assert.deepEqual([refused.status, body.code, refused.headers['content-type']], [401, code, 'application/problem+json']);
    assert.match(body.title, title);
    assert.ok(body.hint);
  }
  const said = desk.log.said.filter(({ name }) => name === 'enrolment.refused').map(({ fields }) => fields.code);
  assert.deepEqual(said, ['token-needed', 'certificate-refused', 'certificate-refused', 'certificate-missing']);
});

test('a client whose clock is behind by more than a minute sees that our certificate is not yet valid', async () => {
  await using desk = await deskAt(5 * 60_000);
  await using listener = await listen(desk);
  const [root] = desk.authority.roots();
  await assert.rejects(call(listener.port, '/v1/ca', { ca: root?.pem ?? '' }), { code: 'CERT_NOT_YET_VALID' });
  await using onTime = await deskAt(50_000);
  await using other = await listen(onTime);
  assert.equal((await call(other.port, '/v1/ca', { ca: onTime.authority.roots()[0]?.pem ?? '' })).status, 200);
});

test('TLS below 1.2, and 1.2 without forward secrecy, is refused', async () => {
  await using desk = await deskAt();
  await using listener = await listen(desk);
  const old = [
    { minVersion: 'TLSv1' as const, maxVersion: 'TLSv1.1' as const, ciphers: 'DEFAULT:@SECLEVEL=0' },
    { maxVersion: 'TLSv1.2' as const, ciphers: 'AES128-GCM-SHA256' },
    { maxVersion: 'TLSv1.2' as const, ciphers: 'ECDHE-ECDSA-AES128-SHA' },
  ];
  for (const tls of old) {
    const socket = connect({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false, ...tls });
    const [error] = await once(socket, 'error');
    assert.match(String(error), /alert|no protocols|handshake/i);
  }
});

test('requests that are none are refused with what is wrong with them, and a token is never repeated', async () => {
  await using desk = await deskAt();
  await using listener = await listen(desk);
  const ca = desk.authority.roots()[0]?.pem ?? '';
  const token = await desk.token();
  const csr = await (await testKey()).csr();
  const cases: readonly (readonly [string, Parameters<typeof call>[2], number, string, RegExp])[] = [
    ['/v1/other', { body: {} }, 404, 'not-found', /\/v1\/enrol/],
    ['/v1/enrol', {}, 405, 'method-not-allowed', /takes POST/],
    ['/v1/ca', { body: {} }, 405, 'method-not-allowed', /takes GET/],
    ['/v1/enrol', { body: '{"token"' }, 400, 'bad-request', /no JSON/],
    ['/v1/enrol', { body: { token, csr, nam: 'x' } }, 400, 'bad-request', /nam/],
    ['/v1/enrol', { body: { token, csr, name: 'a b' } }, 400, 'bad-request', /name: is no name/],
    ['/v1/enrol', { body: { token, csr: 'hello' } }, 400, 'bad-request', /csr: is no PEM/],
    ['/v1/enrol', { body: { token, csr, labels: { 'a=b': 'c' } } }, 400, 'bad-request', /labels/],
    ['/v1/enrol', { body: { token, csr, replaceSecret: 'short' } }, 400, 'bad-request', /replaceSecret: is shorter/],
    ['/v1/enrol', { body: 'x'.repeat(70_000) }, 413, 'body-too-large', /larger than 65536/],
  ];
  for (const [path, options, status, code, title] of cases) {
    const answer = await call(listener.port, path, { ca, ...options });
    const body = refusal.parse(answer.body);
    assert.deepEqual([answer.status, body.code], [status, code]);
    assert.match(body.title, title);
    assert.equal(JSON.stringify(body).includes(token), false);
  }
  const secret = token.split('_')[2] ?? '-';
  assert.equal(JSON.stringify(desk.log.said).includes(secret), false);
  assert.equal((await call(listener.port, '/v1/enrol', { ca, body: { token: `${token}\n`, csr } })).status, 200);
  const metrics = await desk.registry.metrics();
  assert.match(metrics, /fairlead_enrolment_requests_total\{operation="enrol",outcome="issued"\} 1/);
  assert.match(metrics, /fairlead_enrolment_pending_requests 0/);
});

test('an address that asks too often is told when to come again', async () => {
  await using desk = await deskAt(0, { settings: { ratePerAddress: 0.1, burstPerAddress: 2 } });
  await using listener = await listen(desk);
  const ca = desk.authority.roots()[0]?.pem ?? '';
  const ask = () => call(listener.port, '/v1/enrol', { ca, body: {} });
  assert.deepEqual([(await ask()).status, (await ask()).status], [400, 400]);
  const refused = await ask();
  assert.deepEqual([refused.status, refused.body.code, refused.headers['retry-after']], [429, 'too-many-requests', '10']);
  desk.clock.advance(10_000);
  assert.equal((await ask()).status, 400);
});

test('approval over the wire: 202 with the fingerprint of the key until an operator decides', async () => {
  await using desk = await deskAt();
  await using listener = await listen(desk);
  const ca = desk.authority.roots()[0]?.pem ?? '';
  const body = { token: await desk.token({ approval: 'manual' }), csr: await (await testKey()).csr(), name: 'web-1' };
  const waiting = await call(listener.port, '/v1/enrol', { ca, body });
  assert.deepEqual([waiting.status, waiting.headers['retry-after']], [202, '10']);
  assert.match(String(waiting.body.keyFingerprint), /^sha256:[0-9a-f]{64}$/);
  assert.match(await desk.registry.metrics(), /fairlead_enrolment_pending_requests 1/);
  await desk.enrolments.pending.approve(String(waiting.body.pendingId), 'ada');
  const answer = await call(listener.port, '/v1/enrol', { ca, body });
  assert.deepEqual([answer.status, answer.body.name], [200, 'web-1']);
});

test('a storm of connections is dropped before its handshakes, and those that come after it are served', async () => {
  await using desk = await deskAt(0, { settings: { ratePerAddress: 1, burstPerAddress: 2, rate: 100, burst: 100 } });
  await using listener = await listen(desk);
  const attempt = async (): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false });
    socket.on('error', () => {});
    const ended = await Promise.race([
      once(socket, 'secureConnect').then(() => 'served'),
      once(socket, 'close').then(() => 'dropped'),
    ]).catch(() => 'dropped');
    socket.destroy();
    return ended;
  };
  const ended = await Promise.all(Array.from({ length: 20 }, attempt));
  assert.deepEqual([ended.filter((one) => one === 'served').length, ended.filter((one) => one === 'dropped').length], [8, 12]);
  assert.match(await desk.registry.metrics(), /fairlead_enrolment_connections_dropped_total 12/);
  desk.clock.advance(1_000);
  assert.equal(await attempt(), 'served');
});
