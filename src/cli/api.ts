/** The client of the operators' API: one request, one answer; refusals become errors with their hint. */
import type { IncomingMessage } from 'node:http';
import { request as plainRequest } from 'node:http';
import type { RequestOptions } from 'node:https';
import { request as tlsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { FairleadError } from '../core/errors.ts';
import type { Context } from './context.ts';
import { printable, printableLines } from './table.ts';

export interface ServerEvent {
  readonly kind: string;
  readonly data: unknown;
}

export interface Api {
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  /**
   * Server-sent events until the signal aborts. A connection that breaks is made again and goes on where it was; rejects when
   * that does not work for a while, or when the server refuses.
   */
  events(path: string, signal: AbortSignal): AsyncIterable<ServerEvent>;
}

/** No operation takes longer; a server that is asked while it starts answers within this as well. */
const timeoutMs = 30_000;
/** A stream says something every five seconds. */
const silenceMs = 30_000;
const maxAnswerBytes = 256 << 20;
/** So often a broken stream is made again before the command gives up: a server that is restarted is back by then. */
const retries = 30;
const retryMs = 1_000;

export function createApi(context: Context): Api {
  const base = new URL(context.api);
  const send = base.protocol === 'https:' ? tlsRequest : plainRequest;
  const unreachable = (cause: unknown) =>
    new FairleadError('FAIRLEAD_SERVER_UNREACHABLE', { url: context.api, reason: printable(reasonOf(cause)) }, { cause });

  function open(method: string, path: string, options: RequestOptions, text?: string): Promise<IncomingMessage> {
    const headers = {
      authorization: `Bearer ${context.token}`,
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...options.headers,
    };
    return new Promise((resolve, reject) => {
      const request = send(
        new URL(path, base),
        { ...options, method, headers, ...(context.ca === undefined ? {} : { ca: context.ca }) },
        resolve,
      );
      request.on('error', (error) => reject(unreachable(error)));
      request.on('timeout', () => request.destroy(new Error(`it said nothing for ${Number(options.timeout) / 1_000} s`)));
      request.end(text);
    });
  }

  async function textOf(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of response) {
        // Without an encoding, chunks of a stream of bytes are Buffers.
        const bytes = chunk as Buffer;
        size += bytes.length;
        if (size > maxAnswerBytes) throw new Error('its answer has no end');
        chunks.push(bytes);
      }
    } catch (error) {
      throw unreachable(error);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  return {
    async call(method, path, body) {
      const response = await open(method, path, { timeout: timeoutMs }, body === undefined ? undefined : JSON.stringify(body));
      const text = await textOf(response);
      const answer = parsed(text);
      const status = response.statusCode ?? 0;
      if (status < 200 || status >= 300) throw refused(status, answer);
      if (status !== 204 && answer === undefined) throw unreachable(new Error('what answers there is no Fairlead server'));
      return answer;
    },
    async *events(path, signal) {
      let lastId = '';
      for (let tries = 0; !signal.aborted; ) {
        try {
          const headers = lastId === '' ? {} : { 'last-event-id': lastId };
          const response = await open('GET', path, { signal, timeout: silenceMs, headers });
          if (response.statusCode !== 200) throw refused(response.statusCode ?? 0, parsed(await textOf(response)));
          tries = 0;
          for await (const { id, event } of frames(response.setEncoding('utf8'))) {
            lastId = id ?? lastId;
            if (event !== undefined) yield event;
          }
        } catch (error) {
          if (signal.aborted) return;
          if (error instanceof FairleadError && error.code === 'FAIRLEAD_REFUSED') throw error;
          if (lastId === '' || tries >= retries) throw error instanceof FairleadError ? error : unreachable(error);
        }
        tries += 1;
        // An abort ends the wait, and the loop sees why.
        await sleep(retryMs, undefined, { signal }).catch(() => {});
      }
    },
  };
}

/** Events of a stream (HTML Living Standard, section 9.2.6): ids alone are no events, and are remembered all the same. */
async function* frames(stream: AsyncIterable<string>): AsyncIterable<{ readonly id?: string; readonly event?: ServerEvent }> {
  let rest = '';
  let id: string | undefined;
  let kind = 'message';
  let data: string | undefined;
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('id: ')) id = line.slice(4);
      else if (line.startsWith('event: ')) kind = line.slice(7);
      else if (line.startsWith('data: ')) data = line.slice(6);
      if (line !== '') continue;
      yield { ...(id === undefined ? {} : { id }), ...(data === undefined ? {} : { event: { kind, data: parsed(data) } }) };
      kind = 'message';
      data = undefined;
    }
  }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Problem {
  readonly title?: string;
  readonly hint?: string;
  readonly problems?: readonly { readonly at: string; readonly message: string; readonly hint: string }[];
}

function refused(status: number, answer: unknown): FairleadError {
  // Our own server's refusals have this form; anything else shows as its status alone.
  const { title, hint, problems = [] } = (typeof answer === 'object' && answer !== null ? answer : {}) as Problem;
  const [only, ...more] = problems.map((one) => `${one.at} ${one.message}${one.hint === '' ? '' : `\n    ${one.hint}`}`);
  // One problem of the request itself is in the title already.
  const places = only === undefined || (more.length === 0 && title?.includes(problems[0]?.message ?? '')) ? [] : [only, ...more];
  const message = [title ?? `the server answered HTTP ${status}`, ...places].join('\n  ');
  return new FairleadError('FAIRLEAD_REFUSED', {
    message: printableLines(message),
    // The hint of the first problem stands there with it.
    hint: places.length > 0 && problems.some((one) => one.hint === hint) ? '' : printableLines(hint ?? ''),
  });
}

/** What went wrong underneath: `connect ECONNREFUSED 127.0.0.1:8445`, also where Node wraps several attempts into one. */
function reasonOf(error: unknown): string {
  if (error instanceof FairleadError) return error.details.reason ?? error.message;
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
