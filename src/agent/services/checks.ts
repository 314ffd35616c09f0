/** One check of a service. Never rejects; takes its timeout and a moment at most. */
import { open, stat } from 'node:fs/promises';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { connect } from 'node:net';
import type { ServiceStatus } from '../../protocol/services.ts';
import type { ServiceCheck } from '../settings/services.ts';

export interface Seen {
  readonly status: ServiceStatus;
  readonly output: string;
}

const longestOutput = 1_000;

export function checkService(check: ServiceCheck, port: number, nowMs: number, signal: AbortSignal): Promise<Seen> {
  switch (check.kind) {
    case 'tcp':
      return connects(check.to?.host ?? '127.0.0.1', check.to?.port ?? port, check.timeout, signal);
    case 'http':
      return answers(check.url.url ?? check.url.text, check.timeout, signal);
    case 'file':
      return isFresh(check.path, check.ttl, nowMs);
    default:
      return check satisfies never;
  }
}

function connects(host: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<Seen> {
  return new Promise((resolve) => {
    const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const socket = connect({ host, port, autoSelectFamily: true });
    const end = (status: ServiceStatus, output: string) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket.on('error', () => {});
      socket.destroy();
      resolve({ status, output });
    };
    const stop = () => end('critical', 'the check was called off');
    const timer = setTimeout(() => end('critical', `${where} did not answer within ${timeoutMs} ms`), timeoutMs);
    signal.addEventListener('abort', stop);
    socket.once('connect', () => end('passing', `${where} accepts connections`));
    socket.once('error', (cause) => end('critical', `${where}: ${messageOf(cause)}`));
  });
}

/** The codes and their meaning are those of Consul's HTTP checks. */
function answers(url: string, timeoutMs: number, signal: AbortSignal): Promise<Seen> {
  return new Promise((resolve) => {
    const get = url.startsWith('https:') ? httpsGet : httpGet;
    const request = get(url, { agent: false, headers: { 'user-agent': 'fairlead-agent', connection: 'close' } });
    const end = (status: ServiceStatus, output: string) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      request.on('error', () => {});
      request.destroy();
      resolve({ status, output });
    };
    const stop = () => end('critical', 'the check was called off');
    const timer = setTimeout(() => end('critical', `no whole answer within ${timeoutMs} ms`), timeoutMs);
    signal.addEventListener('abort', stop);
    request.once('error', (cause) => end('critical', messageOf(cause)));
    request.once('response', (response) => {
      const { statusCode = 0 } = response;
      const status = statusCode >= 200 && statusCode < 400 ? 'passing' : statusCode === 429 ? 'warning' : 'critical';
      let body = '';
      const done = () => end(status, `${statusCode} ${response.statusMessage ?? ''} ${body.slice(0, longestOutput)}`.trim());
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
        // The rest of a large answer is not waited for.
        if (body.length > longestOutput) done();
      });
      response.once('end', done);
      response.once('error', (cause) => end('critical', messageOf(cause)));
    });
  });
}

/** The first line decides when it begins with a status; without one, being fresh is passing. */
async function isFresh(path: string, ttlMs: number, nowMs: number): Promise<Seen> {
  try {
    // Not `open` first: that would wait for a writer where the path is a FIFO.
    const found = await stat(path);
    if (!found.isFile()) return { status: 'critical', output: `${path} is no file` };
    const ageMs = Math.max(0, nowMs - found.mtimeMs);
    if (ageMs > ttlMs)
      return { status: 'critical', output: `${path} was written ${Math.round(ageMs / 1_000)} s ago, its ttl is ${ttlMs / 1_000} s` };
    await using file = await open(path, 'r');
    const { bytesRead, buffer } = await file.read(Buffer.alloc(longestOutput), 0, longestOutput, 0);
    const line = buffer.toString('utf8', 0, bytesRead).split('\n')[0]?.trim() ?? '';
    const [, word, output = ''] = /^(passing|warning|critical)\b[:\s]*(.*)$/.exec(line) ?? [];
    if (word === 'passing' || word === 'warning' || word === 'critical') return { status: word, output };
    return { status: 'passing', output: line };
  } catch (cause) {
    return { status: 'critical', output: messageOf(cause) };
  }
}

function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // A name with several addresses fails with one error for each, and an empty message of its own.
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(messageOf).join('; ').slice(0, longestOutput);
  return cause.message.slice(0, longestOutput);
}
