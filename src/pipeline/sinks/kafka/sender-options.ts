/** What sending needs to know of the rest of the sink. */
import type { SinkContext } from '../../sink.ts';
import type { Connection } from './connect/connection.ts';
import type { Notices } from './notices.ts';
import type { Offered } from './protocol/apis.ts';
import type { ProducerId } from './protocol/init-producer-id.ts';
import type { KafkaSettings } from './settings.ts';
import type { Topic } from './topic.ts';
import type { WireBatch } from './wire-batch.ts';

/** A broker, as far as records are sent to it. */
export interface SendingNode {
  readonly link: {
    readonly to: string;
    readonly offered: Offered;
    readonly connection: Pick<Connection, 'send' | 'end'> | undefined;
    answered(tookMs: number): void;
  };
  inFlightBytes: number;
  throttledUntilMs: number;
}

export interface SendingCluster {
  readonly nodes: ReadonlyMap<number, SendingNode>;
  readonly topics: ReadonlyMap<string, Topic>;
  /** How many brokers are connected. */
  readonly up: number;
  refresh(): void;
}

export interface SenderOptions {
  readonly settings: KafkaSettings;
  readonly context: Pick<SinkContext, 'clock' | 'log' | 'random' | 'counters'>;
  readonly cluster: SendingCluster;
  readonly identity: { readonly current: ProducerId | undefined; renew(): void };
  readonly notices: Notices;
  /** It is there, and acknowledged: everything of it can be let go. */
  onDelivered(batch: WireBatch): void;
  /** Takes returned batches apart, or makes them anew, as their `mend` says; what comes back takes their place. */
  mend(batch: WireBatch): Promise<readonly WireBatch[]>;
  /** Something can be sent, later: `pump` has to be called then (monotonic). */
  wakeAt(ms: number): void;
}

/** Without idempotence. */
export const nobody: ProducerId = { id: -1n, epoch: -1 };
