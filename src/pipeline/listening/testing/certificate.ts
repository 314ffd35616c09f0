/** Certificates for tests on loopback, made by openssl: an authority, one for localhost, one for a client, and one that nobody signed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificates extends Disposable {
  readonly folder: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly client: { readonly cert: Buffer; readonly key: Buffer };
  readonly stranger: { readonly cert: Buffer; readonly key: Buffer };
  readonly ca: Buffer;
}

export function certificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-tls-'));
  const at = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = (name: string) =>
    openssl('req', '-x509', '-days', '2', ...key, '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-subj', `/CN=${name}`);
  authority('ca');
  authority('stranger');
  writeFileSync(at('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  for (const name of ['localhost', 'client']) {
    openssl('req', ...key, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`);
    const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('names')];
    openssl('x509', '-req', '-in', at(`${name}.csr`), ...signed, '-out', at(`${name}.pem`));
  }
  const pair = (name: string) => ({ cert: readFileSync(at(`${name}.pem`)), key: readFileSync(at(`${name}.key`)) });
  return {
    folder,
    caFile: at('ca.pem'),
    certFile: at('localhost.pem'),
    keyFile: at('localhost.key'),
    client: pair('client'),
    stranger: pair('stranger'),
    ca: readFileSync(at('ca.pem')),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
