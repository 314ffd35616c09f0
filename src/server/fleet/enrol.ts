/** A new agent, or one that takes its record over, stored together with what enrolment stores. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Commit, Store } from '../store/store.ts';
import type { AgentRecord } from './agent.ts';
import type { ChangeRecord } from './change-record.ts';
import { withPut } from './change-record.ts';
import type { Enrolment, EnrolResult } from './fleet.ts';
import type { Interner } from './intern.ts';
import { recordKey, settled } from './record.ts';
import type { Roster } from './roster.ts';

export interface EnrolParts {
  readonly roster: Roster;
  readonly store: Store;
  readonly change: ChangeRecord;
  readonly intern: Interner;
  readonly clock: Clock;
  readonly log: Log;
}

export async function enrol(parts: EnrolParts, enrolment: Enrolment, along: Commit | undefined): Promise<EnrolResult> {
  return parts.roster.has(enrolment.uid) ? takeOver(parts, enrolment, along) : enrolNew(parts, enrolment, along);
}

/** In memory first, which holds the name; nobody hears of it before it is stored. */
async function enrolNew(parts: EnrolParts, enrolment: Enrolment, along: Commit | undefined): Promise<EnrolResult> {
  const { roster, store, log } = parts;
  const { uid, tokenId } = enrolment;
  const name = roster.nameFor(enrolment.suggestedName);
  const record = newRecord(parts, enrolment, name);
  roster.admit(record);
  try {
    const conditions = [...(along?.conditions ?? []), { key: recordKey(uid), modRevision: 0 }];
    const result = await store.commit({ ...withPut(along, record), conditions });
    if (!result.ok) {
      roster.withdraw(uid);
      return { ok: false, conflicts: result.conflicts };
    }
  } catch (error) {
    roster.withdraw(uid);
    throw error;
  }
  log.event('fleet.enrolled', { uid, name, tokenId });
  return { ok: true, record };
}

function newRecord({ clock, intern, roster }: EnrolParts, enrolment: Enrolment, name: string): AgentRecord {
  const record = settled(
    {
      uid: enrolment.uid,
      name,
      operatorLabels: {},
      enrolledAtMs: clock.now(),
      identifying: {},
      attributes: {},
      capabilities: 0,
      liveness: { state: 'enrolled', sinceMs: clock.now(), reason: 'has not been heard yet' },
      config: { hash: '', status: 'unset', error: '' },
      healthy: true,
      ...tokenPart(enrolment),
    },
    intern,
  );
  return { ...record, heartbeatIntervalMs: roster.policy(record).heartbeatIntervalMs };
}

/** What the token decides; the same for a new agent and for one that comes again. */
function tokenPart({ tokenId, tokenLabels, selfLabels, ephemeral, replaceProof }: Enrolment) {
  return {
    tokenId,
    tokenLabels,
    ephemeral,
    ...(selfLabels === undefined ? {} : { selfLabels }),
    ...(replaceProof === undefined ? {} : { replaceProof }),
  };
}

async function takeOver(
  { change, clock, intern, log, roster }: EnrolParts,
  enrolment: Enrolment,
  along: Commit | undefined,
): Promise<EnrolResult> {
  const { uid } = enrolment;
  const again = (record: AgentRecord) => settled({ ...record, ...tokenPart(enrolment), enrolledAtMs: clock.now() }, intern);
  const conflicts = await change(uid, again, along);
  const record = roster.present(uid)?.record;
  if (conflicts.length > 0 || record === undefined)
    return { ok: false, conflicts: [...conflicts, ...(record === undefined ? [recordKey(uid)] : [])] };
  log.event('fleet.taken-over', { uid, name: record.name });
  return { ok: true, record };
}
