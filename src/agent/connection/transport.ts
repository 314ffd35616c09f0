/** One open connection to a server, over either of OpAMP's transports. */
import type { AgentToServer, ServerToAgent } from '../../protocol/opamp.ts';

/** Why a connection, or the attempt at one, is over. */
export type Ended =
  /** Broken, closed, silent, unreachable: another try is right. */
  | { readonly kind: 'lost'; readonly sentence: string }
  /** The server asks for a pause. */
  | { readonly kind: 'unavailable'; readonly sentence: string; readonly retryAfterMs: number | undefined }
  /** The server does not want this agent. `code` is the server's: `expired`, `revoked`, … or `http-401`. */
  | { readonly kind: 'refused'; readonly sentence: string; readonly code: string }
  /** Not our server: nothing was said. */
  | { readonly kind: 'untrusted'; readonly sentence: string }
  /** The server is elsewhere. */
  | { readonly kind: 'redirected'; readonly sentence: string; readonly location: string }
  /** We cannot speak from where we must. */
  | { readonly kind: 'plane'; readonly sentence: string }
  /** We ended it. */
  | { readonly kind: 'closed' };

export type SendResult =
  | { readonly ok: true; readonly bytes: number }
  | { readonly ok: false; readonly bytes: number; readonly limit: number };

export interface TransportListener {
  message(message: ServerToAgent, bytes: number): void;
  /** A message of the server's that cannot be read; the connection goes on unless `ended` follows. */
  malformed(sentence: string): void;
  /** The peer is there, although it said nothing that concerns us. */
  alive(): void;
  /** `ready` may have become true. */
  drained(): void;
  /** Called once, and nothing after it. */
  ended(ended: Ended): void;
}

export interface Transport {
  readonly kind: 'websocket' | 'http';
  readonly url: string;
  readonly localAddress: string;
  /** Each message of the server's is the answer to one of ours; false: it may also speak of its own accord. */
  readonly strictlyAnswers: boolean;
  /** Must be called once, before anything is sent. */
  listen(listener: TransportListener): void;
  /** Whether a message may be sent now: over HTTP one at a time, over WebSocket while the socket takes them. */
  ready(): boolean;
  /** Not sent when it is larger than the limit: the specification forbids it. */
  send(message: AgentToServer): SendResult;
  /** Asks the peer for a sign of life without a message of OpAMP. */
  probe(): void;
  /** Ends in order: what was sent is delivered before. Resolves when it is over, or after `limitMs`. */
  close(limitMs: number): Promise<void>;
  /** At once. */
  destroy(): void;
}

export type Opened = { readonly ok: true; readonly transport: Transport } | { readonly ok: false; readonly ended: Ended };
