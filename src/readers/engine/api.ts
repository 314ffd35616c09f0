import { Agent, request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { FairleadError } from '../../core/errors.ts';

export type EngineAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Where engines listen, in the order in which they are tried. */
export function defaultSockets(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const runtime = env.XDG_RUNTIME_DIR;
  const rootless = runtime === undefined ? [] : [join(runtime, 'docker.sock')];
  return ['/var/run/docker.sock', ...rootless, join(homedir(), '.docker/run/docker.sock')];
}

/** A path, `unix:///path`, `tcp://host:port` or `http://host:port`, as DOCKER_HOST holds them. */
export function parseEngineAddress(text: string, env: Readonly<Record<string, string | undefined>> = {}): EngineAddress {
  const match = /^([a-z]+):\/\/(.*)$/.exec(text);
  if (match === null) return { kind: 'unix', path: text };
  const [, scheme = '', rest = ''] = match;
  if (scheme === 'unix') return { kind: 'unix', path: rest };
  if (scheme !== 'tcp' && scheme !== 'http')
    throw unreachable(text, `${scheme}:// is not supported; give a unix socket or tcp:// without TLS`);
  if (env.DOCKER_TLS_VERIFY) throw unreachable(text, 'TLS (DOCKER_TLS_VERIFY) is not supported; give a unix socket or tcp:// without TLS');
  const place = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/[\]]+))(?::(\d{1,5}))?\/?$/.exec(rest);
  const port = Number(place?.[3] ?? 2375); // the engine's port without TLS
  if (place === null || port < 1 || port > 65_535) throw unreachable(text, 'expected tcp://HOST:PORT');
  return { kind: 'tcp', host: place[1] ?? place[2] ?? '', port };
}

export function unreachable(socket: string, reason: string, cause?: unknown): FairleadError {
  return new FairleadError('FAIRLEAD_ENGINE_UNREACHABLE', { socket, reason }, { cause });
}

/** Reads from an engine. Only GET is ever sent. */
export interface EngineApi extends Disposable {
  /** The answer's JSON. */
  get(path: string): Promise<unknown>;
  /** An object by its id: undefined when it is gone by now (404), a refusal when the engine cannot say. */
  find(path: string): Promise<{ readonly value: unknown } | { readonly refusal: string } | undefined>;
}

const NEWEST_API = '1.52'; // of Docker 29; a newer engine still speaks it
const MAX_BODY_BYTES = 64 * 1024 * 1024;
export const PARALLEL = 8;

/** Asks /_ping for the API version and speaks that or NEWEST_API, whichever is older. */
export async function connectEngine(address: EngineAddress, name: string, signal: AbortSignal): Promise<EngineApi> {
  const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });
  const ask = (path: string) =>
    fetchFrom(address, agent, path, signal).catch((error: unknown) => Promise.reject(explain(name, error, signal)));
  try {
    const ping = await ask('/_ping');
    if (ping.status !== 200) throw unreachable(name, `it answers ${ping.status} to /_ping, which a Docker engine does not`);
    const version = olderOf(ping.apiVersion ?? '1.24', NEWEST_API);
    return {
      get: async (path) => decode(name, path, await ask(`/v${version}${path}`)),
      find: async (path) => {
        const answer = await ask(`/v${version}${path}`);
        if (answer.status === 404) return undefined;
        return answer.status === 200 ? { value: decode(name, path, answer) } : { refusal: refusalOf(path, answer) };
      },
      [Symbol.dispose]: () => agent.destroy(),
    };
  } catch (error) {
    agent.destroy();
    throw error;
  }
}

function olderOf(a: string, b: string): string {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA < majorB || (majorA === majorB && minorA <= minorB) ? a : b;
}

interface Answer {
  readonly status: number;
  readonly apiVersion: string | undefined;
  readonly body: string;
}

function fetchFrom(address: EngineAddress, agent: Agent, path: string, signal: AbortSignal): Promise<Answer> {
  const where = address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...where, agent, path, method: 'GET', headers: { host: 'docker' }, signal }, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > MAX_BODY_BYTES) answer.destroy(new Error(`the answer to ${path} is larger than ${MAX_BODY_BYTES} bytes`));
      });
      answer.on('error', reject);
      answer.on('end', () => {
        const version = answer.headers['api-version'];
        const apiVersion = typeof version === 'string' && /^\d+\.\d+$/.test(version) ? version : undefined;
        resolve({ status: answer.statusCode ?? 0, apiVersion, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

function decode(name: string, path: string, answer: Answer): unknown {
  if (answer.status !== 200) throw unreachable(name, `it ${refusalOf(path, answer)}`);
  try {
    return JSON.parse(answer.body);
  } catch (error) {
    throw unreachable(name, `its answer to ${path} is not JSON`, error);
  }
}

/** The engine explains itself as `{"message": "…"}`. */
function refusalOf(path: string, answer: Answer): string {
  return `answers ${answer.status} to ${path}: ${answer.body.slice(0, 200).trim()}`;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such socket',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ECONNREFUSED: 'connection refused, nothing listens there',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  ENOTSOCK: 'it is no socket',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host cannot be resolved',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'the network is unreachable',
  HPE_INVALID_CONSTANT: 'it does not speak HTTP',
};

/** An abort of the caller is the caller's affair; everything else is an engine that does not answer. */
function explain(name: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof FairleadError) return error;
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return unreachable(name, reasons[code] ?? (error instanceof Error ? error.message : String(error)), error);
}
