import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enrolRequest, identity, parseFingerprint, parseToken, pending, renewRequest } from './enrolment.ts';

const hex = '0123456789abcdef'.repeat(4);
const csr = '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n';
const token = `flt_AbCd012345_${'s'.repeat(32)}`;

test('a fingerprint is read as we print it, as bare digits and as openssl prints it', () => {
  const colons = (hex.toUpperCase().match(/../g) ?? []).join(':');
  for (const text of [
    `sha256:${hex}`,
    hex,
    ` SHA256:${hex.toUpperCase()}\n`,
    `sha256 Fingerprint=${colons}`,
    `SHA256 Fingerprint=${colons}`,
    colons,
  ])
    assert.equal(parseFingerprint(text), `sha256:${hex}`, text);
  for (const text of ['', 'sha256:', `sha256:${hex}0`, `sha256:${hex.slice(1)}`, `sha1:${hex}`, `sha256:${hex.slice(1)}g`])
    assert.equal(parseFingerprint(text), undefined, text);
});

test('a token is taken apart, white space around it aside, and nothing else is one', () => {
  assert.deepEqual(parseToken(`\n${token} `), { id: 'AbCd012345', secret: 's'.repeat(32) });
  for (const text of ['', 'flt_', 'flt_abcd_short', `flt_a-b_${'s'.repeat(32)}`, `xyz_abcd_${'s'.repeat(32)}`, `${token}_x`])
    assert.equal(parseToken(text), undefined, text);
});

test('requests are bounded, and what is not in the table is an error', () => {
  const good = { token, csr, name: 'web-1.example.org', labels: { env: 'prod' }, replaceSecret: 'x'.repeat(16) };
  assert.deepEqual(enrolRequest.parse(good), good);
  assert.deepEqual(enrolRequest.parse({ token, csr }), { token, csr });
  const labels = Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`l${at}`, 'x']));
  const wrong = [
    { csr },
    { token },
    { ...good, csr: 'hello' },
    { ...good, csr: csr + ' '.repeat(20_000) },
    { ...good, name: '-x' },
    { ...good, name: 'a'.repeat(128) },
    { ...good, labels },
    { ...good, labels: { 'a b': 'c' } },
    { ...good, replaceSecret: 'x'.repeat(15) },
    { ...good, uid: 'x' },
  ];
  for (const value of wrong) assert.equal(enrolRequest.safeParse(value).success, false, JSON.stringify(value).slice(0, 200));
  assert.equal(renewRequest.safeParse({ csr, token }).success, false);
});

test('an answer of a newer server that says more is understood, and one that lacks something is not', () => {
  const answer = {
    uid: '0192F0C1-0000-7000-8000-000000000001',
    name: 'web-1',
    certificateChain: 'x',
    bundle: 'x',
    servers: ['wss://fairlead.example.org:8443/v1/opamp'],
    heartbeatIntervalMs: 30_000,
    notBeforeMs: 0,
    notAfterMs: 1,
    renewWindowMs: 0,
  };
  assert.deepEqual(identity.parse({ ...answer, more: 1 }), { ...answer, uid: answer.uid.toLowerCase() });
  assert.equal(identity.safeParse({ ...answer, uid: 'x' }).success, false);
  assert.equal(identity.safeParse({ ...answer, bundle: undefined }).success, false);
  assert.equal(pending.safeParse({ pendingId: 'x', keyFingerprint: 'y', retryAfterMs: 0 }).success, false);
});
