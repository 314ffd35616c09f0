/** The producer id that all partitions share, as soon as a broker has given one, and a new one when it is not accepted any more. */
import { backoffMs } from '../../../core/backoff.ts';
import type { SinkContext } from '../../sink.ts';
import type { Cluster } from './cluster.ts';
import type { Notices } from './notices.ts';
import { commonVersion, initProducerIdApi } from './protocol/apis.ts';
import { errorName } from './protocol/errors.ts';
import type { ProducerId } from './protocol/init-producer-id.ts';
import { initProducerIdRequest, readInitProducerId } from './protocol/init-producer-id.ts';

const retry = { firstMs: 50, maxMs: 1_000 };

export interface IdentityOptions {
  readonly context: SinkContext;
  readonly cluster: Cluster;
  readonly notices: Notices;
  readonly requestTimeoutMs: number;
  readonly onKnown: () => void;
}

export class Identity {
  readonly #options: IdentityOptions;
  #current: ProducerId | undefined;
  #asking = false;
  #failures = 0;
  #stopTimer = () => {};
  #closed = false;

  constructor(options: IdentityOptions) {
    this.#options = options;
  }

  get current(): ProducerId | undefined {
    return this.#current;
  }

  /** Asks for one, when there is none and a broker is up. */
  want(): void {
    if (this.#current === undefined && !this.#asking && !this.#closed) void this.#ask();
  }

  /** The present one is of no use any more. */
  renew(): void {
    this.#current = undefined;
    this.want();
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer();
  }

  async #ask(): Promise<void> {
    const { cluster, context, notices, requestTimeoutMs, onKnown } = this.#options;
    const node = cluster.anyUp();
    const { connection, offered } = node?.link ?? {};
    if (connection === undefined || offered === undefined) return; // `want` is called again when one is up
    this.#asking = true;
    const answer = await this.#askOne(connection, offered, requestTimeoutMs);
    if (this.#closed) return;
    if (typeof answer === 'string') {
      this.#failures += 1;
      notices.begin('producer id', answer, 'pipeline.kafka.no-producer-id', {});
      this.#stopTimer = context.clock.after(backoffMs(retry, this.#failures, context.random), () => {
        this.#asking = false;
        this.want();
      });
      return;
    }
    this.#asking = false;
    this.#failures = 0;
    this.#current = answer;
    notices.end('producer id');
    context.log.event('pipeline.kafka.producer-id', { producerId: String(answer.id) });
    onKnown();
  }

  async #askOne(
    connection: NonNullable<ReturnType<Cluster['anyUp']>>['link']['connection'] & {},
    offered: NonNullable<ReturnType<Cluster['anyUp']>>['link']['offered'],
    timeoutMs: number,
  ): Promise<ProducerId | string> {
    const version = commonVersion(initProducerIdApi, offered);
    if (version === undefined)
      return 'the broker knows no idempotent producers: it is older than Kafka 0.11 (idempotent: false does without)';
    const answer = await connection.ask(initProducerIdApi, version, initProducerIdRequest(version), timeoutMs);
    if (!answer.ok) return answer.sentence;
    const read = readInitProducerId(answer.body, version);
    if (read === undefined) return 'its answer to InitProducerId cannot be read';
    return read.error === 0 ? { id: read.id, epoch: read.epoch } : `the broker gives none: ${errorName(read.error)}`;
  }
}
