/**
 * The agent's own door, a socket in its data folder that only its user opens: `fairlead agent top` and `fairlead tail` come in here.
 * Records are shown to nobody on the network.
 */
import { chmod, unlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Log } from '../../observe/log.ts';
import type { LogBatch } from '../../pipeline/batch.ts';
import type { Pipeline } from '../../pipeline/runtime/pipeline.ts';
import { createTail } from './tail.ts';

/** Those who look at once: people, not programs. Those who tail stay, and must leave room for the others, who have to hear why they cannot. */
const maxConnections = 64;
const maxTails = 16;

export const localSocket = (dataDir: string): string => join(dataDir, 'agent.sock');

export interface LocalDeps {
  readonly dataDir: string;
  readonly log: Log;
  readonly about: () => Readonly<Record<string, unknown>>;
  readonly pipeline: Pick<Pipeline, 'state' | 'tap'>;
}

/** The folder is locked, so a socket that is there was left behind. Where none can be made (its path is too long), the agent goes on without. */
export async function startLocal(deps: LocalDeps): Promise<AsyncDisposable> {
  const path = localSocket(deps.dataDir);
  await unlink(path).catch(() => {});
  const tails = new Set<IncomingMessage>();
  const server = createServer({ requestTimeout: 5_000, maxHeaderSize: 8_192 }, (request, response) =>
    answer(request, response, deps, tails),
  );
  server.maxConnections = maxConnections;
  try {
    await listen(server, path);
    await chmod(path, 0o600);
  } catch (cause) {
    deps.log.event('agent.local.unavailable', { path }, cause);
  }
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.removeAllListeners('error');
      server.on('error', () => {});
      resolve();
    });
  });
}

function answer(request: IncomingMessage, response: ServerResponse, deps: LocalDeps, tails: Set<IncomingMessage>): void {
  request.resume();
  const url = new URL(request.url ?? '/', 'http://agent');
  if (request.method !== 'GET') return json(response, 405, { error: 'only GET is understood' });
  switch (url.pathname) {
    case '/v1/pipeline':
      return json(response, 200, { ...deps.about(), ...deps.pipeline.state() });
    case '/v1/tail':
      if (tails.size >= maxTails) return json(response, 503, { error: `${maxTails} look at what flows already; end one of them` });
      tails.add(request);
      request.socket.once('close', () => tails.delete(request));
      return tail(url.searchParams.get('after') ?? undefined, request, response, deps);
    default:
      return json(response, 404, { error: `nothing is at ${url.pathname}` });
  }
}

/** Lines of JSON for as long as somebody reads. */
function tail(after: string | undefined, request: IncomingMessage, response: ServerResponse, { pipeline }: LocalDeps): void {
  const names = after === undefined ? pipeline.state().sources.map(({ name }) => name) : [after];
  const shown = createTail((text) => response.write(text));
  const stops = names.map((name) => pipeline.tap(name, (batch: LogBatch) => shown.take(name, batch)));
  const unknown = names.filter((_, index) => stops[index] === undefined);
  const stop = () => {
    for (const one of stops) one?.();
    shown.end();
  };
  if (unknown.length > 0) {
    stop();
    const { sources, transforms, sinks } = pipeline.state();
    const known = [...sources, ...transforms, ...sinks].map(({ name }) => name);
    return json(response, 404, { error: `nothing is named "${unknown[0]}"; there are ${known.join(', ')}` });
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  response.on('drain', () => shown.drained());
  request.socket.once('close', stop);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
