/** Requests into the lab's network by its relay, over TLS where an authority is given. */
import { type IncomingMessage, request } from 'node:http';
import { connect as connectUnix, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Target {
  readonly relay: string;
  readonly host: string;
  readonly port: number;
  /** PEM of the authority; without it, plain HTTP. */
  readonly ca?: string;
  readonly token?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Longer than any answer takes on a machine that is busy. */
const timeoutMs = 30_000;

export async function ask(target: Target, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await open(target, method, path, body);
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

/** Server-sent events, until the stream ends or the signal aborts. */
export async function* eventsOf(target: Target, path: string, signal: AbortSignal) {
  const response = await open(target, 'GET', path, undefined, signal);
  if (response.statusCode !== 200) throw new Error(`GET ${path}: ${response.statusCode}`);
  let rest = '';
  let kind = '';
  for await (const chunk of response.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('event: ')) kind = line.slice(7);
      // What the change feed publishes: JSON objects.
      else if (line.startsWith('data: ')) yield { kind, data: JSON.parse(line.slice(6)) as Readonly<Record<string, unknown>> };
    }
  }
}

function open(target: Target, method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<IncomingMessage> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    host: `${target.host}:${target.port}`,
    ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
    ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  };
  return new Promise((resolve, reject) => {
    const asked = request(
      { method, path, headers, createConnection: () => dial(target), ...(signal === undefined ? { timeout: timeoutMs } : { signal }) },
      resolve,
    );
    asked.on('timeout', () => asked.destroy(new Error(`${method} ${path}: no answer for ${timeoutMs} ms`)));
    asked.on('error', reject);
    asked.end(text);
  });
}

function dial({ relay, host, port, ca }: Target): Socket {
  const socket = connectUnix(relay);
  socket.write(`${host} ${port}\n`);
  return ca === undefined ? socket : connectTls({ socket, ca, host, servername: '' });
}
