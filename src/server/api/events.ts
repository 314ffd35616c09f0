/** Changes as they happen, as server-sent events (HTML Living Standard, "Server-sent events"). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import { refuse } from '../http/exchange.ts';

export interface Change {
  /** `agent.liveness`, `rollout.stage`, `service.status`: what the `event:` line holds. */
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ChangeFeed extends Disposable {
  publish(change: Change): void;
  /**
   * Answers with the stream. A client that reconnects with `Last-Event-ID` misses nothing that is still remembered; one that was
   * away for longer gets a `reset` event first: read everything again. `kinds`: only kinds that start with one of these.
   * `allowed` is asked now and then; when it says no, the stream ends.
   */
  stream(request: IncomingMessage, response: ServerResponse, kinds: readonly string[], allowed: () => Promise<boolean>): void;
  readonly listeners: number;
}

/** Changes that are remembered for those who come back. */
const remembered = 4_096;
const maxListeners = 200;
/** A listener that does not read: what waits for it at most, before it is let go (it comes back with its last id). */
const maxWaitingBytes = 4 << 20;
/** So that nobody takes the silence for a dead connection; and a token that was taken back is noticed within this. */
const keepAliveMs = 5_000;

interface Listener {
  readonly response: ServerResponse;
  readonly kinds: readonly string[];
  readonly allowed: () => Promise<boolean>;
}

interface Past {
  readonly number: number;
  readonly kind: string;
  readonly text: string;
}

export function createChangeFeed(clock: Clock): ChangeFeed {
  // Ids of two runs of the server must not be mixed up: they start with the time of the start.
  const run = clock.now().toString(36);
  const past: Past[] = [];
  const open = new Set<Listener>();
  let last = 0;
  let cancel: (() => void) | undefined;

  const wanted = (kinds: readonly string[], kind: string) => kinds.length === 0 || kinds.some((one) => kind.startsWith(one));

  /** What came after this id; undefined when that cannot be said any more. */
  function since(id: string): readonly Past[] | undefined {
    const [, theirRun, number] = /^([0-9a-z]+)-(\d{1,15})$/.exec(id) ?? [];
    const from = Number(number);
    const known = number !== undefined && theirRun === run && from <= last && from + 1 >= (past[0]?.number ?? last + 1);
    return known ? past.filter((one) => one.number > from) : undefined;
  }

  function beat(): void {
    for (const listener of open) {
      // The id without data is no event, but is remembered: who only hears of a few kinds does not fall behind.
      send(listener, `id: ${run}-${last}\n\n`);
      // A store that cannot be read is no reason to let somebody go on listening.
      listener.allowed().then(
        (may) => may || listener.response.end(),
        () => listener.response.end(),
      );
    }
    cancel = open.size > 0 ? clock.after(keepAliveMs, beat) : undefined;
  }

  function send({ response }: Listener, text: string): void {
    if (response.writableEnded) return;
    response.write(text);
    if (response.writableLength > maxWaitingBytes) response.destroy();
  }

  return {
    get listeners() {
      return open.size;
    },
    publish({ kind, data }) {
      last += 1;
      const text = `id: ${run}-${last}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
      past.push({ number: last, kind, text });
      if (past.length > remembered) past.shift();
      for (const listener of open) if (wanted(listener.kinds, kind)) send(listener, text);
    },
    stream(request, response, kinds, allowed) {
      if (open.size >= maxListeners)
        return refuse(response, { status: 503, code: 'listeners', message: `${maxListeners} listen already`, retryAfterMs: 30_000 });
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      response.write('retry: 2000\n');
      const lastId = String(request.headers['last-event-id'] ?? '');
      const missed = lastId === '' ? [] : since(lastId);
      if (missed === undefined) response.write(`id: ${run}-${last}\nevent: reset\ndata: {}\n\n`);
      // The id alone: who is cut off before the first event comes back with it.
      else if (missed.length === 0) response.write(`id: ${run}-${last}\n\n`);
      else response.write('\n');
      const listener: Listener = { response, kinds, allowed };
      for (const one of missed ?? []) if (wanted(kinds, one.kind)) response.write(one.text);
      open.add(listener);
      cancel ??= clock.after(keepAliveMs, beat);
      response.on('close', () => open.delete(listener));
    },
    [Symbol.dispose]() {
      cancel?.();
      for (const { response } of open) response.end();
      open.clear();
      cancel = undefined;
    },
  };
}
