/** A connection for tests: what is reported and sent is kept, and the test says when it is up. */
import type { ConfigFile, Connection, ConnectionState, HealthNode, RemoteConfigReport } from '../connection/connection.ts';

export interface Sent {
  readonly capability: string;
  readonly type: string;
  readonly value: unknown;
}

export interface TestConnection extends Connection {
  readonly sent: Sent[];
  readonly statuses: RemoteConfigReport[];
  readonly healths: HealthNode[];
  readonly configs: (readonly ConfigFile[])[];
  become(state: ConnectionState): void;
  connect(): void;
  disconnect(reason: string): void;
  /** What `send` does; undefined takes everything at once. */
  answer: ((message: Sent) => Promise<void>) | undefined;
  /** Resolves with the first message, old or new, for which `test` holds. */
  waitFor(test: (message: Sent) => boolean): Promise<Sent>;
  /** Resolves when a status with this word was reported, old or new; for this first byte of a hash, where one is given. */
  status(word: RemoteConfigReport['status'], hash?: number): Promise<RemoteConfigReport>;
}

export function testConnection(): TestConnection {
  let state: ConnectionState = { kind: 'searching', sinceMs: Date.now(), reason: 'not tried yet' };
  const listeners = new Set<(state: ConnectionState) => void>();
  const watchers = new Set<() => void>();
  const wake = () => {
    for (const watcher of [...watchers]) watcher();
  };
  /** Polls `look` whenever something came in. */
  const until = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const watcher = () => {
        const found = look();
        if (found === undefined) return;
        watchers.delete(watcher);
        resolve(found);
      };
      watchers.add(watcher);
      watcher();
    });
  const connection: TestConnection = {
    uid: '0192f1d0-0000-7000-8000-000000000001',
    sent: [],
    statuses: [],
    healths: [],
    configs: [],
    answer: undefined,
    report: {
      description() {},
      health: (root) => void connection.healths.push(root),
      effectiveConfig: (files) => void connection.configs.push(files),
      remoteConfig(status) {
        connection.statuses.push(status);
        wake();
      },
    },
    state: () => state,
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    become(next) {
      state = next;
      for (const listener of [...listeners]) listener(next);
    },
    connect: () =>
      connection.become({
        kind: 'connected',
        sinceMs: Date.now(),
        server: 'wss://192.0.2.1:8443',
        transport: 'websocket',
        localAddress: '192.0.2.10',
      }),
    disconnect: (reason) => connection.become({ kind: 'waiting', sinceMs: Date.now(), untilMs: Date.now() + 1_000, reason }),
    async send(capability, type, data) {
      if (state.kind !== 'connected') throw new Error('not connected');
      const message: Sent = { capability, type, value: JSON.parse(new TextDecoder().decode(data)) };
      await connection.answer?.(message);
      connection.sent.push(message);
      wake();
    },
    waitFor: (test) => until(() => connection.sent.find(test)),
    status: (word, first) =>
      until(() => connection.statuses.findLast(({ status, hash }) => status === word && (first === undefined || hash[0] === first))),
    async [Symbol.asyncDispose]() {},
  };
  return connection;
}
