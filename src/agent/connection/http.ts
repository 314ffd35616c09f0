/**
 * OpAMP over plain HTTP: each message is a POST and its answer, one at a time, over a connection that is kept between polls and
 * opened anew when it is gone. Half-open connections show as an answer that does not come.
 */
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';
import { isOpampContentType, opampContentType } from '../../protocol/failures.ts';
import { AgentToServerSchema, type ServerToAgent } from '../../protocol/opamp.ts';
import { decodeServerToAgent, encode } from '../../protocol/wire.ts';
import { httpEnded } from './answers.ts';
import type { Dialed } from './dial.ts';
import { endedBy, type Line } from './open.ts';
import type { Ended, Opened, SendResult, TransportListener } from './transport.ts';

/** Below, the header costs more than what is saved. The server has to take gzip (opamp-spec, "Plain HTTP Transport"). */
const compressFromBytes = 4 * 1024;

export function open(line: Line, dialed: Dialed & { readonly ok: true }): Promise<Opened> {
  let first: (Dialed & { readonly ok: true }) | undefined = dialed;
  let listener: TransportListener | undefined;
  let asking: Promise<void> | undefined;
  let over = false;
  const abort = new AbortController();
  const agent = new Agent({ keepAlive: true, maxSockets: 1, timeout: 0 });
  const dialedSocket = async (): Promise<Duplex> => {
    const ready = first ?? (await line.redial());
    first = undefined;
    if (ready.ok) return ready.socket;
    throw new Failed(endedBy(ready));
  };
  // Node waits for the callback where nothing is returned; its types know only sockets that are there at once.
  agent.createConnection = ((_options: unknown, created: (error: Error | null, socket?: Duplex) => void) => {
    dialedSocket().then(
      (socket) => created(null, socket),
      (error) => created(error),
    );
  }) as typeof agent.createConnection;
  const end = (ended: Ended) => {
    if (over) return;
    over = true;
    abort.abort();
    agent.destroy();
    first?.socket.destroy();
    listener?.ended(ended);
  };
  const settle = (settled: Settled) => {
    asking = undefined;
    if (over) return;
    if ('ended' in settled) return end(settled.ended);
    listener?.message(settled.message, settled.bytes);
    if (!over) listener?.drained();
  };
  const destroy = () => end({ kind: 'closed' });
  line.signal.addEventListener('abort', destroy, { once: true });
  return Promise.resolve({
    ok: true,
    transport: {
      kind: 'http',
      url: line.url,
      localAddress: dialed.localAddress,
      strictlyAnswers: true,
      listen(heard) {
        listener = heard;
      },
      ready: () => asking === undefined && !over,
      send(message): SendResult {
        const encoded = encode(AgentToServerSchema, message, 'http', Number.POSITIVE_INFINITY);
        const bytes = encoded.ok ? encoded.bytes : new Uint8Array();
        if (bytes.length > line.limits.maxBytes) return { ok: false, bytes: bytes.length, limit: line.limits.maxBytes };
        asking = post(line, agent, bytes, abort.signal).then(settle);
        return { ok: true, bytes: bytes.length };
      },
      probe() {},
      async close(limitMs) {
        // The answer to the goodbye, if it comes in time.
        const limit = setTimeout(destroy, limitMs);
        await asking;
        clearTimeout(limit);
        destroy();
      },
      destroy,
    },
  });
}

class Failed extends Error {
  readonly ended: Ended;
  constructor(ended: Ended) {
    super('sentence' in ended ? ended.sentence : ended.kind);
    this.ended = ended;
  }
}

type Settled = { readonly message: ServerToAgent; readonly bytes: number } | { readonly ended: Ended };

async function post(line: Line, agent: Agent, bytes: Uint8Array, signal: AbortSignal): Promise<Settled> {
  const compressed = bytes.length >= compressFromBytes;
  const body = compressed ? gzipSync(bytes) : bytes;
  try {
    const response = await exchange(line, agent, body, compressed, signal);
    const raw = await readAll(response, line.limits.maxBytes);
    const status = response.statusCode ?? 0;
    const plain = response.headers['content-encoding'] === 'gzip' ? await inflate(raw, { maxOutputLength: line.limits.maxBytes }) : raw;
    const decoded = isOpampContentType(response.headers['content-type']) ? decodeServerToAgent(plain, 'http', line.limits) : undefined;
    // A bad request is the answer to this message; the next one may be better.
    if (decoded?.ok && (status === 200 || status === 400)) return { message: decoded.message, bytes: plain.length };
    if (status !== 200) {
      const body = decoded?.ok ? said(status, decoded.message) : plain.toString('utf8');
      return { ended: httpEnded(line.url, { status, headers: response.headers, body }, line.nowMs()) };
    }
    if (decoded === undefined)
      return {
        ended: {
          kind: 'lost',
          sentence: `${line.url} answers with ${response.headers['content-type'] ?? 'no content type'}: no OpAMP server`,
        },
      };
    return { ended: { kind: 'lost', sentence: `${line.url} sent what cannot be read: ${decoded.ok ? '' : decoded.sentence}` } };
  } catch (error) {
    if (error instanceof Failed) return { ended: error.ended };
    return { ended: { kind: 'lost', sentence: `${line.url}: ${error instanceof Error ? error.message : String(error)}` } };
  }
}

/** The error of OpAMP in the form that other refusals have. */
function said(status: number, message: ServerToAgent): string {
  const sentence = message.errorResponse?.errorMessage ?? '';
  return sentence === '' ? '' : JSON.stringify({ code: `http-${status}`, sentence });
}

const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);

function exchange(line: Line, agent: Agent, body: Uint8Array, compressed: boolean, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      agent,
      method: 'POST',
      path: line.path,
      signal,
      headers: {
        host: line.host,
        'content-type': opampContentType,
        'content-length': body.length,
        'accept-encoding': 'gzip',
        'opamp-instance-uid': line.uid,
        ...(compressed ? { 'content-encoding': 'gzip' } : {}),
        ...Object.fromEntries(line.headers),
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', resolve);
    outgoing.end(body);
  });
}

async function readAll(response: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    // Without an encoding, chunks of a response are buffers.
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > limitBytes) throw new Error(`the answer is larger than ${limitBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
