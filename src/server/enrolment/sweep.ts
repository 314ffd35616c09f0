/** Removes what nobody will ask for again: tokens long over and their claims, claims of agents that are gone, outdated requests. */
import type { Entry, Store } from '../store/store.ts';
import { claimPrefix, claimRecord, type EnrolParts } from './enrol.ts';
import { pendingPrefix, pendingRecord } from './pending.ts';
import { entriesOf, readToken, tokenPrefix } from './tokens.ts';

const day = 86_400_000;
/** So long a token that is over is still listed. */
const rememberedMs = 30 * day;

export async function sweep(parts: EnrolParts): Promise<void> {
  const { store, clock, fleet, pending } = parts;
  const nowMs = clock.now();
  const usable = new Set<string>();
  const gone: Entry[] = [];
  for await (const entry of entriesOf(store, tokenPrefix)) {
    const token = readToken(entry);
    const endMs = token.revokedAtMs ?? token.expiresAtMs;
    if (nowMs < endMs) usable.add(token.id);
    else if (nowMs >= endMs + rememberedMs) gone.push(entry);
  }
  for await (const entry of entriesOf(store, claimPrefix)) {
    const [tokenId = ''] = entry.key.slice(claimPrefix.length).split('/');
    const { uid, atMs } = claimRecord.parse(JSON.parse(entry.value));
    // A young claim stays: the answer may just now be asked for again, after an approval even with a token that is over.
    if (nowMs >= atMs + day && (!usable.has(tokenId) || fleet.get(uid) === undefined)) gone.push(entry);
  }
  for await (const entry of entriesOf(store, pendingPrefix)) {
    const record = pendingRecord.parse(JSON.parse(entry.value));
    if (pending.outdated(record)) gone.push(entry);
  }
  await removeUnchanged(store, gone);
}

/** What was written since stays: each in its own commit, so that one conflict does not keep the others. */
async function removeUnchanged(store: Store, entries: readonly Entry[]): Promise<void> {
  for (const { key, modRevision } of entries) {
    await store.commit({ conditions: [{ key, modRevision }], changes: [{ kind: 'delete', key }] });
  }
}
