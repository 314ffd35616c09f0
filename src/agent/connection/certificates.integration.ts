import assert from 'node:assert/strict';
import test from 'node:test';
import { leafOf, uidOf } from '../identity/identity.ts';
import { steppableClock } from '../testing/clock.ts';
import { connected, quick, temporaryFolder } from '../testing/connected.ts';
import { startControlPlane } from '../testing/control-plane.ts';
import { until } from '../testing/log.ts';
import { type Heard, startScriptedServer } from '../testing/opamp-server.ts';

const hour = 3_600_000;
const renewal = { lookMs: 50, answerMs: 5_000, backoff: { firstMs: 50, maxMs: 200 }, restMs: 200 };
const timing = { ...quick, renewal };

for (const transport of ['websocket', 'http'] as const) {
  test(`${transport}: the certificate is renewed over the connection, and no heartbeat is lost`, async () => {
    await using plane = await startControlPlane({
      ca: { agentCertificateLifetime: '10s', backdate: '0s', renewWindow: '1h' },
      heartbeatIntervalMs: 1_000,
    });
    const server = { enrolment: [plane.enrolUrl], caFingerprint: plane.pin, transport };
    await using agent = await connected({ server, token: await plane.token(), timing });
    await agent.log.heard('agent.connection.connected');
    const serial = () => leafOf(agent.keeper.current()?.credentials?.chainPem ?? '')?.serialNumber;
    const first = serial();
    const beats: number[] = [];
    let last: number | undefined;
    const watch = setInterval(() => {
      const heard = plane.fleet.get(agent.connection.uid)?.lastHeardMs;
      if (heard !== undefined && heard !== last) beats.push(heard);
      last = heard;
    }, 5);
    try {
      await agent.log.heard('agent.join.renewed', 2, 40_000);
      await until(() => performance.now() - (beats.at(-1) ?? 0) < 500, 'it still speaks');
    } finally {
      clearInterval(watch);
    }
    assert.notEqual(serial(), first);
    const gaps = beats.slice(1).map((at, index) => at - (beats[index] ?? 0));
    assert.ok(Math.max(...gaps) < 2_000, `the longest silence is ${Math.max(...gaps)} ms with a heartbeat every second`);
    assert.equal(agent.log.count('agent.connection.lost'), 0);
    assert.equal(agent.log.count('agent.join.renewal-failed'), 0);
    const offline = plane.log.said.filter((one) => one.name.startsWith('fleet.') && JSON.stringify(one.fields).includes('offline'));
    assert.deepEqual(offline, []);
  });
}

test('a server that does not know its public address still renews, over the enrolment server', async () => {
  await using plane = await startControlPlane({
    ca: { agentCertificateLifetime: '10s', backdate: '0s', renewWindow: '1h' },
    publicUrl: false,
  });
  await using agent = await connected({
    server: { enrolment: [plane.enrolUrl], caFingerprint: plane.pin, endpoints: [plane.url] },
    token: await plane.token(),
    timing,
  });
  await agent.log.heard('agent.join.renewed', 1, 40_000);
  assert.ok(agent.log.count('agent.join.renewal-failed') >= 1);
  assert.equal(agent.log.count('agent.connection.lost'), 0);
  assert.equal(plane.fleet.size, 1);
});

test('an agent that was offline past the end of its certificate proves itself again', async () => {
  await using stack = new AsyncDisposableStack();
  const clock = steppableClock();
  const plane = stack.use(await startControlPlane({ clock }));
  const dataDir = await temporaryFolder(stack);
  const server = { enrolment: [plane.enrolUrl], caFingerprint: plane.pin };
  const before = await connected({ server, token: await plane.token(), dataDir, clock, timing });
  await before.log.heard('agent.connection.connected');
  const { uid } = before.connection;
  await before[Symbol.asyncDispose]();
  clock.step(30 * hour);
  const agent = stack.use(await connected({ server, dataDir, clock, timing }));
  await agent.log.heard('agent.connection.connected');
  assert.equal(agent.connection.uid, uid);
  assert.equal(plane.fleet.size, 1);
  assert.ok(agent.log.count('agent.join.renewed') === 1);
});

test('after the window it is told to get a new token, keeps its identity, and joins again with one', async () => {
  await using stack = new AsyncDisposableStack();
  const clock = steppableClock();
  const plane = stack.use(await startControlPlane({ clock, ca: { renewWindow: '1h' } }));
  const dataDir = await temporaryFolder(stack);
  const server = { enrolment: [plane.enrolUrl], caFingerprint: plane.pin };
  const token = await plane.token({ uses: 10, lifetimeMs: 100 * hour });
  const before = await connected({ server, token, dataDir, clock, timing });
  await before.log.heard('agent.connection.connected');
  const { uid } = before.connection;
  await before[Symbol.asyncDispose]();
  clock.step(30 * hour);
  const lost = await connected({ server, token, dataDir, clock, timing });
  const { fields } = await lost.log.heard('agent.join.refused');
  assert.match(String(fields.reason), /token/);
  assert.equal(lost.connection.uid, uid, 'the identity is kept');
  assert.equal(lost.log.count('agent.join.joined'), 0, 'the token that it joined with does not bring it back');
  await lost[Symbol.asyncDispose]();
  const again = stack.use(await connected({ server, token: await plane.token({ lifetimeMs: 100 * hour }), dataDir, clock, timing }));
  await again.log.heard('agent.join.joined');
  await again.log.heard('agent.connection.connected');
});

test('a revoked agent is cut within a second, says so, and does not come back by itself', async () => {
  await using plane = await startControlPlane();
  const token = await plane.token({ uses: 10 });
  await using agent = await connected({ server: { enrolment: [plane.enrolUrl], caFingerprint: plane.pin }, token, timing });
  await agent.log.heard('agent.connection.connected');
  const { uid } = agent.connection;
  await until(() => plane.fleet.get(uid)?.record.liveness.state === 'online', 'it is online');
  const startedMs = performance.now();
  await plane.authority.revoke(uid, 'stolen');
  const refused = await agent.log.heard('agent.connection.refused');
  assert.ok(refused.atMs - startedMs < 1_000, `${refused.atMs - startedMs} ms`);
  assert.match(String(refused.fields.reason), /revoked/);
  await agent.log.heard('agent.connection.waiting');
  const state = agent.connection.state();
  assert.ok(state.kind === 'waiting' && state.untilMs - state.sinceMs >= 300_000, 'it asks again, but slowly');
  assert.equal(agent.connection.uid, uid);
  assert.equal(plane.fleet.size, 1);
});

test('a clock that is stepped by a day in either direction costs neither connection nor identity', async () => {
  await using plane = await startControlPlane();
  const clock = steppableClock();
  const server = { enrolment: [plane.enrolUrl], caFingerprint: plane.pin };
  await using agent = await connected({ server, token: await plane.token(), clock, timing, heartbeatMs: 200 });
  await agent.log.heard('agent.connection.connected');
  for (const stepMs of [26 * hour, -52 * hour, 26 * hour]) {
    clock.step(stepMs);
    const heard = plane.fleet.get(agent.connection.uid)?.lastHeardMs;
    agent.connection.report.health({ healthy: true, status: `after ${stepMs}`, lastError: '', sinceMs: 1, components: {} });
    await until(
      () => plane.fleet.get(agent.connection.uid)?.health[0]?.status === `after ${stepMs}`,
      `it speaks after a step of ${stepMs} ms`,
    );
    assert.notEqual(plane.fleet.get(agent.connection.uid)?.lastHeardMs, heard);
  }
  assert.equal(agent.log.count('agent.connection.lost'), 0);
  assert.equal(agent.connection.state().kind, 'connected');
});

test('after a rotation of the authority, one that is pinned to the former joins, and one that joined before stays', async () => {
  const clock = steppableClock();
  await using plane = await startControlPlane({ clock });
  const server = { enrolment: [plane.enrolUrl], caFingerprint: plane.pin };
  await using old = await connected({ server, token: await plane.token(), timing, name: 'old' });
  await old.log.heard('agent.connection.connected');
  // Certificates count in seconds, and the newer authority has to be the newer one.
  clock.step(5_000);
  await plane.authority.rotate('prepare', 'ada');
  await plane.authority.rotate('activate', 'ada', true);
  const active = plane.authority.roots().find((root) => root.active);
  assert.notEqual(active?.fingerprint, plane.pin);
  const shown = () => {
    let chain = '';
    plane.authority.serverTls(({ chainPem }) => {
      chain = chainPem;
    })();
    return chain.match(/BEGIN/g)?.length;
  };
  await until(() => shown() === 2, 'the server shows a certificate of the new authority and what leads to the former');
  await using fresh = await connected({ server, token: await plane.token(), timing, name: 'fresh' });
  await fresh.log.heard('agent.connection.connected');
  await plane.stopListening();
  await plane.listenAgain();
  await old.log.heard('agent.connection.connected', 2);
  await using newPin = await connected({
    server: { ...server, caFingerprint: active?.fingerprint },
    token: await plane.token(),
    timing,
    name: 'new',
  });
  await newPin.log.heard('agent.connection.connected');
});

test('a new UID that the server orders needs a certificate for it first', async () => {
  await using plane = await startControlPlane();
  let credentials = { keyPem: '', chainPem: '', bundlePem: '' };
  plane.authority.serverTls((given) => {
    credentials = given;
  })();
  await using other = await startScriptedServer({ tls: { key: credentials.keyPem, cert: credentials.chainPem } });
  const wanted = '0192cccc-0000-7000-8000-0123456789ab';
  const bytes = Buffer.from(wanted.replaceAll('-', ''), 'hex');
  await using agent = await connected({
    server: { enrolment: [plane.enrolUrl], caFingerprint: plane.pin, endpoints: [other.url] },
    token: await plane.token(),
    timing,
    heartbeatMs: 100,
  });
  await agent.log.heard('agent.connection.connected');
  const csrOf = (heard: Heard | undefined) => heard?.message.connectionSettingsRequest?.opamp?.certificateRequest?.csr;
  other.push({ agentIdentification: { newInstanceUid: bytes } });
  await until(() => other.heard.some((heard) => csrOf(heard) !== undefined), 'it asks for a certificate');
  const asking = other.heard.find((heard) => csrOf(heard) !== undefined);
  assert.equal(Buffer.compare(asking?.message.instanceUid ?? new Uint8Array(), bytes), 0, 'the message and the request name the new UID');
  const signed = await plane.authority.sign(Buffer.from(csrOf(asking) ?? []).toString(), wanted, {});
  assert.ok(signed.ok);
  const { chainPem, bundlePem } = signed.issued;
  other.push({
    connectionSettings: {
      hash: new Uint8Array([1]),
      opamp: {
        destinationEndpoint: other.url,
        heartbeatIntervalSeconds: 30n,
        certificate: { cert: Buffer.from(chainPem), caCert: Buffer.from(bundlePem) },
      },
    },
  });
  await agent.log.heard('agent.connection.offer-used');
  await until(() => agent.keeper.current()?.uid === wanted, 'it is another one');
  assert.equal(uidOf(agent.keeper.current()?.credentials?.chainPem ?? ''), wanted);
});
