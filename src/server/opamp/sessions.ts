/** The sessions of all agents that were heard since this server started. */
import type { Clock } from '../../core/clock.ts';
import { Session } from './session.ts';

export interface Sessions {
  of(uid: string): Session;
  get(uid: string): Session | undefined;
  forget(uid: string): void;
  all(): Iterable<Session>;
}

export function createSessions(burst: number, clock: Clock): Sessions {
  const sessions = new Map<string, Session>();
  return {
    of(uid) {
      const known = sessions.get(uid);
      if (known !== undefined) return known;
      const session = new Session(uid, burst, clock.monotonicMs());
      sessions.set(uid, session);
      return session;
    },
    get: (uid) => sessions.get(uid),
    forget: (uid) => sessions.delete(uid),
    all: () => sessions.values(),
  };
}
