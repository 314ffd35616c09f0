/** Goodbye to all who are connected: come back, but not all at once. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { unavailable } from './answer.ts';
import type { OpampSettings } from './settings.ts';
import type { AgentSocket } from './websocket.ts';

/** Between a stop and the start after it. */
const restartMs = 1_000;
const noUid = new Uint8Array(16);

/** Ends when all have gone, or after `drain`. */
export async function drain(sockets: ReadonlySet<AgentSocket>, settings: OpampSettings, random: () => number): Promise<void> {
  // As long as it takes to shake hands with all of them again.
  const spreadMs = Math.max(2_000, (sockets.size * 1_000) / settings.handshakesPerSecond);
  let told = 0;
  for (const socket of [...sockets]) {
    const retryMs = restartMs + random() * spreadMs;
    socket.send(unavailable(socket.session?.uidBytes ?? noUid, 'websocket', 'the server is about to stop', retryMs).bytes);
    socket.close(1001, 'the server is about to stop');
    told += 1;
    if (told % 100 === 0) await nextTurn();
  }
  const endMs = performance.now() + settings.drain;
  while (sockets.size > 0 && performance.now() < endMs) await anyClosed(sockets, endMs - performance.now());
}

/** Any of them, or the time. */
function anyClosed(sockets: ReadonlySet<AgentSocket>, waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const [first] = sockets;
    const timer = setTimeout(done, Math.max(0, waitMs));
    first?.socket.once('close', done);
    function done(): void {
      clearTimeout(timer);
      first?.socket.off('close', done);
      resolve();
    }
  });
}
