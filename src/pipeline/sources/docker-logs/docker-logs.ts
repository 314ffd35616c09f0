/**
 * The source `docker-logs`: logs of containers, asked from a Docker engine.
 *
 * Its records are not written to the spool first: an engine keeps what its containers wrote and gives it again, from any time on. What it deletes
 * by its own rotation (max-size, max-file) before it was read is lost, as it is to anybody who asks the engine.
 */
import { type Backoff, backoffMs } from '../../../core/backoff.ts';
import type { RecordEvents } from '../../containers/channel-records.ts';
import type { Source, SourceContext } from '../../source.ts';
import { Outbox } from '../../tail/outbox.ts';
import { chooser, type Listed, readList, recordOf } from './containers.ts';
import { ask, follow } from './engine.ts';
import { Follower } from './follower.ts';
import type { DockerLogsSettings } from './settings.ts';

const backoff: Backoff = { firstMs: 200, maxMs: 1_500 };
const lookEveryMs = 500;
/** A source that ends waits so long for room for what it has made already. */
const drainMs = 1_000;
const watched = ['start', 'destroy', 'rename'];

export async function createDockerLogs(settings: DockerLogsSettings, context: SourceContext): Promise<Source> {
  return new DockerLogs(settings, context);
}

class DockerLogs implements Source {
  readonly #settings: DockerLogsSettings;
  readonly #context: SourceContext;
  readonly #events: RecordEvents;
  readonly #outbox: Outbox<undefined>;
  readonly #followers = new Map<string, Follower>();
  readonly #wanted: (container: Listed) => boolean;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  /** Only what is written from now on is wanted of the containers that the first list has. */
  #fromNow: boolean;
  #problem: string | undefined;
  #cancelTimer = () => {};

  constructor(settings: DockerLogsSettings, context: SourceContext) {
    this.#settings = settings;
    this.#context = context;
    this.#wanted = chooser(settings);
    this.#fromNow = settings.startPosition === 'end' && context.positions.cursors(context.name).length === 0;
    this.#outbox = new Outbox<undefined>(
      (batch) => context.push(batch),
      () => {},
    );
    this.#events = {
      clock: context.clock,
      emit: (batch) => this.#outbox.put(batch, undefined),
      cut: (path) => this.#cut(path),
      foreign: (_, lines) => {
        context.counters.errors += lines;
      },
    };
    this.#watching = this.#watch();
    this.#lookLater();
  }

  problem(): string | undefined {
    return this.#problem;
  }

  files(): number {
    return this.#followers.size;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#cancelTimer();
    const ended = Promise.all([this.#watching, ...[...this.#followers.values()].map((follower) => follower.close())]);
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#context.clock.after(drainMs, resolve);
    await Promise.race([ended.then(() => this.#outbox.room()), promise]);
    cancel();
    this.#outbox.close();
    await ended;
  }

  async #watch(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#watchOnce(() => {
          failures = 0;
        });
        this.#fail(new Error('the engine ended the connection'));
      } catch (cause) {
        this.#fail(cause);
      }
      if (this.#stop.signal.aborted) return;
      failures += 1;
      const { clock, random } = this.#context;
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(backoffMs(backoff, failures, random), resolve);
      this.#stop.signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      cancel();
    }
  }

  async #watchOnce(connected: () => void): Promise<void> {
    const { socket } = this.#settings;
    const { signal } = this.#stop;
    const filters = encodeURIComponent(JSON.stringify({ type: ['container'], event: watched }));
    // Events first, so that nothing that happens while the list is made is missed.
    const events = await follow(socket, `/events?filters=${filters}`, signal);
    try {
      await this.#list();
      connected();
      this.#problem = undefined;
      this.#context.log.event('pipeline.docker.connected', { socket, containers: this.#followers.size });
      let rest = '';
      for await (const chunk of events.setEncoding('utf8')) {
        const lines = `${rest}${chunk}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.trim() !== '') await this.#happened(line);
      }
    } finally {
      events.destroy();
    }
  }

  async #list(id?: string): Promise<void> {
    const filters = id === undefined ? '' : `&filters=${encodeURIComponent(JSON.stringify({ id: [id] }))}`;
    const answer = await ask(this.#settings.socket, `/containers/json?all=1${filters}`, this.#stop.signal);
    for (const container of readList(answer)) this.#add(container);
    this.#fromNow = false;
  }

  #add(container: Listed): void {
    const known = this.#followers.get(container.id);
    if (known !== undefined) return known.wake();
    if (!this.#wanted(container)) return;
    const { id } = container;
    const parts = { settings: this.#settings, context: this.#context, outbox: this.#outbox, events: this.#events, fromNow: this.#fromNow };
    this.#followers.set(id, new Follower(container, parts));
  }

  async #happened(line: string): Promise<void> {
    const { Action: action, Actor: actor } = recordOf(JSON.parse(line));
    const { ID: id } = recordOf(actor);
    if (typeof id !== 'string') return;
    if (action !== 'destroy') return this.#list(id);
    const follower = this.#followers.get(id);
    this.#followers.delete(id);
    follower?.remove();
  }

  #fail(cause: unknown): void {
    if (this.#stop.signal.aborted) return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const { socket } = this.#settings;
    const problem = `the Docker engine at ${socket} cannot be followed: ${reason}`;
    if (this.#problem === undefined || this.#problem !== problem)
      this.#context.log.event('pipeline.docker.unreachable', { socket, reason });
    this.#problem = problem;
    this.#context.counters.errors += 1;
  }

  #lookLater(): void {
    this.#cancelTimer = this.#context.clock.after(lookEveryMs, () => {
      const nowMs = this.#context.clock.monotonicMs();
      if (!this.#outbox.full) for (const follower of this.#followers.values()) follower.look(nowMs, this.#settings.joinTimeout);
      this.#outbox.flush();
      this.#lookLater();
    });
  }

  #cut(container: string): void {
    const { counters, log } = this.#context;
    const before = String(counters.cutRecords).length;
    counters.cutRecords += 1;
    if (counters.cutRecords === 1 || String(counters.cutRecords).length > before)
      log.event('pipeline.containers.cut', { path: container, limit: this.#settings.maxLineBytes, records: counters.cutRecords });
  }
}
