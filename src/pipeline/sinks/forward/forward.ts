/** The `forward` sink. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Writer } from '../../proto/writer.ts';
import { compress } from '../../sending/compress.ts';
import { codeOf, type Destination, dial } from '../../sending/dial.ts';
import type { Outcome } from '../../sending/outcome.ts';
import type { LogStore, Parcel } from '../../sending/parcel.ts';
import { runsByKey } from '../../sending/runs.ts';
import { secretFile } from '../../sending/secret-file.ts';
import { logsOf, SendingSink } from '../../sending/sending-sink.ts';
import { type StallWatch, watchStalls } from '../../sending/stall-watch.ts';
import type { Sink, SinkContext } from '../../sink.ts';
import type { Stream } from '../../stream.ts';
import { ForwardConnection, Refused } from './connection.ts';
import { type EntryOptions, writeEntries } from './entries.ts';
import type { Secrets } from './handshake.ts';
import { packArray, packBinary, packInteger, packMap, packText } from './msgpack.ts';
import type { ForwardSettings } from './settings.ts';
import { tagOf } from './tag.ts';

export async function createForward(settings: ForwardSettings, context: SinkContext): Promise<Sink> {
  const receiver = new Receiver(settings, context);
  const keyOf = tagOf(settings.tag);
  return new SendingSink({
    context,
    to: `${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${settings.port}`,
    packing: { maxBytes: settings.batch.size, maxRecords: settings.batch.records, linger: settings.batch.linger },
    maxConcurrency: settings.concurrency,
    maxPendingBytes: settings.pending,
    metrics: 'lines',
    lanes: { count: settings.concurrency, keyOf },
    exchange: (parcel) => receiver.deliver(logsOf(parcel), keyOf),
    destroy: () => receiver.destroy(),
  });
}

interface Message {
  readonly bytes: Buffer;
  readonly chunk: string;
}

/** The connections to one receiver, each with one parcel under way. */
class Receiver {
  readonly #settings: ForwardSettings;
  readonly #context: SinkContext;
  readonly #entries: EntryOptions;
  readonly #secrets: () => Promise<Secrets | undefined>;
  readonly #idle: ForwardConnection[] = [];
  readonly #all = new Set<ForwardConnection>();
  readonly #stalls: StallWatch;
  #destroyed = false;

  constructor(settings: ForwardSettings, context: SinkContext) {
    this.#settings = settings;
    this.#context = context;
    this.#entries = { agent: context.agent, idField: settings.idField };
    this.#secrets = secretsOf(settings, context);
    this.#stalls = watchStalls({
      clock: context.clock,
      probe: async () => void (await dial(this.#destination(), { plane: context.plane, timeoutMs: settings.connectTimeout })).destroy(),
      cut: (reason) => {
        for (const connection of this.#all) connection.destroy(reason);
      },
    });
  }

  async deliver(parcel: Parcel<LogStore>, keyOf: (stream: Stream) => string): Promise<Outcome> {
    const messages = await this.#messages(parcel, keyOf);
    const first = await this.#attempt(messages);
    // A kept connection that the receiver had closed meanwhile says nothing about the receiver.
    return first.stale ? (await this.#attempt(messages)).outcome : first.outcome;
  }

  destroy(): void {
    this.#destroyed = true;
    this.#stalls.close();
    for (const connection of this.#all) connection.destroy();
  }

  async #attempt(messages: readonly Message[]): Promise<{ readonly outcome: Outcome; readonly stale: boolean }> {
    let connection: ForwardConnection | undefined;
    this.#stalls.started();
    try {
      connection = this.#kept() ?? (await this.#open());
      this.#context.counters.requests += messages.length;
      for (const { bytes } of messages) this.#context.counters.wireBytes += bytes.length;
      await connection.deliver(
        messages.map(({ bytes }) => bytes),
        new Set(messages.map(({ chunk }) => chunk)),
      );
      if (connection.keepalive && !this.#destroyed) this.#idle.push(connection);
      else this.#drop(connection);
      return { outcome: { kind: 'delivered' }, stale: false };
    } catch (error) {
      const stale = connection?.used === true && !this.#destroyed;
      if (connection !== undefined) this.#drop(connection);
      const reason = codeOf(error);
      return { outcome: { kind: error instanceof Refused ? 'denied' : 'unreachable', reason }, stale };
    } finally {
      this.#stalls.ended();
    }
  }

  #destination(): Destination {
    const { host, port, tls, encrypted } = this.#settings;
    return { host, port, tls: tls ?? (encrypted ? {} : undefined) };
  }

  #kept(): ForwardConnection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.open) return connection;
      this.#drop(connection);
    }
    return undefined;
  }

  async #open(): Promise<ForwardConnection> {
    const { timeout, connectTimeout } = this.#settings;
    const connection = await ForwardConnection.open({
      destination: this.#destination(),
      plane: this.#context.plane,
      timeoutMs: timeout,
      connectTimeoutMs: connectTimeout,
      secrets: this.#secrets,
    });
    this.#all.add(connection);
    if (this.#destroyed) connection.destroy();
    return connection;
  }

  #drop(connection: ForwardConnection): void {
    connection.destroy();
    this.#all.delete(connection);
  }

  /** One message for each tag: `[tag, entries, {"size": n, "chunk": id, "compressed": "gzip"}]`. */
  async #messages(parcel: Parcel<LogStore>, keyOf: (stream: Stream) => string): Promise<readonly Message[]> {
    const messages: Message[] = [];
    const zipped = this.#settings.compression === 'gzip';
    for (const [tag, runs] of runsByKey(parcel, keyOf)) {
      const entries = await compress(this.#settings.compression, writeEntries(parcel, runs, this.#entries));
      const chunk = randomBytes(16).toString('base64');
      const to = new Writer(entries.length + 512);
      packArray(to, 3);
      packText(to, tag);
      packBinary(to, entries);
      packMap(to, zipped ? 3 : 2);
      packText(to, 'size');
      packInteger(
        to,
        runs.reduce((sum, { from, to: end }) => sum + end - from, 0),
      );
      packText(to, 'chunk');
      packText(to, chunk);
      if (zipped) {
        packText(to, 'compressed');
        packText(to, 'gzip');
      }
      messages.push({ bytes: to.written(), chunk });
    }
    return messages;
  }
}

function secretsOf(settings: ForwardSettings, { clock }: SinkContext): () => Promise<Secrets | undefined> {
  const { sharedKeyFile, user } = settings;
  if (sharedKeyFile === undefined) return () => Promise.resolve(undefined);
  const sharedKey = secretFile(sharedKeyFile, clock);
  const password = user === undefined ? undefined : secretFile(user.passwordFile, clock);
  const own = settings.hostname ?? hostname();
  return async () => ({
    sharedKey: await sharedKey(),
    hostname: own,
    ...(user === undefined || password === undefined ? {} : { user: { name: user.name, password: await password() } }),
  });
}
