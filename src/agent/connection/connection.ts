/** The agent's connection to its server, as the rest of the agent sees it: what to report, and what comes in. */

export interface ConfigFile {
  readonly name: string;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** A configuration that the server wants to run here. `hash` is the server's, opaque. */
export interface RemoteConfig {
  readonly hash: Uint8Array;
  readonly files: readonly ConfigFile[];
}

export interface RemoteConfigReport {
  readonly hash: Uint8Array;
  readonly status: 'unset' | 'applying' | 'applied' | 'failed';
  readonly error: string;
}

/** One node of the health tree; `sinceMs` is the wall clock of the last change. */
export interface HealthNode {
  readonly healthy: boolean;
  readonly status: string;
  readonly lastError: string;
  readonly sinceMs: number;
  readonly components: Readonly<Record<string, HealthNode>>;
}

/**
 * What is reported. Setting a part replaces it; what is equal to the last report is not sent again (OpAMP's compressed state),
 * and everything is sent again when the server asks for the full state or is another one. Never rejects, never waits.
 */
export interface Report {
  description(identifying: Readonly<Record<string, string>>, attributes: Readonly<Record<string, string>>): void;
  health(root: HealthNode): void;
  /** Secrets are redacted before they come here. */
  effectiveConfig(files: readonly ConfigFile[]): void;
  remoteConfig(status: RemoteConfigReport): void;
}

export interface Inbound {
  /** The server offers a configuration whose hash is not the one reported last. Answers through `Report.remoteConfig`. */
  remoteConfig(config: RemoteConfig): void;
}

export type ConnectionState =
  | { readonly kind: 'searching'; readonly sinceMs: number; readonly reason: string }
  | {
      readonly kind: 'connected';
      readonly sinceMs: number;
      readonly server: string;
      readonly transport: 'websocket' | 'http';
      readonly localAddress: string;
    }
  | { readonly kind: 'waiting'; readonly sinceMs: number; readonly untilMs: number; readonly reason: string };

export interface Connection extends AsyncDisposable {
  readonly uid: string;
  readonly report: Report;
  state(): ConnectionState;
  onState(listener: (state: ConnectionState) => void): () => void;
  /**
   * Sends a custom message (see protocol/) and resolves when the server has answered it: then it is the server's. Rejects when the
   * connection ends before, or the server does not know the capability; the caller keeps the data and tries again.
   */
  send(capability: string, type: string, data: Uint8Array): Promise<void>;
}
