/** Keys and requests as an agent makes them. Production code does not import it. */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { algorithm, exportPkcs8, generateKeys } from '../x509.ts';

export interface TestKey {
  readonly keyPem: string;
  /** A CSR of this key; `uid` goes into it as URI SAN. */
  csr(uid?: string): Promise<string>;
}

export async function testKey(): Promise<TestKey> {
  const keys = await generateKeys();
  const pkcs8 = Buffer.from(await exportPkcs8(keys.privateKey)).toString('base64');
  return {
    keyPem: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
    async csr(uid) {
      const extensions = uid === undefined ? [] : [new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `urn:uuid:${uid}` }])];
      const request = await x509.Pkcs10CertificateRequestGenerator.create({
        name: 'CN=agent',
        keys,
        signingAlgorithm: algorithm,
        extensions,
      });
      return request.toString('pem');
    },
  };
}
