import 'reflect-metadata';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { certificateRequest, newKey } from './csr.ts';

const uid = '0192aaaa-0000-7000-8000-0123456789ab';

test('openssl reads and verifies the request', async () => {
  const pem = certificateRequest(await newKey(), 'edge-1', uid);
  const { status, stdout, stderr } = spawnSync('openssl', ['req', '-verify', '-noout', '-text'], { input: pem, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /Subject: CN ?= ?edge-1/);
  assert.match(stdout, new RegExp(`URI:urn:uuid:${uid}`));
  assert.match(stdout, /ecdsa-with-SHA256/);
  assert.match(stdout, /NIST CURVE: P-256/);
});

test('the library of the server reads it, with the UID and without', async () => {
  for (const wanted of [uid, undefined]) {
    const request = new Pkcs10CertificateRequest(certificateRequest(await newKey(), 'edge-1', wanted));
    assert.equal(await request.verify(), true);
    const extension = request.getExtension('2.5.29.17');
    const names = extension === null ? [] : new SubjectAlternativeNameExtension(extension.rawData).names.toJSON();
    assert.deepEqual(names, wanted === undefined ? [] : [{ type: 'url', value: `urn:uuid:${wanted}` }]);
  }
});

test('names of every length give a request that verifies: the lengths of DER have three forms', async () => {
  const key = await newKey();
  for (const length of [0, 1, 63, 64, 127]) {
    const request = new Pkcs10CertificateRequest(certificateRequest(key, 'x'.repeat(length), uid));
    assert.equal(await request.verify(), true, `a name of ${length}`);
    assert.equal(request.subject, length === 0 ? '' : `CN=${'x'.repeat(Math.min(64, length))}`);
  }
});
