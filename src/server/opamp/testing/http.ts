/** One HTTPS request as bytes, for tests. Production code does not import it. */
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { create, toBinary } from '@bufbuild/protobuf';
import { uuidBytes } from '../../../core/uuid.ts';
import { AgentToServerSchema } from '../../../protocol/opamp.ts';
import { allCapabilities, type Say, tlsOf } from './agent.ts';
import type { TestIdentity } from './server.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Post {
  readonly port: number;
  readonly identity?: TestIdentity | undefined;
  readonly ca?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export function post({ port, identity, ca, method = 'POST', path = '/v1/opamp', headers = {}, body }: Post): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const credentials = identity === undefined ? { ca } : tlsOf(identity);
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        agent: false,
        ...credentials,
        headers: { 'content-type': 'application/x-protobuf', ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

export function messageOf(uid: string, sequence: number, say: Say = {}): Uint8Array {
  const instanceUid = uuidBytes(uid) ?? new Uint8Array(16);
  return toBinary(
    AgentToServerSchema,
    create(AgentToServerSchema, { instanceUid, sequenceNum: BigInt(sequence), capabilities: allCapabilities, ...say }),
  );
}

export const refusalIn = ({ body }: Reply): { readonly code: string; readonly sentence: string } => JSON.parse(body.toString());
