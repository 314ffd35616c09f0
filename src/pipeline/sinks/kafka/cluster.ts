/**
 * What is known of the cluster: its brokers, each with a link, and who leads which partition. Asked again whenever a partition has no leader or
 * an answer says that we are wrong, and every five minutes.
 */
import { backoffMs } from '../../../core/backoff.ts';
import type { SinkContext, SinkLink } from '../../sink.ts';
import { askFirst } from './connect/bootstrap.ts';
import type { Connection } from './connect/connection.ts';
import { Link } from './connect/link.ts';
import type { OpenOptions } from './connect/open.ts';
import type { Notices } from './notices.ts';
import type { Offered } from './protocol/apis.ts';
import { commonVersion, metadataApi } from './protocol/apis.ts';
import { errorName } from './protocol/errors.ts';
import type { BrokerEntry, Metadata, TopicEntry } from './protocol/metadata.ts';
import { metadataRequest, readMetadata } from './protocol/metadata.ts';
import type { BrokerAddress, KafkaSettings } from './settings.ts';
import type { Topic } from './topic.ts';
import { newPartition, newTopic } from './topic.ts';

export interface Node {
  readonly id: number;
  readonly link: Link;
  /** Bytes of requests that have no answer yet. */
  inFlightBytes: number;
  /** Nothing before this (monotonic): the broker asked for a pause. */
  throttledUntilMs: number;
}

export interface ClusterOptions {
  readonly settings: KafkaSettings;
  readonly context: SinkContext;
  readonly open: OpenOptions;
  readonly notices: Notices;
  /** A link, a leader or the set of partitions is another one. */
  readonly onChange: () => void;
}

const refreshMs = 300_000;
const again = { firstMs: 100, maxMs: 1_000 };

export class Cluster {
  readonly nodes = new Map<number, Node>();
  readonly topics = new Map<string, Topic>();
  readonly #options: ClusterOptions;
  readonly #gone = new AbortController();
  #asking = false;
  #wanted = false;
  #attempts = 0;
  #stopTimer: (() => void) | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #from: string | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  topic(name: string): Topic {
    const known = this.topics.get(name);
    if (known !== undefined) return known;
    const topic = newTopic(name);
    this.topics.set(name, topic);
    this.refresh();
    return topic;
  }

  /** Asks for the metadata soon; several wishes at once are one question. */
  refresh(): void {
    this.#wanted = true;
    if (this.#asking || this.#gone.signal.aborted) return;
    const { clock, random } = this.#options.context;
    const soonMs = this.#attempts === 0 ? 0 : backoffMs(again, this.#attempts, random);
    // Many wishes in a row must not put off what is due already.
    if (clock.monotonicMs() + soonMs < this.#dueMs) this.#at(soonMs);
  }

  /** A link that is up, the one with the least to do. */
  anyUp(): Node | undefined {
    let best: Node | undefined;
    for (const node of this.nodes.values())
      if (node.link.connection !== undefined && (best === undefined || node.inFlightBytes < best.inFlightBytes)) best = node;
    return best;
  }

  get up(): number {
    let count = 0;
    for (const { link } of this.nodes.values()) if (link.connection !== undefined) count += 1;
    return count;
  }

  links(): readonly SinkLink[] {
    if (this.nodes.size === 0) {
      const reason = this.#options.notices.reasonOf('metadata');
      return this.#options.settings.brokers.map(({ host, port }) => ({
        to: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
        state: reason === undefined ? 'idle' : 'down',
        ...(reason === undefined ? {} : { reason }),
      }));
    }
    return [...this.nodes.values()].map(({ link }) => ({
      to: link.to,
      state: link.connection !== undefined ? 'up' : link.reason === undefined ? 'idle' : 'down',
      ...(link.reason === undefined ? {} : { reason: link.reason }),
    }));
  }

  problem(): string | undefined {
    const { notices, settings } = this.#options;
    if (this.nodes.size === 0) return notices.reasonOf('metadata');
    if (this.up > 0) return undefined;
    const [down] = [...this.nodes.values()].filter(({ link }) => link.reason !== undefined);
    if (down === undefined) return undefined;
    const listed = settings.brokers.some(({ host, port }) => host === down.link.host && port === down.link.port);
    // The classic of advertised.listeners: the first contact works, and then it names an address that we cannot reach.
    const hint = listed || this.#from === undefined ? '' : ` (${this.#from} names it as broker ${down.id}: see its advertised.listeners)`;
    return `no broker can be used; ${down.link.to}${hint}: ${down.link.reason}`;
  }

  close(): void {
    this.#gone.abort();
    this.#stopTimer?.();
    for (const { link } of this.nodes.values()) link.close();
  }

  #at(delayMs: number): void {
    const { clock } = this.#options.context;
    this.#stopTimer?.();
    this.#dueMs = clock.monotonicMs() + delayMs;
    this.#stopTimer = clock.after(delayMs, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    if (this.#asking || this.topics.size === 0) return;
    this.#asking = true;
    this.#wanted = false;
    const asked = [...this.topics.keys()];
    const answer = await this.#askAnyone(asked);
    this.#asking = false;
    if (this.#gone.signal.aborted) return;
    if (typeof answer === 'string') this.#failed(answer);
    else this.#apply(answer);
    const complete = typeof answer !== 'string' && asked.length === this.topics.size && !this.#wanted && this.#complete();
    this.#attempts = complete ? 0 : this.#attempts + 1;
    this.#at(complete ? refreshMs : backoffMs(again, this.#attempts, this.#options.context.random));
    this.#options.onChange();
  }

  /** Of what is known, or, when none of it can be reached, the brokers of the settings from the first on. */
  async #askAnyone(topics: readonly string[]): Promise<Metadata | string> {
    const up = this.anyUp();
    const { connection } = up?.link ?? {};
    if (up !== undefined && connection !== undefined) {
      this.#from = up.link.to;
      return this.#askOne(connection, up.link.offered, topics);
    }
    const { settings, open } = this.#options;
    const first = await askFirst(settings.brokers, open, this.#gone.signal, async (connection, offered, broker: BrokerAddress) => {
      this.#from = `${broker.host}:${broker.port}`;
      return this.#askOne(connection, offered, topics);
    });
    return first;
  }

  async #askOne(connection: Connection, offered: Offered, topics: readonly string[]): Promise<Metadata | string> {
    const version = commonVersion(metadataApi, offered);
    if (version === undefined) return 'the broker is too old: it speaks no version of Metadata that is spoken here';
    const { requestTimeout, createTopics } = this.#options.settings;
    const answer = await connection.ask(metadataApi, version, metadataRequest(version, topics, createTopics), requestTimeout);
    if (!answer.ok) return answer.sentence;
    const metadata = readMetadata(answer.body, version);
    if (metadata === undefined) return 'its answer to Metadata cannot be read';
    return metadata.brokers.length === 0 ? 'it knows no brokers yet' : metadata;
  }

  #failed(reason: string): void {
    this.#options.notices.begin('metadata', reason, 'pipeline.kafka.no-metadata', {});
  }

  #apply(metadata: Metadata): void {
    this.#options.notices.end('metadata', 'pipeline.kafka.metadata-again');
    this.#applyBrokers(metadata.brokers);
    for (const entry of metadata.topics) this.#applyTopic(entry);
    const leading = new Set([...this.topics.values()].flatMap(({ partitions }) => partitions.map(({ leader }) => leader)));
    for (const node of this.nodes.values()) if (leading.has(node.id)) node.link.connect();
    // Somebody has to be asked for a producer id and for metadata even when nothing has a leader.
    if (this.up === 0) for (const node of this.nodes.values()) node.link.connect();
  }

  #applyBrokers(brokers: readonly BrokerEntry[]): void {
    for (const [id, { link }] of this.nodes) {
      if (brokers.some((broker) => broker.id === id && broker.host === link.host && broker.port === link.port)) continue;
      this.nodes.delete(id);
      this.#options.notices.end(`broker ${link.to}`);
      link.close();
    }
    for (const { id, host, port } of brokers)
      if (!this.nodes.has(id))
        this.nodes.set(id, { id, link: this.#link(host, port), inFlightBytes: 0, throttledUntilMs: Number.NEGATIVE_INFINITY });
  }

  #link(host: string, port: number): Link {
    const { open, context, notices, onChange } = this.#options;
    const link: Link = new Link(host, port, {
      ...open,
      random: context.random,
      onUp: () => {
        notices.end(`broker ${link.to}`);
        context.log.event('pipeline.kafka.connected', { broker: link.to, localAddress: link.connection?.localAddress });
        onChange();
      },
      onDown: (reason, wasUp) => {
        if (this.#gone.signal.aborted) return;
        if (wasUp) context.log.event('pipeline.kafka.lost', { broker: link.to, reason });
        else notices.begin(`broker ${link.to}`, reason, 'pipeline.kafka.unreachable', { broker: link.to });
        this.refresh();
        onChange();
      },
    });
    return link;
  }

  #applyTopic({ error, name, partitions }: TopicEntry): void {
    const topic = this.topics.get(name);
    if (topic === undefined) return;
    const { notices } = this.#options;
    // 5: it was created just now.
    if (error !== 0 && error !== 5) notices.begin(`topic ${name}`, errorName(error), 'pipeline.kafka.topic-unusable', { topic: name });
    else notices.end(`topic ${name}`, 'pipeline.kafka.topic-usable', { topic: name });
    if (partitions.length === 0) {
      for (const partition of topic.partitions) partition.leader = -1;
      return;
    }
    const count = Math.max(...partitions.map(({ index }) => index)) + 1;
    while (topic.partitions.length < Math.min(count, mostPartitions)) topic.partitions.push(newPartition(topic, topic.partitions.length));
    for (const partition of topic.partitions) {
      const entry = partitions.find(({ index }) => index === partition.index);
      const leader = entry?.leader ?? -1;
      if (leader !== partition.leader) partition.notBeforeMs = 0;
      partition.leader = leader;
    }
  }

  /** Everything that is asked for has a leader. */
  #complete(): boolean {
    for (const { partitions } of this.topics.values())
      if (partitions.length === 0 || partitions.some(({ leader }) => !this.nodes.has(leader))) return false;
    return true;
  }
}

/** Kafka itself advises against more than 200,000 in a whole cluster. */
const mostPartitions = 100_000;
