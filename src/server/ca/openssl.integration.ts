/** OpenSSL, which nobody here wrote, makes requests and judges what we sign. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { manualClock } from '../../core/manual-clock.ts';
import { openDesk } from '../enrolment/testing/desk.ts';
import { listen } from '../enrolment/testing/listener.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { testAuthority } from './testing/authority.ts';

const skip = spawnSync('openssl', ['version']).error === undefined ? false : 'openssl is not installed';
const uid = '0192f0c1-0000-7000-8000-000000000001';

interface Bench extends AsyncDisposable {
  readonly folder: string;
  openssl(...args: readonly string[]): { readonly ok: boolean; readonly text: string };
  write(name: string, text: string): Promise<void>;
}

async function bench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-openssl-'));
  return {
    folder,
    openssl(...args) {
      const { status, stdout, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
      return { ok: status === 0, text: stdout + stderr };
    },
    write: (name, text) => writeFile(join(folder, name), text),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const pems = (text: string): readonly string[] => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];

test('requests of every usual kind are signed and their certificates verify; weak and odd keys are refused', { skip }, async () => {
  const clock = manualClock(Date.now());
  await using desk = await bench();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  await using authority = await testAuthority(store, clock);
  await desk.write('root.pem', authority.roots()[0]?.pem ?? '');
  const curve = (name: string) => ['ec', '-pkeyopt', `ec_paramgen_curve:${name}`];
  const cases: readonly (readonly [readonly string[], string])[] = [
    [curve('P-256'), 'ok'],
    [curve('P-384'), 'ok'],
    [curve('P-521'), 'ok'],
    [['rsa:2048'], 'ok'],
    [['rsa:3072', '-sha512'], 'ok'],
    [['ed25519'], 'ok'],
    [[...curve('P-256'), '-addext', `subjectAltName=URI:urn:uuid:${uid}`], 'ok'],
    [[...curve('P-256'), '-addext', 'subjectAltName=DNS:evil.example.org,IP:192.0.2.1'], 'ok'],
    [[...curve('P-256'), '-addext', 'subjectAltName=URI:urn:uuid:0192f0c1-0000-7000-8000-00000000ffff'], 'wrong-identity'],
    [['rsa:1024'], 'weak-key'],
    [['rsa:2048', '-pkeyopt', 'rsa_keygen_pubexp:3'], 'weak-key'],
    [curve('secp256k1'), 'weak-key'],
    [[...curve('P-256'), '-pkeyopt', 'ec_param_enc:explicit'], 'bad-request'],
    [['ed448'], 'weak-key'],
  ];
  for (const [kind, expected] of cases) {
    const [algorithm = '', ...options] = kind;
    const made = desk.openssl(
      'req',
      '-new',
      '-newkey',
      algorithm,
      ...options,
      '-nodes',
      '-keyout',
      'key.pem',
      '-subj',
      '/CN=web-1/O=x',
      '-out',
      'csr.pem',
    );
    assert.ok(made.ok, made.text);
    const result = await authority.sign(desk.openssl('req', '-in', 'csr.pem').text, uid, {});
    assert.equal(result.ok ? 'ok' : result.reason, expected, kind.join(' '));
    if (!result.ok) continue;
    await desk.write('leaf.pem', result.issued.chainPem);
    const verify = (purpose: string) => desk.openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', 'root.pem', 'leaf.pem').ok;
    assert.deepEqual([verify('sslclient'), verify('sslserver')], [true, false], kind.join(' '));
    const text = desk.openssl('x509', '-in', 'leaf.pem', '-noout', '-subject', '-ext', 'subjectAltName').text;
    assert.match(text, new RegExp(`CN ?= ?${uid}`));
    assert.deepEqual(text.match(/(?:URI|DNS|IP Address):\S+/g), [`URI:urn:uuid:${uid}`]);
  }
});

test('chains of both kinds verify against the old and the new authority during a rotation, and not for the other purpose', {
  skip,
}, async () => {
  const clock = manualClock(Date.now());
  await using desk = await bench();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  await using authority = await testAuthority(store, clock);
  const key = desk.openssl('req', '-new', '-newkey', 'ed25519', '-nodes', '-keyout', 'key.pem', '-subj', '/CN=x', '-out', 'csr.pem');
  assert.ok(key.ok, key.text);
  const csr = desk.openssl('req', '-in', 'csr.pem').text;
  const oldRoot = authority.roots()[0]?.pem ?? '';
  await authority.rotate('prepare', 'ada');
  const served: string[] = [];
  const renewed = new Promise<void>((resolve) => {
    authority.serverTls(({ chainPem }) => {
      served.push(chainPem);
      if (pems(chainPem).length === 2) resolve();
    });
  });
  await authority.rotate('activate', 'ada');
  await renewed;
  const client = await authority.sign(csr, uid, {});
  assert.ok(client.ok);
  await desk.write('old.pem', oldRoot);
  await desk.write('new.pem', authority.roots().find(({ active }) => active)?.pem ?? '');
  await desk.write('client.pem', client.issued.chainPem);
  await desk.write('server.pem', served.at(-1) ?? '');
  for (const root of ['old.pem', 'new.pem']) {
    for (const [file, purpose, expected] of [
      ['client.pem', 'sslclient', true],
      ['server.pem', 'sslserver', true],
      ['client.pem', 'sslserver', false],
      ['server.pem', 'sslclient', false],
    ] as const) {
      const { ok, text } = desk.openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', root, '-untrusted', file, file);
      assert.equal(ok, expected, `${file} ${purpose} ${root}: ${text}`);
    }
  }
});

test('openssl s_client verifies our listener with either root during a rotation, in TLS 1.2 and 1.3', { skip }, async () => {
  await using desk = await bench();
  await using enrolment = await openDesk({ clock: manualClock(Date.now()), ca: { serverNames: ['fairlead.example.org'] } });
  const { authority } = enrolment;
  await desk.write('old.pem', authority.roots()[0]?.pem ?? '');
  const renewed = new Promise<void>((resolve) => {
    authority.serverTls(({ chainPem }) => {
      if (pems(chainPem).length === 2) resolve();
    });
  });
  await authority.rotate('prepare', 'ada');
  await authority.rotate('activate', 'ada');
  await renewed;
  await desk.write('new.pem', authority.roots().find(({ active }) => active)?.pem ?? '');
  await using listener = await listen(enrolment);
  // Not spawnSync: the listener is in this process.
  const connect = async (root: string, name: string, version: string) => {
    const check = ['-CAfile', root, '-verify_return_error', '-verify_hostname', name];
    const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${listener.port}`, ...check, version], {
      cwd: desk.folder,
      stdio: 'ignore',
    });
    const [status] = await once(child, 'exit');
    return status === 0;
  };
  for (const version of ['-tls1_2', '-tls1_3']) {
    for (const root of ['old.pem', 'new.pem'])
      assert.equal(await connect(root, 'fairlead.example.org', version), true, `${root} ${version}`);
    assert.equal(await connect('new.pem', 'other.example.org', version), false);
  }
  assert.equal(await connect('old.pem', 'fairlead.example.org', '-tls1_1'), false);
});
