/** OpAMP over WebSocket (RFC 6455), on a socket that is open and verified. */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { closeCodeOf } from '../../protocol/failures.ts';
import type { AgentToServer } from '../../protocol/opamp.ts';
import { AgentToServerSchema } from '../../protocol/opamp.ts';
import { decodeServerToAgent, encode } from '../../protocol/wire.ts';
import { httpEnded } from './answers.ts';
import type { Dialed } from './dial.ts';
import type { Line } from './open.ts';
import type { Ended, Opened, SendResult, Transport, TransportListener } from './transport.ts';

/** Of an answer that refuses the upgrade: enough for a sentence. */
const refusalLimitBytes = 16 * 1024;
/** Unsent bytes above which nothing more is composed: a state that changes meanwhile is then sent once. */
const backlogBytes = 64 * 1024;

export function open(line: Line, dialed: Dialed & { readonly ok: true }): Promise<Opened> {
  return new Promise((resolve) => {
    // The socket speaks TLS already, so for ws it is a plain one.
    const url = `ws://${line.host}${line.path}`;
    const webSocket = new WebSocket(url, {
      createConnection: () => dialed.socket,
      headers: Object.fromEntries(line.headers),
      handshakeTimeout: line.connectTimeoutMs,
      maxPayload: line.limits.maxBytes,
      perMessageDeflate: false,
      followRedirects: false,
    });
    const cancel = () => webSocket.terminate();
    const fail = (ended: Ended) => {
      line.signal.removeEventListener('abort', cancel);
      dialed.socket.destroy();
      resolve({ ok: false, ended: line.signal.aborted ? { kind: 'closed' } : ended });
    };
    line.signal.addEventListener('abort', cancel);
    webSocket.on('error', (error) => fail({ kind: 'lost', sentence: `${line.url}: ${error.message}` }));
    webSocket.on('unexpected-response', (_request, response) => {
      readSome(response).then((body) =>
        fail(httpEnded(line.url, { status: response.statusCode ?? 0, headers: response.headers, body }, line.nowMs())),
      );
    });
    webSocket.once('open', () => {
      line.signal.removeEventListener('abort', cancel);
      webSocket.removeAllListeners('error').removeAllListeners('unexpected-response');
      // Until somebody listens; `close` follows an error in any case.
      webSocket.on('error', () => {});
      resolve({ ok: true, transport: overWebSocket(webSocket, line, dialed.localAddress) });
    });
    if (line.signal.aborted) cancel();
  });
}

async function readSome(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      // Without an encoding, chunks of a response are buffers.
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > refusalLimitBytes) break;
      chunks.push(bytes);
    }
  } catch {
    // What came before it broke off may still be a sentence.
  }
  return Buffer.concat(chunks).toString('utf8');
}

function overWebSocket(webSocket: WebSocket, line: Line, localAddress: string): Transport {
  let fault: string | undefined;
  return {
    kind: 'websocket',
    url: line.url,
    localAddress,
    strictlyAnswers: false,
    listen(listener) {
      webSocket.on('message', (data, isBinary) => {
        // With the default binary type, ws gives one buffer for each message.
        const bytes = data as Buffer;
        if (isBinary) return receive(webSocket, line, bytes, listener);
        listener.malformed('a text message instead of a binary one');
        webSocket.close(1003, 'binary messages only');
      });
      webSocket.on('ping', () => listener.alive());
      webSocket.on('pong', () => listener.alive());
      webSocket.on('error', (error) => {
        fault = error.message;
      });
      webSocket.on('close', (code, reason) => listener.ended(closed(line.url, code, reason.toString('utf8'), fault)));
    },
    ready: () => webSocket.readyState === WebSocket.OPEN && webSocket.bufferedAmount < backlogBytes,
    send: (message) => send(webSocket, line, message),
    probe() {
      if (webSocket.readyState === WebSocket.OPEN) webSocket.ping();
    },
    close: (limitMs) => close(webSocket, limitMs),
    destroy: () => webSocket.terminate(),
  };
}

function receive(webSocket: WebSocket, line: Line, bytes: Buffer, listener: TransportListener): void {
  const decoded = decodeServerToAgent(bytes, 'websocket', line.limits);
  if (decoded.ok) return listener.message(decoded.message, bytes.length);
  listener.malformed(decoded.sentence);
  webSocket.close(closeCodeOf(decoded.code), decoded.code);
}

function send(webSocket: WebSocket, line: Line, message: AgentToServer): SendResult {
  const encoded = encode(AgentToServerSchema, message, 'websocket', Number.POSITIVE_INFINITY);
  // Without a limit nothing is too large.
  const bytes = encoded.ok ? encoded.bytes : new Uint8Array();
  if (bytes.length > line.limits.maxBytes) return { ok: false, bytes: bytes.length, limit: line.limits.maxBytes };
  if (webSocket.readyState === WebSocket.OPEN) webSocket.send(bytes, { binary: true });
  return { ok: true, bytes: bytes.length };
}

function close(webSocket: WebSocket, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (webSocket.readyState === WebSocket.CLOSED) return resolve();
    const timer = setTimeout(() => webSocket.terminate(), limitMs);
    webSocket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    webSocket.close(1000);
  });
}

/** RFC 6455 section 7.4.1; 1006 stands for a connection that ended without a close frame. */
function closed(url: string, code: number, reason: string, fault: string | undefined): Ended {
  const said = reason === '' ? '' : `: ${reason}`;
  switch (code) {
    case 1000:
    case 1005:
      return { kind: 'lost', sentence: `${url} closed the connection${said}` };
    case 1001:
      return { kind: 'lost', sentence: `${url} is shutting down${said}` };
    case 1006:
      return { kind: 'lost', sentence: `the connection to ${url} broke${fault === undefined ? '' : `: ${fault}`}` };
    case 1008:
      // A policy: `expired`, `revoked`, … the same message will not do.
      return { kind: 'refused', sentence: `${url} ended the connection${said}`, code: reason.replaceAll(' ', '-') };
    case 1012:
    case 1013:
      return { kind: 'unavailable', sentence: `${url} asks to come back later${said}`, retryAfterMs: undefined };
    default:
      return { kind: 'lost', sentence: `${url} closed the connection with code ${code}${said}` };
  }
}
