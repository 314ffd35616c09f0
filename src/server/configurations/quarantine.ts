/** Versions that nobody gets, or that one agent does not get: listed, and taken out by an operator only. */
import type { AgentBook } from './agent-book.ts';
import type { Outcome, QuarantineEntry, Refusal } from './configurations.ts';
import { type Context, carryOut, type Plan, refusal, unchanged } from './context.ts';
import { type AgentRecord, keys } from './records.ts';

export function ownQuarantine(record: AgentRecord | undefined): readonly QuarantineEntry[] {
  return (record?.bad ?? []).map(({ hash, name: configuration, version, reason, sinceMs }) => ({
    ...{ hash, configuration, version, reason, sinceMs },
    uid: record?.uid ?? '',
  }));
}

export function listQuarantine({ mirror }: Context, book: AgentBook): readonly QuarantineEntry[] {
  const fleet = [...mirror.stored.quarantine.values()].map(({ rollout, ...rest }) => (rollout === undefined ? rest : { ...rest, rollout }));
  return [...fleet, ...[...book.all()].flatMap(ownQuarantine)];
}

/** Without a uid: for the fleet and for every single agent. The result says which agents it was taken from. */
export async function clearQuarantine(
  context: Context,
  book: AgentBook,
  hash: string,
  uid: string | undefined,
  actor: string,
): Promise<Outcome<readonly string[]>> {
  const { mirror, log } = context;
  const holding = (uid === undefined ? [...book.all()] : [book.get(uid)])
    .filter((record) => record?.bad.some((bad) => bad.hash === hash))
    .map((record) => record?.uid ?? '');
  const outcome = await carryOut(mirror, (): Plan<readonly string[]> | Refusal => {
    const known = uid === undefined && mirror.stored.quarantine.has(hash);
    if (!known && holding.length === 0)
      return refusal('not-found', `${hash} is not in quarantine${uid === undefined ? '' : ` for ${uid}`}`, 'list the quarantine');
    const key = keys.quarantine(hash);
    return known
      ? { conditions: unchanged(mirror, key), changes: [{ kind: 'delete', key }], done: () => holding }
      : { conditions: [], changes: [], done: () => holding };
  });
  if (!outcome.ok) return outcome;
  for (const one of holding) book.update(one, (record) => ({ ...record, bad: record.bad.filter((bad) => bad.hash !== hash) }));
  await book.flush();
  log.event('configurations.quarantine-cleared', { actor, hash, scope: uid ?? 'the fleet' });
  return outcome;
}
