/**
 * TLS and SASL of the Kafka sink. The mock brokers have neither, so a relay that ends TLS and logs clients in stands in front of them: its side of SCRAM is written from RFC 5802,
 * apart from the sink's; certificates are made by openssl.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { must } from '../command.ts';
import { openFeed } from '../kafka/feed.ts';
import { startFront } from '../kafka/front.ts';
import { missingKcat, readBack } from '../kafka/kcat.ts';
import { missingForMock, startMock } from '../kafka/mock.ts';

const skip = missingForMock() ?? missingKcat() ?? false;

interface Certificates extends Disposable {
  readonly dir: string;
  path(name: string): string;
  read(name: string): Buffer;
}

/** ca.pem, broker.pem for "localhost" and 127.0.0.1, client.pem, and a stranger's ca. */
async function makeCertificates(): Promise<Certificates> {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-kafka-'));
  const path = (name: string) => join(dir, name);
  const openssl = (...args: string[]) => must('/usr/bin/openssl', args, { cwd: dir });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  for (const ca of ['ca', 'stranger'])
    await openssl('req', '-x509', ...curve, '-keyout', `${ca}.key`, '-out', `${ca}.pem`, '-subj', `/CN=${ca}`, '-days', '2');
  for (const [name, san] of [
    ['broker', 'DNS:kafka.example.org,IP:127.0.0.1'],
    ['client', 'DNS:client.example.org'],
  ]) {
    writeFileSync(path(`${name}.ext`), `subjectAltName=${san}\n`);
    await openssl('req', ...curve, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const sign = ['-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${name}.ext`];
    await openssl('x509', ...sign, '-out', `${name}.pem`, '-days', '2');
  }
  return { dir, path, read: (name) => readFileSync(path(name)), [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

test('security', { skip, concurrency: 4 }, async (t) => {
  using certificates = await makeCertificates();
  const { path, read } = certificates;
  const tls = { cert: read('broker.pem'), key: read('broker.key') };
  const mutual = { ...tls, ca: read('ca.pem'), requestCert: true, rejectUnauthorized: true };
  writeFileSync(path('password'), 'pencil,=ü\n');
  writeFileSync(path('wrong'), 'pen');
  const account = { username: 'user,=1', password: 'pencil,=ü' };
  const caFile = path('ca.pem');
  const [certFile, keyFile] = [path('client.pem'), path('client.key')];

  const delivers = async (front: Parameters<typeof startFront>[1], settings: Readonly<Record<string, unknown>>) => {
    await using mock = await startMock(2);
    await using door = await startFront(mock, front);
    await using feed = await openFeed({ brokers: door.bootstrap.split(','), topic: 'secure', ...settings });
    await feed.push(['a', 'b']);
    await feed.delivered();
    assert.deepEqual((await readBack(mock.bootstrap, 'secure')).map(({ value }) => value).sort(), ['a', 'b']);
  };
  const fails = async (front: Parameters<typeof startFront>[1], settings: Readonly<Record<string, unknown>>, problem: RegExp) => {
    await using mock = await startMock(1);
    await using door = await startFront(mock, front);
    await using feed = await openFeed({
      brokers: door.bootstrap.split(','),
      topic: 'secure',
      requestTimeout: '3s',
      connectTimeout: '3s',
      ...settings,
    });
    await feed.push(['a']);
    await feed.until(`the problem is ${problem}`, () => problem.test(feed.sink.problem() ?? ''), 20_000);
    assert.equal(feed.settled.delivered, 0);
  };

  const cases = [
    t.test('TLS', () => delivers({ tls }, { tls: { caFile } })),
    t.test('TLS with the name that the certificate has', () => delivers({ tls }, { tls: { caFile, serverName: 'kafka.example.org' } })),
    t.test('mutual TLS', () => delivers({ tls: mutual }, { tls: { caFile, certFile, keyFile } })),
    t.test('a certificate of a stranger', () =>
      fails({ tls }, { tls: { caFile: path('stranger.pem') } }, /not signed by an authority that is trusted/),
    ),
    t.test('a certificate for another name', () =>
      fails({ tls }, { tls: { caFile, serverName: 'other.example.org' } }, /is for another name/),
    ),
    t.test('a broker that wants a client certificate', () =>
      fails({ tls: mutual }, { tls: { caFile } }, /wants to see a client certificate/),
    ),
    t.test('TLS to a port that speaks none', () => fails({}, { tls: { caFile } }, /TLS/)),
    t.test('no TLS to a port that speaks it', () => fails({ tls }, {}, /closed the connection|does not speak|broke/)),
    t.test('a file that is not there', () => fails({ tls }, { tls: { caFile: path('nowhere') } }, /nowhere cannot be read: ENOENT/)),
    ...(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const).map((mechanism) =>
      t.test(`${mechanism} over TLS`, () =>
        delivers(
          { tls, sasl: { ...account, mechanism } },
          { tls: { caFile }, sasl: { mechanism, username: account.username, passwordFile: path('password') } },
        ),
      ),
    ),
    ...(['PLAIN', 'SCRAM-SHA-256'] as const).map((mechanism) =>
      t.test(`${mechanism} with a wrong password`, () =>
        fails(
          { sasl: { ...account, mechanism } },
          { sasl: { mechanism, username: account.username, passwordFile: path('wrong') } },
          /refuses the login: Authentication failed: who are you\?/,
        ),
      ),
    ),
    t.test('a broker that does not know the password itself', () =>
      fails(
        { sasl: { ...account, mechanism: 'SCRAM-SHA-512', impostor: true } },
        { sasl: { mechanism: 'SCRAM-SHA-512', username: account.username, passwordFile: path('password') } },
        /may not be the one it pretends to be/,
      ),
    ),
    t.test('a mechanism that the broker does not have', () =>
      fails(
        { sasl: { ...account, mechanism: 'PLAIN' } },
        { sasl: { mechanism: 'SCRAM-SHA-256', username: account.username, passwordFile: path('password') } },
        /does not take SCRAM-SHA-256 .* it takes PLAIN/,
      ),
    ),
    t.test('a session that the broker ends after a while is renewed before', async () => {
      await using mock = await startMock(1);
      await using front = await startFront(mock, { sasl: { ...account, mechanism: 'PLAIN', lifetimeMs: 500 } });
      const sasl = { mechanism: 'PLAIN', username: account.username, passwordFile: path('password') };
      await using feed = await openFeed({ brokers: [front.bootstrap], topic: 'secure', sasl });
      await feed.push(['a']);
      await feed.until('it was renewed three times', () => front.accepted() > 4);
      await feed.push(['b']);
      await feed.delivered();
      assert.equal(feed.context.counters.retries, 0);
    }),
  ];
  await Promise.all(cases);
});
