/** Enrols simulated agents as real ones do: a key and a request of their own, one token for all. */
import 'reflect-metadata';
import { Agent, request } from 'node:https';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import type { Identity } from './agent.ts';

export interface EnrolOptions {
  readonly enrolUrl: string;
  readonly bundlePem: string;
  readonly token: string;
  readonly count: number;
  readonly prefix: string;
  readonly onProgress: (done: number) => void;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const atOnce = 16;

export async function enrolAll(options: EnrolOptions): Promise<readonly Identity[]> {
  const agent = new Agent({ ca: options.bundlePem, keepAlive: true, maxSockets: atOnce });
  const identities: Identity[] = [];
  let next = 0;
  const worker = async () => {
    while (next < options.count) {
      const name = `${options.prefix}-${next}`;
      next += 1;
      identities.push(await enrolOne(options, name, agent));
      if (identities.length % 100 === 0) options.onProgress(identities.length);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  agent.destroy();
  return identities;
}

async function enrolOne({ enrolUrl, token }: EnrolOptions, name: string, agent: Agent): Promise<Identity> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const csr = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: algorithm });
  const body = JSON.stringify({ token, csr: csr.toString('pem'), name });
  for (;;) {
    const { status, text, retryAfterMs } = await post(new URL('/v1/enrol', enrolUrl), body, agent);
    if (status === 429 || status === 503) {
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs * (1 + Math.random())));
      continue;
    }
    if (status !== 200) throw new Error(`enrolment of ${name} was answered ${status}: ${text}`);
    const answer: { readonly uid: string; readonly certificateChain: string } = JSON.parse(text);
    const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
    const keyPem = `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
    return { uid: answer.uid, name, keyPem, chainPem: answer.certificateChain };
  }
}

function post(
  url: URL,
  body: string,
  agent: Agent,
): Promise<{ readonly status: number; readonly text: string; readonly retryAfterMs: number }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString(),
            retryAfterMs: Number(response.headers['retry-after'] ?? 1) * 1_000,
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
