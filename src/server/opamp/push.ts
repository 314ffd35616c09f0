/**
 * Tells agents what they did not ask for: the configuration that was just assigned. Ten thousand pushes are made some at a time, and
 * between them the loop serves heartbeats.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Conversation } from './conversation.ts';
import type { OpampMetrics } from './metrics.ts';
import type { Sessions } from './sessions.ts';

export interface Pusher {
  /** Looks at these agents, or at all, and tells them what is due. Asking again while that goes on costs nothing. */
  push(uids: readonly string[] | undefined): void;
  /** When nothing is left to look at. */
  idle(): Promise<void>;
  stop(): void;
}

/** At 0.1 ms for a push of some kilobytes: the loop is free again after some milliseconds. */
const batch = 50;

export function createPusher(sessions: Sessions, conversation: Conversation, metrics: OpampMetrics): Pusher {
  const waiting = new Set<string>();
  let running: Promise<void> | undefined;
  let stopped = false;

  async function run(): Promise<void> {
    // The first turn too: whoever asks may be in the middle of a message of one of these agents.
    for (let done = 0; waiting.size > 0 && !stopped; done++) {
      if (done % batch === 0) await nextTurn();
      const [uid] = waiting;
      if (uid === undefined) return;
      waiting.delete(uid);
      one(uid);
    }
  }

  function one(uid: string): void {
    const session = sessions.get(uid);
    const socket = session?.socket;
    if (session === undefined || socket === undefined) return;
    const bytes = conversation.due(session, socket);
    if (bytes === undefined) return;
    metrics.pushes.inc();
    // One that does not read gets it with its next answer, when it reads again.
    if (!socket.send(bytes)) session.standing = { ...session.standing, offered: undefined };
  }

  function start(): void {
    running ??= run().finally(() => {
      running = undefined;
      if (waiting.size > 0 && !stopped) start();
    });
  }

  return {
    push(uids) {
      for (const uid of uids ?? everybody(sessions)) waiting.add(uid);
      start();
    },
    idle: () => running ?? Promise.resolve(),
    stop() {
      stopped = true;
    },
  };
}

function* everybody(sessions: Sessions): Iterable<string> {
  for (const { uid, socket } of sessions.all()) if (socket !== undefined) yield uid;
}
