/**
 * What the server must not forget, as keys and values with revisions. The shape is etcd's (revisions, compare-and-swap,
 * watches, leases), so that several servers can share an etcd where one machine keeps a file of SQLite.
 *
 * Contract for every store (contract.ts is its test suite):
 * - a commit is all or nothing, and durable when its promise resolves: neither `kill -9` nor a power cut takes it back;
 * - revisions are positive integers that only grow, across restarts too; one commit is one revision;
 * - reads see every commit whose promise has resolved (linearizable);
 * - keys are printable ASCII without spaces, at most 512 characters, `/` parts them; values are texts of at most 1 MiB;
 * - a call that cannot be carried out rejects with FairleadError FAIRLEAD_STORE_*; nothing was changed then, except where the
 *   error says that the outcome is unknown.
 */
export interface Entry {
  readonly key: string;
  readonly value: string;
  /** Revision of the commit that made the key; a key that was deleted and put again has a new one. */
  readonly createRevision: number;
  /** Revision of the commit that last wrote the key: what a condition compares. */
  readonly modRevision: number;
  readonly leaseId?: string;
}

/** Holds when the key's `modRevision` is this one; 0 means that there is no such key. */
export interface Condition {
  readonly key: string;
  readonly modRevision: number;
}

export type Change =
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly leaseId?: string }
  | { readonly kind: 'delete'; readonly key: string };

export interface Commit {
  /** All must hold, or nothing is changed. None: the changes are made whatever is there. */
  readonly conditions?: readonly Condition[];
  /** No key twice. At most 1,000 (etcd's own bound is configurable and lower: a store splits nothing, it rejects). */
  readonly changes: readonly Change[];
}

export type CommitResult =
  | { readonly ok: true; readonly revision: number }
  /** Keys whose condition did not hold: somebody else was faster. Read again and decide anew. */
  | { readonly ok: false; readonly conflicts: readonly string[] };

export interface StoreEvent {
  readonly kind: 'put' | 'delete';
  readonly key: string;
  /** The entry after a put; undefined after a delete or an expired lease. */
  readonly entry?: Entry;
  readonly revision: number;
}

export interface ListOptions {
  /** Keys greater than this one: the last key of the page before. */
  readonly after?: string;
  readonly limit?: number;
}

export interface Listing {
  /** In ascending order of keys. */
  readonly entries: readonly Entry[];
  /** The listing is the state at this revision: watch from `revision` on to miss nothing. */
  readonly revision: number;
  readonly more: boolean;
}

export interface Lease extends AsyncDisposable {
  readonly id: string;
  /** Starts the time anew. False: it has expired, and its keys are gone. */
  keepAlive(): Promise<boolean>;
}

export interface Store extends AsyncDisposable {
  get(key: string): Promise<Entry | undefined>;
  list(prefix: string, options?: ListOptions): Promise<Listing>;
  commit(commit: Commit): Promise<CommitResult>;
  /**
   * Every event of keys with this prefix after revision `after`, in order, those of one commit together; ends when the signal
   * aborts or the store closes. Rejects with FAIRLEAD_STORE_COMPACTED when `after` is older than the history that is kept
   * (at least the last 10,000 revisions): list again, and watch from there.
   */
  watch(prefix: string, after: number, signal: AbortSignal): AsyncIterable<readonly StoreEvent[]>;
  /** Keys put with its id vanish when nobody keeps it alive for `ttlMs`. Meant for servers and leadership, never one per agent. */
  lease(ttlMs: number): Promise<Lease>;
}
