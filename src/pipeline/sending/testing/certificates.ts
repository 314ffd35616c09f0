/** An authority and certificates of it, made with openssl in a folder that ends with its scope. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificates extends Disposable {
  readonly folder: string;
  readonly caFile: string;
  /** Signed by the authority, for these names (`DNS:x`, `IP:127.0.0.1`). */
  issue(name: string, alternatives: string): { readonly certFile: string; readonly keyFile: string };
}

export function certificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-tls-'));
  const at = (name: string) => join(folder, name);
  const key = (file: string) => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file];
  openssl('req', '-x509', '-days', '2', ...key(at('ca.key')), '-out', at('ca.pem'), '-subj', '/CN=test authority');
  return {
    folder,
    caFile: at('ca.pem'),
    issue(name, alternatives) {
      const [request, extensions] = [at(`${name}.csr`), at(`${name}.ext`)];
      const [certFile, keyFile] = [at(`${name}.pem`), at(`${name}.key`)];
      openssl('req', ...key(keyFile), '-out', request, '-subj', `/CN=${name}`);
      writeFileSync(extensions, `subjectAltName=${alternatives}\n`);
      const authority = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial'];
      openssl('x509', '-req', '-days', '2', ...authority, '-in', request, '-extfile', extensions, '-out', certFile);
      return { certFile, keyFile };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
}
