import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { manualClock } from '../../core/manual-clock.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Issued, OwnAuthority } from './authority.ts';
import { derOf, eventually, listeningLog, testAuthority } from './testing/authority.ts';
import { testKey } from './testing/csr.ts';

const uid = '0192f0c1-0000-7000-8000-000000000001';
const hour = 3_600_000;
const day = 24 * hour;

async function issue(authority: OwnAuthority, of = uid): Promise<Issued> {
  const result = await authority.sign(await (await testKey()).csr(), of, {});
  assert.ok(result.ok);
  return result.issued;
}

function reasonOf(authority: OwnAuthority, issued: Issued, graceMs = 0): string {
  const verified = authority.verify(derOf(issued.chainPem), { graceMs });
  return verified.ok ? 'ok' : verified.reason;
}

test('a signed certificate identifies its agent for 24 hours, a minute backdated, and for as long after that as grace is given', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  await using authority = await testAuthority(store, clock);
  const issued = await issue(authority);
  assert.deepEqual([issued.notBeforeMs - clock.now(), issued.notAfterMs - clock.now()], [-60_000, day]);
  const verified = authority.verify(derOf(issued.chainPem));
  assert.deepEqual(verified, { ok: true, uid, serial: issued.serial, notAfterMs: issued.notAfterMs });
  clock.step(day);
  assert.equal(reasonOf(authority, issued), 'ok');
  clock.step(3 * hour);
  const late = authority.verify(derOf(issued.chainPem));
  assert.equal(late.ok, false);
  assert.equal(
    late.sentence,
    `certificate ${issued.serial.slice(0, 8)}… of ${uid} expired at ${new Date(issued.notAfterMs).toISOString().replace('.000Z', 'Z')}, 3h ago`,
  );
  assert.equal(reasonOf(authority, issued, 7 * day), 'ok');
  clock.step(7 * day);
  assert.equal(reasonOf(authority, issued, 7 * day), 'expired');
  clock.step(-9 * day);
  const early = authority.verify(derOf(issued.chainPem));
  assert.equal(early.ok, false);
  assert.match(early.sentence, /is valid from .* on, in \d+h?.*: a clock is wrong/);
});

test('what is no certificate of an agent of ours is refused for its reason', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  await using elsewhere = await openSqliteStore({ path: ':memory:', clock });
  await using authority = await testAuthority(store, clock);
  await using other = await testAuthority(elsewhere, clock);
  const foreign = await issue(other);
  let own = '';
  authority.serverTls(({ chainPem }) => {
    own = chainPem;
  })();
  const cases: readonly (readonly [Uint8Array | undefined, string, RegExp])[] = [
    [undefined, 'missing', /no client certificate/],
    [Buffer.from('hello'), 'unknown-authority', /cannot be read/],
    [derOf(foreign.chainPem), 'unknown-authority', /signed by "CN=Fairlead CA [0-9a-f]+", which is no authority of this server/],
    [derOf(own), 'no-identity', /no UID for a client/],
    [derOf(authority.roots()[0]?.pem ?? ''), 'no-identity', /no UID for a client/],
  ];
  for (const [der, reason, sentence] of cases) {
    const verified = authority.verify(der);
    assert.equal(verified.ok, false);
    assert.equal(verified.reason, reason);
    assert.match(verified.sentence, sentence);
  }
});

test('a revocation counts at once, is told, outlives a restart, and reaches another server that shares the store', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  await using other = await testAuthority(store, clock);
  const told: string[] = [];
  const toldElsewhere: string[] = [];
  other.onRevoked((which, reason) => toldElsewhere.push(`${which} ${reason}`));
  let issued: Issued;
  {
    await using authority = await testAuthority(store, clock);
    issued = await issue(authority);
    authority.onRevoked((which, reason) => told.push(`${which} ${reason}`));
    assert.equal(reasonOf(other, issued), 'ok');
    await authority.revoke(uid, 'host was stolen');
    assert.equal(reasonOf(authority, issued), 'revoked');
    await authority.revoke(uid, 'again');
    const again = await authority.sign(await (await testKey()).csr(), uid, {});
    assert.deepEqual([again.ok, again.ok || again.reason], [false, 'wrong-identity']);
  }
  await eventually(() => toldElsewhere.length > 0);
  assert.deepEqual([told, toldElsewhere], [[`${uid} host was stolen`], [`${uid} host was stolen`]]);
  assert.equal(reasonOf(other, issued), 'revoked');
  await using restarted = await testAuthority(store, clock);
  assert.equal(reasonOf(restarted, issued), 'revoked');
  assert.equal(reasonOf(restarted, await issue(restarted, '0192f0c1-0000-7000-8000-000000000002')), 'ok');
});

test('a superseded certificate counts no more, and those that follow do', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  await using authority = await testAuthority(store, clock);
  const before = await issue(authority);
  const told: string[] = [];
  authority.onRevoked((which) => told.push(which));
  await authority.supersede(uid, 'created anew');
  const after = await issue(authority);
  assert.deepEqual([reasonOf(authority, before), reasonOf(authority, after)], ['superseded', 'ok']);
  await authority.supersede(uid, 'created anew');
  assert.equal(reasonOf(authority, after), 'superseded');
  assert.deepEqual(told, [uid, uid]);
});

test('what was decided about agents is forgotten when no certificate can depend on it, and not before, and not for agents that are known', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  const known = '0192f0c1-0000-7000-8000-000000000002';
  const settings = { serverCertificateLifetime: '3650d' };
  await using authority = await testAuthority(store, clock, settings, listeningLog(), (which) => which === known);
  await authority.revoke(uid, 'gone');
  await authority.revoke(known, 'stolen');
  clock.step(8 * day);
  clock.advance(60_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(authority.isRevoked(uid), true);
  clock.step(day);
  await eventually(() => {
    clock.advance(60_000);
    return !authority.isRevoked(uid);
  });
  assert.deepEqual(
    (await store.list('ca/revoked/')).entries.map(({ key }) => key),
    [`ca/revoked/${known}`],
  );
});

test('the same authority is there after a restart, and two servers that start at once share one', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  const both = await Promise.all([testAuthority(store, clock), testAuthority(store, clock)]);
  await using first = both[0];
  await using second = both[1];
  assert.equal(first.roots()[0]?.fingerprint, second.roots()[0]?.fingerprint);
  const [root] = first.roots();
  assert.equal(root?.fingerprint, `sha256:${new X509Certificate(root?.pem ?? '').fingerprint256.replaceAll(':', '').toLowerCase()}`);
  await using third = await testAuthority(store, clock);
  assert.equal(third.roots()[0]?.fingerprint, root?.fingerprint);
  assert.equal(reasonOf(third, await issue(first)), 'ok');
});

test('our own certificate is renewed at two thirds of its life, by the wall clock, and users get each new one', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  const log = listeningLog();
  await using authority = await testAuthority(store, clock, { serverNames: ['fairlead.example.org', '192.0.2.10', '2001:db8::1'] }, log);
  const serials: string[] = [];
  const stop = authority.serverTls(({ chainPem }) => serials.push(new X509Certificate(chainPem).serialNumber));
  const certificate = () => {
    let pem = '';
    authority.serverTls(({ chainPem }) => {
      pem = chainPem;
    })();
    return new X509Certificate(pem);
  };
  assert.equal(certificate().subjectAltName, 'DNS:fairlead.example.org, IP Address:192.0.2.10, IP Address:2001:DB8:0:0:0:0:0:1');
  clock.step(4 * day);
  clock.advance(60_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(serials.length, 1);
  clock.step(day);
  await eventually(() => {
    clock.advance(60_000);
    return serials.length === 2;
  });
  assert.notEqual(serials[0], serials[1]);
  stop();
});

test('an authority near its end is followed by a new one by itself, and whoever trusts either is served throughout', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  const log = listeningLog();
  await using authority = await testAuthority(store, clock, { rootLifetime: '100d', serverCertificateLifetime: '30d' }, log);
  // Two servers: whichever is faster takes a step, and each step is taken once.
  await using watching = await testAuthority(store, clock, { rootLifetime: '100d', serverCertificateLifetime: '30d' }, log);
  const first = authority.roots()[0]?.fingerprint;
  const old = await issue(authority);
  const states = () => authority.rotation().roots.map(({ state }) => state);
  const until = async (wanted: readonly string[]) => {
    await eventually(() => {
      clock.advance(60_000);
      return states().join() === wanted.join();
    });
  };
  assert.deepEqual(states(), ['active']);
  clock.step(80 * day);
  await until(['prepared', 'active']);
  const during = await issue(authority);
  assert.equal(new X509Certificate(during.chainPem).issuer, new X509Certificate(old.chainPem).issuer);
  assert.equal(during.bundlePem.match(/BEGIN CERTIFICATE/g)?.length, 2);
  assert.equal(authority.roots().find(({ active }) => active)?.fingerprint, first);
  clock.step(day);
  await until(['active', 'retiring']);
  const after = await issue(authority);
  const [leaf, cross] = (after.chainPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
  const [next, former] = authority.roots().map(({ pem }) => new X509Certificate(pem));
  assert.ok(leaf && cross && next && former);
  assert.ok(leaf.verify(next.publicKey) && leaf.checkIssued(cross) && cross.verify(former.publicKey) && cross.checkIssued(former));
  assert.deepEqual([reasonOf(authority, during, 7 * day), reasonOf(authority, after)], ['ok', 'ok']);
  await eventually(() => watching.roots().length === 2 && reasonOf(watching, after) === 'ok');
  clock.step(29 * day);
  clock.advance(60_000);
  assert.deepEqual(states(), ['active', 'retiring']);
  clock.step(day);
  await until(['active']);
  assert.notEqual(authority.roots()[0]?.fingerprint, first);
  assert.equal(reasonOf(authority, during, 1_000 * day), 'unknown-authority');
  assert.equal((await issue(authority)).chainPem.match(/BEGIN CERTIFICATE/g)?.length, 1);
  for (const event of ['ca.rotation-prepared', 'ca.rotation-activated', 'ca.root-retired']) assert.equal(log.count(event), 1, event);
});

test('by command each step is taken at once, in order, and what would cut agents off only by force', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  await using authority = await testAuthority(store, clock);
  assert.equal((await authority.rotate('activate', 'ada')).ok, false);
  assert.deepEqual(await authority.rotate('prepare', 'ada'), { ok: true });
  assert.deepEqual(await authority.rotate('activate', 'ada'), { ok: true });
  const refused = await authority.rotate('retire', 'ada');
  assert.equal(refused.ok, false);
  assert.match(refused.sentence, /until 2026-01-31T.*force it to cut them off/);
  assert.equal(authority.rotation().retireAtMs, clock.now() + 30 * day);
  assert.deepEqual(await authority.rotate('retire', 'ada', true), { ok: true });
  assert.equal(authority.roots().length, 1);
});

test('keys in the store can be sealed later, and are of no use without the key file then', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  const log = listeningLog();
  const first = await testAuthority(store, clock, {}, log);
  const fingerprint = first.roots()[0]?.fingerprint;
  await first[Symbol.asyncDispose]();
  assert.equal(log.count('ca.key-unsealed'), 1);
  const plain = JSON.parse((await store.get('ca/roots'))?.value ?? '').roots[0].key.pkcs8;
  const { mkdtemp, writeFile } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const keyEncryptionFile = `${await mkdtemp(`${tmpdir()}/fairlead-ca-`)}/key`;
  await writeFile(keyEncryptionFile, 'ab'.repeat(32));
  {
    await using sealed = await testAuthority(store, clock, { keyEncryptionFile });
    assert.equal(sealed.roots()[0]?.fingerprint, fingerprint);
  }
  assert.equal((await store.get('ca/roots'))?.value.includes(plain), false);
  {
    await using again = await testAuthority(store, clock, { keyEncryptionFile });
    assert.equal(reasonOf(again, await issue(again)), 'ok');
  }
  await assert.rejects(testAuthority(store, clock), /sealed, and ca.keyEncryptionFile is not set/);
});

test('a CSR is refused for its size, form, signature, key and identity, each with its reason', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  await using authority = await testAuthority(store, clock);
  const good = await (await testKey()).csr('0192F0C1-0000-7000-8000-00000000000A');
  const der = Buffer.from(good.replaceAll(/-----[^-]+-----/g, ''), 'base64');
  der[der.length - 3] = (der[der.length - 3] ?? 0) ^ 1;
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['', 'bad-request', /cannot be read as a PKCS#10/],
    ['-----BEGIN CERTIFICATE REQUEST-----\naGVsbG8=\n-----END CERTIFICATE REQUEST-----', 'bad-request', /cannot be read as a PKCS#10/],
    [`${good}${' '.repeat(20_000)}`, 'bad-request', /larger than 16384 bytes/],
    [forged, 'bad-request', /signature of the CSR does not fit/],
    [good, 'wrong-identity', /is for agent 0192f0c1-0000-7000-8000-00000000000a, and this is agent/],
  ];
  for (const [csr, reason, sentence] of cases) {
    const result = await authority.sign(csr, uid, {});
    assert.equal(result.ok, false);
    assert.equal(result.reason, reason, csr.slice(0, 60));
    assert.match(result.sentence, sentence);
  }
  assert.equal((await authority.sign(good, '0192f0c1-0000-7000-8000-00000000000a', {})).ok, true);
});

test('when too many wait to be signed, who comes next is told so, and those that wait get theirs', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  await using authority = await testAuthority(store, clock, { signingQueue: 2 });
  const csr = await (await testKey()).csr();
  const results = await Promise.all(Array.from({ length: 20 }, () => authority.sign(csr, uid, {})));
  const busy = results.filter((result) => !result.ok && result.reason === 'busy').length;
  assert.deepEqual([results.filter((result) => result.ok).length, busy], [6, 14]);
});

test('a store that breaks off its watch is asked again, and what was missed in between is learnt', async () => {
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  let breakOff = () => {};
  const failing = {
    ...store,
    get: store.get.bind(store),
    list: store.list.bind(store),
    commit: store.commit.bind(store),
    lease: store.lease.bind(store),
    [Symbol.asyncDispose]: async () => {},
    async *watch() {
      await new Promise<void>((resolve) => {
        breakOff = resolve;
      });
      yield [];
    },
  };
  const log = listeningLog();
  await using authority = await testAuthority(store, clock);
  await using behind = await testAuthority(failing, clock, {}, log);
  const issued = await issue(authority);
  await authority.revoke(uid, 'gone');
  assert.equal(reasonOf(behind, issued), 'ok');
  breakOff();
  await eventually(() => {
    clock.advance(30_000);
    return reasonOf(behind, issued) === 'revoked';
  });
  assert.ok(log.count('ca.watch-lost') > 0);
  breakOff();
});
