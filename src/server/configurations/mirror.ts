/**
 * What is stored, in memory: read once, kept up by this server's own commits and by a watch on everybody else's. Every key has
 * the revision that wrote it, so that a commit of ours and its echo in the watch, in either order, come to the same.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { FairleadError } from '../../core/errors.ts';
import type { Change, Condition, Entry, Store } from '../store/store.ts';
import type { AgentRecord, AssignmentRecord, HeadRecord, QuarantineRecord, RolloutRecord, VersionRecord } from './records.ts';
import { schemas, statePrefix } from './records.ts';
import type { Stored } from './rules.ts';

export interface Mirror extends AsyncDisposable {
  readonly stored: Stored;
  readonly agents: ReadonlyMap<string, AgentRecord>;
  /** What a condition on the key has to say. */
  revisionOf(key: string): number;
  /** False: somebody was faster; what they wrote is in memory then, so decide anew. True: the changes are in memory. */
  commit(conditions: readonly Condition[], changes: readonly Change[]): Promise<boolean>;
}

export interface MirrorOptions {
  readonly store: Store;
  /** After every change, with the kinds of what changed (`heads`, `agents`, …). */
  readonly changed: (kinds: ReadonlySet<Kind>, uids: readonly string[]) => void;
  /** A record that this version cannot read, or a watch that broke: it is tried again. */
  readonly trouble: (what: string, cause: unknown) => void;
}

type Kind = keyof typeof schemas;
const isKind = (text: string): text is Kind => Object.hasOwn(schemas, text);
const pageSize = 1_000;
const retryAfterMs = 1_000;

export async function openMirror({ store, changed, trouble }: MirrorOptions): Promise<Mirror> {
  const heads = new Map<string, HeadRecord>();
  const versions = new Map<string, Map<number, VersionRecord>>();
  const assignments = new Map<string, AssignmentRecord>();
  const rollouts = new Map<string, RolloutRecord>();
  const quarantine = new Map<string, QuarantineRecord>();
  const agents = new Map<string, AgentRecord>();
  /** Of deleted keys too, negative then: an old echo must not bring them back. */
  const revisions = new Map<string, number>();
  const closing = new AbortController();

  /** Puts one record into its map. False: it is none that this version understands; it is left out and not touched. */
  function place(kind: Kind, key: string, text: string | undefined): boolean {
    const id = key.slice(statePrefix.length + kind.length + 1);
    if (kind === 'versions') return placeVersion(id, text);
    const map = { heads, assignments, quarantine, agents, rollouts }[kind];
    const name = kind === 'rollouts' ? String(Number(id)) : id;
    if (text === undefined) {
      map.delete(name);
      return true;
    }
    const parsed = schemas[kind].safeParse(parseJson(text));
    // The schema of a kind gives the records of its map; the compiler does not see that the two lookups go together.
    if (parsed.success) (map as Map<string, unknown>).set(name, parsed.data);
    return parsed.success;
  }

  function placeVersion(id: string, text: string | undefined): boolean {
    const slash = id.lastIndexOf('/');
    const [name, number] = [id.slice(0, slash), Number(id.slice(slash + 1))];
    const parsed = text === undefined ? undefined : schemas.versions.safeParse(parseJson(text));
    const known = versions.get(name) ?? new Map<number, VersionRecord>();
    if (parsed?.success) versions.set(name, known.set(number, parsed.data));
    else if (known.delete(number) && known.size === 0) versions.delete(name);
    return parsed === undefined || parsed.success;
  }

  /** Applies what is newer than what is known, and says it once for all of them. */
  function apply(events: readonly { readonly key: string; readonly entry?: Pick<Entry, 'value'>; readonly revision: number }[]): void {
    const kinds = new Set<Kind>();
    const uids: string[] = [];
    for (const { key, entry, revision } of events) {
      if (revision <= Math.abs(revisions.get(key) ?? 0)) continue;
      revisions.set(key, entry === undefined ? -revision : revision);
      const [kind = '', id = ''] = key.slice(statePrefix.length).split('/', 2);
      if (!isKind(kind)) continue;
      if (!place(kind, key, entry?.value)) trouble(`the record ${key} is not understood`, undefined);
      kinds.add(kind);
      if (kind === 'agents') uids.push(id);
    }
    if (kinds.size > 0) changed(kinds, uids);
  }

  /** The watch would bring it as well, later. */
  async function refresh(key: string): Promise<void> {
    // A listing says at which revision a key was not there; `get` does not.
    const { entries, revision } = await store.list(key, { limit: 1 });
    const entry = entries.find((one) => one.key === key);
    apply([entry === undefined ? { key, revision } : { key, entry, revision: entry.modRevision }]);
  }

  async function load(): Promise<number> {
    const seen = new Set<string>();
    let after = '';
    let revision: number | undefined;
    for (;;) {
      const page = await store.list(statePrefix, after === '' ? { limit: pageSize } : { limit: pageSize, after });
      // Of the first page: what changes while the others are read is watched, and read again harmlessly.
      revision ??= page.revision;
      for (const { key } of page.entries) seen.add(key);
      apply(page.entries.map((entry) => ({ key: entry.key, entry, revision: entry.modRevision })));
      const last = page.entries.at(-1);
      if (!page.more || last === undefined) break;
      after = last.key;
    }
    const gone = [...revisions].filter(([key, known]) => known > 0 && known <= revision && !seen.has(key));
    apply(gone.map(([key]) => ({ key, revision })));
    return revision;
  }

  async function follow(from: number): Promise<void> {
    let revision = from;
    while (!closing.signal.aborted) {
      try {
        for await (const events of store.watch(statePrefix, revision, closing.signal)) {
          apply(events);
          revision = events.at(-1)?.revision ?? revision;
        }
        // It ends without an error only when the store closes or we do.
        return;
      } catch (thrown) {
        if (closing.signal.aborted) return;
        const compacted = thrown instanceof FairleadError && thrown.code === 'FAIRLEAD_STORE_COMPACTED';
        if (!compacted) trouble('the watch on the store broke', thrown);
        await sleep(compacted ? 0 : retryAfterMs, undefined, { signal: closing.signal, ref: false }).catch(() => {});
        try {
          if (!closing.signal.aborted) revision = await load();
        } catch (again) {
          trouble('the store cannot be read', again);
        }
      }
    }
  }

  const following = follow(await load());
  return {
    stored: { heads, versions, assignments, rollouts, quarantine },
    agents,
    revisionOf: (key) => Math.max(0, revisions.get(key) ?? 0),
    async commit(conditions, changes) {
      const result = await store.commit({ conditions, changes });
      if (!result.ok) {
        await Promise.all(result.conflicts.filter((key) => key.startsWith(statePrefix)).map(refresh));
        return false;
      }
      const { revision } = result;
      apply(changes.map((change) => ({ key: change.key, revision, ...(change.kind === 'put' ? { entry: { value: change.value } } : {}) })));
      return true;
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await following;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
