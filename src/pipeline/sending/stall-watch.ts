/**
 * Finds out that a network was cut before the timeouts of requests do. What is under way when packets begin to be dropped gets neither an answer nor an error, and after the
 * cut TCP sends it again only after a pause as long as the cut. So when nothing was answered for a while, a new connection is tried beside: where that cannot be opened
 * either, the old ones are given up, and the receiver is asked anew every 1.5 s. A receiver that is merely slow is left in peace.
 */
import type { Clock } from '../../core/clock.ts';

/** Without any answer for so long, while requests are under way. Beyond what usual receivers take for a request. */
const suspectMs = 3_000;
const tickMs = 1_000;
/** A connection that could be opened: the receiver is slow, and is not asked again for a while. */
const trustMs = 10_000;

export interface StallParts {
  readonly clock: Clock;
  /** Opens a connection and closes it; rejects with why it could not. */
  probe(): Promise<void>;
  /** Ends everything that is under way. */
  cut(reason: string): void;
}

export interface StallWatch {
  started(): void;
  /** Answered, or failed: both say that it does not hang. */
  ended(): void;
  close(): void;
}

export function watchStalls({ clock, probe, cut }: StallParts): StallWatch {
  let underWay = 0;
  let progressMs = 0;
  let trustedUntilMs = 0;
  let probing = false;
  let closed = false;
  let cancel: (() => void) | undefined;

  const look = async () => {
    probing = true;
    const beganMs = clock.monotonicMs();
    try {
      await probe();
      trustedUntilMs = clock.monotonicMs() + trustMs;
    } catch (error) {
      // An answer that came meanwhile says more than a connection that could not be opened.
      if (!closed && underWay > 0 && progressMs < beganMs) cut(`no answer, and ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      probing = false;
    }
  };
  const tick = () => {
    cancel = undefined;
    if (closed || underWay === 0) return;
    const now = clock.monotonicMs();
    if (!probing && now - progressMs >= suspectMs && now >= trustedUntilMs) void look();
    cancel = clock.after(tickMs, tick);
  };

  return {
    started() {
      if (underWay === 0) progressMs = clock.monotonicMs();
      underWay += 1;
      cancel ??= clock.after(tickMs, tick);
    },
    ended() {
      underWay -= 1;
      progressMs = clock.monotonicMs();
      if (underWay > 0) return;
      cancel?.();
      cancel = undefined;
    },
    close() {
      closed = true;
      cancel?.();
    },
  };
}
