/**
 * Two agents with one identity: a virtual machine or volume was cloned with its key. Each counts its own messages, so that their
 * series cross here. A certificate is bound to its UID, so that neither can be given another one over OpAMP: a person has to let
 * one of them enrol anew. Until then one of them is served, and the other one is told to wait.
 */
import type { Clock } from '../../core/clock.ts';
import type { AgentLive } from '../fleet/agent.ts';
import type { FleetIntake } from '../fleet/intake.ts';
import type { Link, Session } from './session.ts';
import { inConflict } from './standing.ts';

/** A conflict that showed no sign for so long is over. Longer than the longest usual heartbeat interval, several times. */
export const conflictLastsMs = 10 * 60_000;
/** The one that has to wait knocks at most this often. */
export const conflictRetryMs = 60_000;

export function noteConflict(fleet: FleetIntake, agent: AgentLive, session: Session, link: Link, clock: Clock): void {
  if (!inConflict(session.standing, clock.monotonicMs(), conflictLastsMs)) return;
  const other = agent.connection?.remote;
  const remotes = [...new Set([...(agent.conflict?.remotes ?? []), ...(other === undefined ? [] : [other]), link.remote])].slice(-4);
  if (agent.conflict !== undefined) return;
  fleet.conflict(session.uid, {
    sinceMs: clock.now(),
    remotes,
    sentence: `two agents present this identity at once (from ${remotes.join(' and ')}): one is a copy of the other; delete the copy's data directory and let it enrol with a token of its own`,
  });
}
