import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import type { Identity } from '../../protocol/enrolment.ts';
import { derOf } from '../ca/testing/authority.ts';
import { testKey } from '../ca/testing/csr.ts';
import type { Outcome } from './outcome.ts';
import { renew } from './renew.ts';
import { openDesk } from './testing/desk.ts';

const hour = 3_600_000;
const newCsr = async () => (await testKey()).csr();

function identityOf(outcome: Outcome): Identity {
  assert.ok('identity' in outcome, JSON.stringify(outcome));
  return outcome.identity;
}

function codeOf(outcome: Outcome): string {
  return outcome.kind === 'refused' ? outcome.code : outcome.kind;
}

test('a token gives an identity: UID in the certificate, name, labels, servers and authorities', async () => {
  await using desk = await openDesk();
  const token = await desk.token({ labels: { env: 'prod' }, ephemeral: true });
  const outcome = await desk.enrol({ token, csr: await newCsr(), name: 'web-1', labels: { env: 'mine', role: 'web' } });
  const identity = identityOf(outcome);
  const certificate = new X509Certificate(identity.certificateChain);
  assert.equal(certificate.subjectAltName, `URI:urn:uuid:${identity.uid}`);
  assert.equal(identity.uid[14], '7');
  assert.deepEqual(
    [identity.name, identity.servers, identity.heartbeatIntervalMs],
    ['web-1', ['wss://fairlead.example.org:8443/v1/opamp'], 30_000],
  );
  assert.equal(identity.bundle, desk.authority.roots()[0]?.pem);
  const record = desk.fleet.get(identity.uid)?.record;
  assert.deepEqual([record?.labels, record?.ephemeral, record?.tokenId], [{ env: 'prod', role: 'web' }, true, token.split('_')[1]]);
});

test('a token that is wrong, over or used up lets nobody in, says which, and never whether its id exists', async () => {
  await using desk = await openDesk();
  const csr = await newCsr();
  const one = await desk.token();
  const stranger = await desk.token();
  const swapped = `flt_${one.split('_')[1]}_${stranger.split('_')[2]}`;
  assert.equal(codeOf(await desk.enrol({ token: 'hunter2', csr })), 'token-malformed');
  const unknown = await desk.enrol({ token: `flt_nobody_${'x'.repeat(32)}`, csr });
  assert.deepEqual(await desk.enrol({ token: swapped, csr }), unknown);
  assert.equal(codeOf(unknown), 'token-unknown');
  assert.equal(codeOf(await desk.enrol({ token: one, csr })), 'issued');
  assert.equal(codeOf(await desk.enrol({ token: one, csr: await newCsr() })), 'token-used-up');
  const revoked = await desk.token();
  assert.equal(await desk.enrolments.tokens.revoke(revoked.split('_')[1] ?? '', 'ada'), true);
  assert.equal(codeOf(await desk.enrol({ token: revoked, csr })), 'token-revoked');
  desk.clock.step(hour);
  assert.equal(codeOf(await desk.enrol({ token: stranger, csr })), 'token-expired');
  assert.equal(desk.fleet.size, 1);
});

test('who asks again with the same key gets the same identity, and no second use is taken', async () => {
  await using desk = await openDesk();
  const token = await desk.token({ uses: 2 });
  const key = await testKey();
  const first = identityOf(await desk.enrol({ token, csr: await key.csr(), name: 'web-1' }));
  const again = await desk.enrol({ token, csr: await key.csr(), name: 'web-1' });
  assert.equal(again.kind, 'repeated');
  assert.deepEqual([identityOf(again).uid, identityOf(again).name], [first.uid, 'web-1']);
  const same = await key.csr();
  const both = await Promise.all(Array.from({ length: 5 }, () => desk.enrol({ token, csr: same })));
  assert.deepEqual(new Set(both.map((outcome) => identityOf(outcome).uid)), new Set([first.uid]));
  assert.equal((await desk.enrolments.tokens.list())[0]?.usesLeft, 1);
  assert.equal(desk.fleet.size, 1);
});

test('an agent that was removed or revoked does not come back by repeating its request', async () => {
  await using desk = await openDesk();
  const token = await desk.token();
  const csr = await newCsr();
  const { uid } = identityOf(await desk.enrol({ token, csr }));
  await desk.authority.revoke(uid, 'stolen');
  assert.equal(codeOf(await desk.enrol({ token, csr })), 'token-used-up');
  const two = await desk.token({ uses: 2 });
  const other = identityOf(await desk.enrol({ token: two, csr }));
  await desk.fleet.remove(other.uid, 'by ada');
  const third = identityOf(await desk.enrol({ token: two, csr }));
  assert.notEqual(third.uid, other.uid);
});

test('an enrolment that fails takes no use of its token', async () => {
  let failing = false;
  await using desk = await openDesk({
    wrap: (store) => ({
      ...store,
      get: (key) => store.get(key),
      list: (prefix, options) => store.list(prefix, options),
      watch: (prefix, after, signal) => store.watch(prefix, after, signal),
      lease: (ttlMs) => store.lease(ttlMs),
      commit: (commit) => (failing ? Promise.reject(new Error('the disk is full')) : store.commit(commit)),
      [Symbol.asyncDispose]: async () => {},
    }),
  });
  const token = await desk.token();
  const csr = await newCsr();
  failing = true;
  await assert.rejects(desk.enrol({ token, csr }), /disk is full/);
  failing = false;
  assert.equal(codeOf(await desk.enrol({ token, csr: 'nonsense' })), 'bad-csr');
  assert.equal(
    codeOf(await desk.enrol({ token, csr: await (await testKey()).csr('0192f0c1-0000-7000-8000-000000000001') })),
    'wrong-identity',
  );
  assert.deepEqual([(await desk.enrolments.tokens.list())[0]?.usesLeft, desk.fleet.size], [1, 0]);
  assert.equal(codeOf(await desk.enrol({ token, csr })), 'issued');
});

test('a re-created container that proves its secret keeps its UID, takes no use, and ends the certificates of the old one', async () => {
  await using desk = await openDesk();
  const token = await desk.token();
  const replaceSecret = 'mounted-into-the-container';
  const before = identityOf(await desk.enrol({ token, csr: await newCsr(), name: 'web-1', replaceSecret }));
  const told: string[] = [];
  desk.authority.onRevoked((uid) => told.push(uid));
  const outcome = await desk.enrol({ token, csr: await newCsr(), name: 'web-1', replaceSecret });
  assert.equal(outcome.kind, 'replaced');
  const after = identityOf(outcome);
  assert.deepEqual([after.uid, after.name, desk.fleet.size], [before.uid, 'web-1', 1]);
  const old = desk.authority.verify(derOf(before.certificateChain));
  assert.equal(old.ok || old.reason, 'superseded');
  assert.equal(desk.authority.verify(derOf(after.certificateChain)).ok, true);
  assert.deepEqual(told, [before.uid]);
  // And once more: the proof was kept.
  assert.equal((await desk.enrol({ token, csr: await newCsr(), name: 'web-1', replaceSecret })).kind, 'replaced');
});

test('without the right secret a namesake becomes another agent, and the log says so', async () => {
  await using desk = await openDesk();
  const token = await desk.token({ uses: 9 });
  const enrolAs = async (name: string, replaceSecret?: string) =>
    identityOf(await desk.enrol({ token, csr: await newCsr(), name, ...(replaceSecret === undefined ? {} : { replaceSecret }) }));
  const first = await enrolAs('web-1', 'the-secret-of-the-first');
  const second = await enrolAs('web-1', 'the-secret-of-another');
  const third = await enrolAs('web-1');
  assert.deepEqual([second.name, third.name, desk.fleet.size], ['web-1-2', 'web-1-3', 3]);
  assert.equal(desk.log.said.find(({ name }) => name === 'enrolment.replace-refused')?.fields.why, 'another secret');
  // The second one asked for web-1 and got web-1-2: created anew it asks for web-1 again.
  assert.equal((await enrolAs('web-1', 'the-secret-of-another')).uid, second.uid);
  await desk.authority.revoke(first.uid, 'stolen');
  assert.notEqual((await enrolAs('web-1', 'the-secret-of-the-first')).uid, first.uid);
  assert.doesNotMatch(JSON.stringify(desk.log.said), /the-secret/);
});

test('with approval, an agent waits until an operator lets it in, and its token may end meanwhile', async () => {
  await using desk = await openDesk();
  const token = await desk.token({ approval: 'manual' });
  const key = await testKey();
  const ask = async () => desk.enrol({ token, csr: await key.csr(), name: 'web-1' });
  const first = await ask();
  assert.ok(first.kind === 'pending');
  assert.deepEqual(await ask(), first);
  const [waiting, ...others] = await desk.enrolments.pending.list();
  assert.deepEqual(
    [waiting?.name, waiting?.remote, waiting?.keyFingerprint, others],
    ['web-1', '192.0.2.7', first.pending.keyFingerprint, []],
  );
  assert.deepEqual([desk.fleet.size, (await desk.enrolments.tokens.list())[0]?.usesLeft], [0, 1]);
  assert.deepEqual(await desk.enrolments.pending.approve(waiting?.id ?? '', 'ada'), { ok: true });
  assert.equal((await desk.enrolments.pending.approve(waiting?.id ?? '', 'bob')).ok, false);
  desk.clock.step(2 * hour);
  assert.equal(codeOf(await desk.enrol({ token, csr: await newCsr() })), 'token-expired');
  assert.equal((await ask()).kind, 'issued');
  assert.deepEqual(await desk.enrolments.pending.list(), []);
  assert.equal((await desk.store.list('enrolment/pending/')).entries.length, 0);
});

test('a denied request stays denied for a day, and one that nobody decides is forgotten', async () => {
  await using desk = await openDesk({ settings: { pendingLimit: 1 } });
  const token = await desk.token({ approval: 'manual', lifetimeMs: 100 * hour, uses: 5 });
  const key = await testKey();
  const ask = async () => desk.enrol({ token, csr: await key.csr() });
  const first = await ask();
  assert.ok(first.kind === 'pending');
  assert.equal(codeOf(await desk.enrol({ token, csr: await newCsr() })), 'too-many-pending');
  assert.equal((await desk.enrolments.pending.deny(first.pending.pendingId, 'ada', 'not ours')).ok, true);
  const denied = await ask();
  assert.equal(denied.kind === 'refused' && denied.message, 'an operator denied this: not ours');
  desk.clock.step(24 * hour);
  assert.equal((await ask()).kind, 'pending');
  desk.clock.step(24 * hour);
  assert.equal((await desk.enrolments.pending.approve(first.pending.pendingId, 'ada')).ok, false);
});

test('a certificate is renewed while it is valid and within the window after it, and then only a token helps', async () => {
  await using desk = await openDesk();
  const identity = identityOf(await desk.enrol({ token: await desk.token(), csr: await newCsr(), name: 'web-1' }));
  const der = derOf(identity.certificateChain);
  const ask = async (peer: Uint8Array | undefined = der) => renew(desk.parts, { csr: await newCsr() }, peer, '192.0.2.7');
  const renewed = identityOf(await ask());
  assert.deepEqual([renewed.uid, renewed.name], [identity.uid, 'web-1']);
  // The older one still counts: it is dropped when the newer one is seen to work.
  assert.equal(desk.authority.verify(der).ok, true);
  desk.clock.step(24 * hour + 7 * 24 * hour - 1_000);
  assert.equal((await ask()).kind, 'issued');
  desk.clock.step(2_000);
  const late = await ask();
  assert.ok(late.kind === 'refused' && late.code === 'token-needed');
  assert.match(late.message, /expired at .*, 7d1s ago; it could be renewed for 7d after that$/);
  assert.match(late.hint ?? '', /new token/);
  desk.clock.step(-9 * 24 * hour);
  assert.equal(codeOf(await ask()), 'certificate-refused');
  assert.equal(codeOf(await ask(Buffer.from('x'))), 'certificate-refused');
  assert.equal(codeOf(await renew(desk.parts, { csr: await newCsr() }, undefined, '192.0.2.7')), 'certificate-missing');
});

test('a revoked, replaced or forgotten agent cannot renew', async () => {
  await using desk = await openDesk();
  const token = await desk.token({ uses: 3 });
  const enrolled = async () => identityOf(await desk.enrol({ token, csr: await newCsr() }));
  const ask = async ({ certificateChain }: Identity) =>
    codeOf(await renew(desk.parts, { csr: await newCsr() }, derOf(certificateChain), 'x'));
  const [revoked, replaced, forgotten] = [await enrolled(), await enrolled(), await enrolled()];
  await desk.authority.revoke(revoked.uid, 'stolen');
  await desk.authority.supersede(replaced.uid, 'created anew');
  await desk.fleet.remove(forgotten.uid, 'by ada');
  assert.deepEqual([await ask(revoked), await ask(replaced), await ask(forgotten)], ['token-needed', 'token-needed', 'token-needed']);
});

test('what nobody will ask for again is swept away, and the rest stays', async () => {
  const { sweep } = await import('./sweep.ts');
  await using desk = await openDesk();
  const short = await desk.token({ lifetimeMs: hour });
  const long = await desk.token({ lifetimeMs: 1_000 * hour, uses: 3 });
  const manual = await desk.token({ approval: 'manual' });
  await desk.enrol({ token: short, csr: await newCsr() });
  const stays = await newCsr();
  await desk.enrol({ token: long, csr: stays });
  const gone = identityOf(await desk.enrol({ token: long, csr: await newCsr() }));
  await desk.enrol({ token: manual, csr: await newCsr() });
  await desk.fleet.remove(gone.uid, 'by ada');
  const count = async (prefix: string) => (await desk.store.list(`enrolment/${prefix}/`)).entries.length;
  const counts = async () => [await count('tokens'), await count('claims'), await count('pending')];
  await sweep(desk.parts);
  assert.deepEqual(await counts(), [3, 3, 1]);
  desk.clock.step(25 * hour);
  await sweep(desk.parts);
  assert.deepEqual(await counts(), [3, 1, 0]);
  assert.equal((await desk.enrol({ token: long, csr: stays })).kind, 'repeated');
  desk.clock.step(30 * 24 * hour);
  await sweep(desk.parts);
  assert.deepEqual(await counts(), [1, 1, 0]);
});
