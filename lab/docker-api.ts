import { Agent, request } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** What an engine answered; `message` is its error text, as users see it behind "Error response from daemon:". */
export interface ApiResponse {
  readonly status: number;
  // The engine's JSON: its shape belongs to the engine's version, and each caller reads the few fields that it needs.
  readonly body: unknown;
  readonly message: string;
}

export interface DockerApi extends AsyncDisposable {
  readonly version: string;
  /** Any status is an answer; rejects only when the engine cannot be spoken to. */
  ask(method: string, path: string, body?: unknown): Promise<ApiResponse>;
  /** Asks for something that has to succeed, and returns the body. */
  must(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Sends a stream as the body (`docker import`). */
  upload(path: string, stream: Readable): Promise<ApiResponse>;
}

/** Waits until the engine answers /_ping, and speaks the newest API version that it names there. */
export async function connectApi(socketPath: string, timeoutMs: number): Promise<DockerApi> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const send = (method: string, path: string, body?: unknown) => exchange(agent, socketPath, method, path, body);
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const ping = await send('GET', '/_ping').catch(() => undefined);
    if (ping?.status === 200) return makeApi(agent, socketPath, ping.apiVersion);
    if (Date.now() > deadline) throw new Error(`no answer from ${socketPath} within ${timeoutMs} ms`);
    await sleep(30);
  }
}

function makeApi(agent: Agent, socketPath: string, version: string): DockerApi {
  const ask = (method: string, path: string, body?: unknown) => exchange(agent, socketPath, method, `/v${version}${path}`, body);
  return {
    version,
    ask,
    async must(method, path, body) {
      const response = await ask(method, path, body);
      if (response.status < 400) return response.body;
      throw new Error(`${method} ${path}: ${response.status} ${response.message}`);
    },
    upload: (path, stream) => exchange(agent, socketPath, 'POST', `/v${version}${path}`, stream),
    async [Symbol.asyncDispose]() {
      agent.destroy();
    },
  };
}

interface Exchanged extends ApiResponse {
  readonly apiVersion: string;
}

function exchange(agent: Agent, socketPath: string, method: string, path: string, body: unknown): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const stream = isReadable(body) ? body : undefined;
    const text = body === undefined || stream !== undefined ? undefined : JSON.stringify(body);
    const headers = stream ? { 'Content-Type': 'application/x-tar' } : text === undefined ? {} : { 'Content-Type': 'application/json' };
    const outgoing = request({ agent, socketPath, method, path, headers }, (incoming) => {
      let received = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => {
        received += chunk;
      });
      incoming.on('error', reject);
      incoming.on('end', () => {
        const parsed = parse(received);
        const version = incoming.headers['api-version'];
        resolve({
          status: incoming.statusCode ?? 0,
          body: parsed,
          message: messageOf(parsed),
          apiVersion: typeof version === 'string' ? version : '1.41',
        });
      });
    });
    outgoing.on('error', reject);
    if (stream) stream.on('error', reject).pipe(outgoing);
    else outgoing.end(text);
  });
}

function isReadable(body: unknown): body is Readable {
  return typeof body === 'object' && body !== null && 'pipe' in body;
}

/** Progress streams hold one JSON value per line; they are kept as text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function messageOf(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message);
  return typeof body === 'string' ? body : '';
}
