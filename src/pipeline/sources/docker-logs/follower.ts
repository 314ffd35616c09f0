/** Follows one container for as long as it is there: asks for its log, reads it to its end, and waits for it to be started again. */
import { randomBytes } from 'node:crypto';
import { type Backoff, backoffMs } from '../../../core/backoff.ts';
import type { RecordEvents } from '../../containers/channel-records.ts';
import { containerLabels } from '../../containers/content.ts';
import type { SourceContext } from '../../source.ts';
import type { Stream } from '../../stream.ts';
import type { Outbox } from '../../tail/outbox.ts';
import { type Listed, recordOf } from './containers.ts';
import { ask, EngineError, follow } from './engine.ts';
import { overlapMs, sinceOf } from './place.ts';
import { Reading } from './reading.ts';
import type { DockerLogsSettings } from './settings.ts';

/** An engine that was restarted is back within seconds; asking a socket costs it little. */
const backoff: Backoff = { firstMs: 200, maxMs: 1_500 };
/** All that the engine has is sent at once: what did not come up within this is not there. */
const seekForMs = 5_000;

export interface FollowerParts {
  readonly settings: DockerLogsSettings;
  readonly context: SourceContext;
  readonly outbox: Outbox<undefined>;
  readonly events: RecordEvents;
  /** For a container that is not known: only what is written from now on. */
  readonly fromNow: boolean;
}

export class Follower {
  readonly #container: Listed;
  readonly #parts: FollowerParts;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #reading: Reading | undefined;
  #asked = new AbortController();
  #wake: (() => void) | undefined;
  #woken = false;
  #gone = false;
  /** Of reading what was passed over; then it is asked for again. */
  #mode: 'seek' | 'after' = 'seek';
  #refusal = '';

  constructor(container: Listed, parts: FollowerParts) {
    this.#container = container;
    this.#parts = parts;
    this.#running = this.#run();
  }

  /** It was started. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** It was removed: what is on its way is read to its end, and then it is forgotten. */
  remove(): void {
    this.#gone = true;
    this.wake();
  }

  /** Records whose end did not come leave. */
  look(nowMs: number, timeoutMs: number): void {
    const records = this.#reading?.records;
    for (const channel of [0, 1] as const) {
      const open = records?.open[channel];
      if (open !== undefined && nowMs - open.touchedMs >= timeoutMs) records?.finish(channel);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#asked.abort();
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      this.#woken = false;
      const outcome = await this.#once();
      if (this.#stop.signal.aborted) break;
      if (outcome === 'failed') {
        failures += 1;
        await this.#pause(backoffMs(backoff, failures, this.#parts.context.random));
        continue;
      }
      failures = 0;
      if (outcome === 'gone' || (outcome === 'ended' && this.#gone)) break;
      if (outcome === 'ended' && !this.#woken) await this.#pause();
    }
    this.#finish();
  }

  /** `again`: something is to be asked for anew at once. */
  async #once(): Promise<'ended' | 'again' | 'failed' | 'gone'> {
    const { settings, context } = this.#parts;
    try {
      this.#asked = new AbortController();
      const signal = AbortSignal.any([this.#stop.signal, this.#asked.signal]);
      const reading = this.#reading ?? (await this.#begin(signal));
      this.#reading = reading;
      const path = this.#question(reading);
      reading.begin(this.#mode);
      const answer = await follow(settings.socket, path, signal);
      this.#refusal = '';
      const outcome = await this.#read(reading, answer);
      if (outcome !== 'ended') return outcome;
      for (const channel of [0, 1] as const) reading.records.finish(channel);
      this.#parts.outbox.flush();
      const state = recordOf(recordOf(await ask(settings.socket, `/containers/${this.#container.id}/json`, signal)).State);
      return state.Running === true ? 'failed' : 'ended';
    } catch (cause) {
      if (cause instanceof EngineError) return this.#refused(cause);
      if (this.#asked.signal.aborted && !this.#stop.signal.aborted) return 'again';
      context.counters.errors += this.#stop.signal.aborted ? 0 : 1;
      return 'failed';
    }
  }

  #refused({ status, message }: EngineError): 'gone' | 'failed' | 'ended' {
    // Removed, or being removed.
    if (status === 404 || status === 409) return 'gone';
    this.#complain(message);
    // "configured logging driver does not support reading": that stays so until it is made anew.
    return /does not support reading/.test(message) ? 'ended' : 'failed';
  }

  #complain(reason: string): void {
    const { context } = this.#parts;
    if (this.#refusal !== reason) context.log.event('pipeline.docker.unreadable', { container: this.#container.name, reason });
    this.#refusal = reason;
    context.counters.errors += 1;
  }

  async #begin(signal: AbortSignal): Promise<Reading> {
    const { context, settings, events, fromNow } = this.#parts;
    const { id, name } = this.#container;
    const cursor = context.positions.cursor(context.name, id);
    if (typeof cursor.note.generation !== 'string') {
      const sinceMs = fromNow ? context.clock.now() : 0;
      cursor.note = { name, generation: randomBytes(8).toString('hex'), sinceMs };
    }
    const config = recordOf(recordOf(await ask(settings.socket, `/containers/${id}/json`, signal)).Config);
    const stream: Stream = {
      ...{ source: context.name, generation: String(cursor.note.generation), tags: settings.tags },
      format: settings.content === 'json' ? 'json' : 'text',
      labels: { ...containerLabels(this.#container, settings.labelsOf), ...settings.labels },
    };
    const reading = new Reading({
      ...{ cursor, stream, content: settings.content, terminal: config.Tty === true, events, counters: context.counters },
      rules: { maxLineBytes: settings.maxLineBytes, joinTimeoutMs: settings.joinTimeout },
    });
    reading.records.path = name;
    cursor.onRewind((to) => {
      reading.rewind(to);
      this.#mode = 'seek';
      this.#asked.abort();
      this.wake();
    });
    return reading;
  }

  #question(reading: Reading): string {
    const { settings, context } = this.#parts;
    const { id, name } = this.#container;
    const { place } = reading;
    const { sinceMs } = context.positions.cursor(context.name, id).note;
    const begin = typeof sinceMs === 'number' && sinceMs > 0 ? (sinceMs / 1000).toFixed(3) : '0';
    const since = place === undefined ? begin : sinceOf(place.stamp, this.#mode === 'seek' ? overlapMs : 0);
    context.log.event('pipeline.docker.following', { container: name, since });
    const streams = (['stdout', 'stderr'] as const).map((one) => `${one}=${settings.streams.includes(one) ? 1 : 0}`).join('&');
    return `/containers/${id}/logs?follow=1&timestamps=1&${streams}&since=${since}`;
  }

  async #read(reading: Reading, answer: AsyncIterable<Buffer> & { destroy(): void }): Promise<'ended' | 'again'> {
    const { outbox, context } = this.#parts;
    let lost = false;
    const cancel = context.clock.after(seekForMs, () => {
      lost = reading.giveUpSeeking();
      if (lost) answer.destroy();
    });
    try {
      for await (const chunk of answer) {
        if (outbox.full && !(await this.#room())) return 'ended';
        const taken = reading.take(chunk, context.clock.now());
        lost = taken === 'lost';
        if (typeof taken === 'object') this.#complain(taken.complaint);
        outbox.flush();
        if (lost) break;
      }
      if (!lost) reading.take(Buffer.alloc(0), context.clock.now(), true);
      if (!lost) lost = reading.giveUpSeeking();
    } catch (cause) {
      if (!lost) throw cause;
    } finally {
      cancel();
      answer.destroy();
    }
    if (!lost) {
      this.#mode = 'seek';
      return 'ended';
    }
    context.log.event('pipeline.docker.rotated-away', { container: this.#container.name, since: reading.place?.stamp });
    this.#mode = 'after';
    return 'again';
  }

  /** False: nothing more is wanted. */
  async #room(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<false>();
    const stopped = () => resolve(false);
    this.#stop.signal.addEventListener('abort', stopped, { once: true });
    const room = await Promise.race([this.#parts.outbox.room(), promise]);
    this.#stop.signal.removeEventListener('abort', stopped);
    return room && !this.#stop.signal.aborted;
  }

  async #pause(forMs?: number): Promise<void> {
    if (this.#woken || this.#stop.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const cancel = forMs === undefined ? () => {} : this.#parts.context.clock.after(forMs, resolve);
    await promise;
    cancel();
    this.#wake = undefined;
  }

  #finish(): void {
    const { context } = this.#parts;
    const cursor = context.positions.cursor(context.name, this.#container.id);
    if (!this.#stop.signal.aborted) {
      cursor.note = { ...cursor.note, goneMs: context.clock.now() };
      for (const channel of [0, 1] as const) this.#reading?.records.finish(channel);
      this.#parts.outbox.flush();
      return;
    }
    cursor.onRewind(undefined);
    this.#reading?.close();
  }
}
