/** What is looked after once a second on open WebSockets, and whether a second connection of one agent may be opened. */
import type { Clock } from '../../core/clock.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FleetIntake } from '../fleet/intake.ts';
import { conflictLastsMs, conflictRetryMs } from './conflict.ts';
import type { Refusal } from './refusal.ts';
import type { Sessions } from './sessions.ts';
import { inConflict } from './standing.ts';
import type { AgentSocket } from './websocket.ts';

interface UpkeepParts {
  readonly fleet: Fleet & FleetIntake;
  readonly sessions: Sessions;
  readonly clock: Clock;
}

/** A peer that does not answer a ping for so long is gone, whatever TCP still believes. */
const pongWithinMs = 20_000;
const defaultTtlMs = 120_000;

export function sweepSockets(sockets: Iterable<AgentSocket>, { fleet, sessions, clock }: UpkeepParts): void {
  const nowMs = clock.monotonicMs();
  for (const socket of sockets) {
    if (socket.endsAtMs <= nowMs) socket.close(1008, 'a newer connection of this agent has taken over');
    else if (socket.pingedAtMs !== undefined && nowMs - socket.pingedAtMs > pongWithinMs) socket.socket.terminate();
    else if (socket.pingedAtMs === undefined && nowMs - socket.heardMs > silentMs(fleet, socket)) socket.ping();
    const session = socket.session;
    if (session === undefined || fleet.get(session.uid)?.conflict === undefined) continue;
    if (!inConflict(sessions.of(session.uid).standing, nowMs, conflictLastsMs)) fleet.conflict(session.uid, undefined);
  }
}

/** A half-open connection costs its memory only; liveness does not depend on it. So its agent is left its whole ttl. */
const silentMs = (fleet: Fleet, socket: AgentSocket): number => fleet.policy(socket.session?.uid ?? '')?.ttlMs ?? defaultTtlMs;

/**
 * Two copies of one agent would push each other out for ever. Once that is known, the one that is connected and heard keeps its place,
 * and the other one is told to wait; when it falls silent (it was the half-open one) the other may come in.
 */
export function conflictVerdict({ fleet, sessions, clock }: UpkeepParts, uid: string, random: () => number): Refusal | undefined {
  const session = sessions.get(uid);
  const socket = session?.socket;
  const nowMs = clock.monotonicMs();
  if (session === undefined || socket === undefined || !inConflict(session.standing, nowMs, conflictLastsMs)) return undefined;
  const intervalMs = fleet.policy(uid)?.heartbeatIntervalMs ?? 30_000;
  if (nowMs - socket.heardMs > intervalMs * 1.5) return undefined;
  // It is still there: the conflict goes on.
  session.standing = { ...session.standing, crossedAtMs: nowMs };
  const sentence = fleet.get(uid)?.conflict?.sentence ?? `${uid} is connected already`;
  return { status: 429, code: 'conflict', sentence, retryAfterMs: conflictRetryMs * (1 + random()) };
}
