/** Reads the body of a request within bounds: its own size, that of all requests together, and what decompression may make of it. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { constants, gunzip, inflate, zstdDecompress } from 'node:zlib';
import type { ByteBudget } from './byte-budget.ts';
import { Turns } from './byte-budget.ts';

/** Why a request is not taken, as HTTP says it. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly retryAfterS?: number;
}

export type Body =
  /** `charged` is to be given back to the budget when the bytes are safe. */
  { readonly ok: true; readonly bytes: Buffer; readonly charged: number } | { readonly ok: false; readonly refusal: Refusal | undefined };

export interface BodyLimits {
  readonly maxBody: number;
  readonly budget: ByteBudget;
}

const full: Refusal = { status: 503, reason: 'too much is waiting to become safe', retryAfterS: 1 };

/** A window of zstd costs memory while it is decompressed: 8 MiB is what RFC 8878 §3.1.1.1.2 asks of every decoder. */
const zstdWindowLog = 23;
const decompressors: Readonly<Record<string, (bytes: Buffer, maxOutputLength: number) => Promise<Buffer>>> = {
  gzip: (bytes, maxOutputLength) => promisify(gunzip)(bytes, { maxOutputLength, chunkSize: 1 << 16 }),
  deflate: (bytes, maxOutputLength) => promisify(inflate)(bytes, { maxOutputLength, chunkSize: 1 << 16 }),
  zstd: (bytes, maxOutputLength) =>
    promisify(zstdDecompress)(bytes, { maxOutputLength, chunkSize: 1 << 16, params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } }),
};

/** One-shot, bounded: rejects with ERR_BUFFER_TOO_LARGE when more comes out. Undefined: the encoding is not known. */
export function decompressed(encoding: string, bytes: Buffer, maxBytes: number): Promise<Buffer> | undefined {
  return Object.hasOwn(decompressors, encoding) ? decompressors[encoding]?.(bytes, maxBytes) : undefined;
}

/** What decompresses holds memory that no budget counts: few at a time. */
const decompressing = new Turns(2);

/** `refusal: undefined`: the client went away. */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Body> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase().replace('x-gzip', 'gzip');
  if (encoding !== 'identity' && !Object.hasOwn(decompressors, encoding))
    return refuse(415, `content-encoding ${encoding} is not known; use gzip, deflate or zstd`);
  if (Number(request.headers['content-length'] ?? 0) > limits.maxBody) return tooLarge(limits.maxBody);
  const received = await receive(request, limits);
  if (!received.ok || encoding === 'identity') return received;
  return decompress(received.bytes, received.charged, encoding, limits);
}

function refuse(status: number, reason: string): Body {
  return { ok: false, refusal: { status, reason } };
}

const tooLarge = (maxBody: number): Body => refuse(413, `larger than ${maxBody} bytes`);

function receive(request: IncomingMessage, { maxBody, budget }: BodyLimits): Promise<Body> {
  const { promise, resolve } = Promise.withResolvers<Body>();
  const chunks: Buffer[] = [];
  let size = 0;
  const give = (body: Body) => {
    request.off('data', take).off('end', end).off('close', gone);
    if (!body.ok) budget.give(size);
    resolve(body);
  };
  const take = (chunk: Buffer) => {
    if (size + chunk.length > maxBody) return give(tooLarge(maxBody));
    if (!budget.take(chunk.length)) return give({ ok: false, refusal: full });
    size += chunk.length;
    chunks.push(chunk);
  };
  const end = () =>
    give({ ok: true, bytes: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks), charged: size });
  const gone = () => give({ ok: false, refusal: undefined });
  request
    .on('data', take)
    .on('end', end)
    .on('close', gone)
    .on('error', () => {});
  return promise;
}

async function decompress(packed: Buffer, charged: number, encoding: string, { maxBody, budget }: BodyLimits): Promise<Body> {
  await decompressing.take();
  try {
    const bytes = await decompressed(encoding, packed, maxBody);
    if (bytes === undefined || !budget.take(bytes.length)) return { ok: false, refusal: full };
    return { ok: true, bytes, charged: bytes.length };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(maxBody);
    return refuse(400, `the body is not ${encoding}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    decompressing.give();
    budget.give(charged);
  }
}
